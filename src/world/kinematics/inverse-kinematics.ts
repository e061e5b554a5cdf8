/** @file Inverse kinematics: joint positions that put the tool at a pose, by damped least squares. */

import { rng } from "#engine/array";
import { chainKinematics } from "./chain-kinematics.ts";
import { dampedStepper } from "./damped-step.ts";
import { completeIkOptions, type IkOptions, type IkSettings } from "./ik-options.ts";
import { unreachable, type IkSolution } from "./ik-solution.ts";
import { poseError, requirePose } from "./pose-error.ts";
import { poseBuffer, type Pose } from "./pose.ts";
import type { Numbers } from "./quaternion.ts";
import { randomPosture } from "./random-posture.ts";
import { clampToLimits, requireJointPositions, type SerialChain } from "./serial-chain.ts";

export interface InverseKinematics {
  readonly chain: SerialChain;
  /** Distance of the tool to the target before the last `step`, m. */
  readonly positionErrorM: number;
  /** Angle of the tool to the target's orientation before the last `step`, rad. */
  readonly angleErrorRad: number;
  /**
   * One step from `q` towards a target, for servo control: call it every tick. It checks nothing.
   *
   * @param q f[n] present joint positions
   * @param out f64[n] receives the next ones, within the limits; may be `q`
   */
  step(target: Pose, q: Numbers, out?: Float64Array): Float64Array;
  /**
   * Steps from `start` until the target is reached, and from random postures where that fails.
   *
   * @throws IkError where no attempt has reached the target
   * @throws RangeError when target or start are not what they must be
   */
  solve(target: Pose, start: Numbers): IkSolution;
  /** As `solve`, but where the target is out of reach it gives the nearest that was found. */
  closest(target: Pose, start: Numbers): IkSolution;
}

/** λ² of an attempt: this share of damping² always, … */
const LEAST_DAMPING = 1e-4;
/** … and this share of the squared error (m² + rad²), so that far targets are approached calmly and near ones fast. */
const ERROR_DAMPING = 0.01;
/** Share of the pull that is left after each step of an attempt: it settles, so that the tool can. */
const PULL_DECAY = 0.9;

/**
 * Inverse kinematics of a chain, with buffers of its own.
 *
 * `step` uses the damping of the options. `solve` damps by how far the target is, as Levenberg and Marquardt do, and takes the first
 * attempt that arrives: near `start` where that works.
 *
 * Source: `dampedStepper`; Sugihara 2011, "Solvability-unconcerned inverse kinematics by the Levenberg-Marquardt method", IEEE
 * Trans. Robotics 27(5), for damping by the error.
 *
 * @throws RangeError when an option is out of its range
 */
export function inverseKinematics(chain: SerialChain, options: IkOptions = {}): InverseKinematics {
  const settings = completeIkOptions(chain, options);
  const servo = servoOf(chain, settings);

  const closest = (target: Pose, start: Numbers): IkSolution => {
    requirePose("inverseKinematics: target", target);
    requireJointPositions("inverseKinematics: start", chain, start);
    let best = attempt(servo, settings, target, clampToLimits(chain, start));
    let iterations = best.iterations;
    for (let restart = 0; restart < settings.restarts && !best.isReached; restart++) {
      const next = attempt(servo, settings, target, randomPosture(chain, rng(settings.seed, "ik", restart)));
      iterations += next.iterations;
      if (next.isReached || errorOf(next) < errorOf(best)) best = next;
    }
    return { ...best, iterations };
  };

  return {
    chain,
    get positionErrorM() {
      return servo.positionErrorM;
    },
    get angleErrorRad() {
      return servo.angleErrorRad;
    },
    step(target, q, out = new Float64Array(chain.joints.length)) {
      servo.look(target, q);
      servo.move(q, { lambda: settings.damping, gain: settings.restGain }, out);
      return out;
    },
    closest,
    solve(target, start) {
      const solution = closest(target, start);
      if (!solution.isReached) throw unreachable(chain, target, solution);
      return solution;
    },
  };
}

const errorOf = ({ positionErrorM, angleErrorRad }: Pick<IkSolution, "positionErrorM" | "angleErrorRad">): number =>
  Math.hypot(positionErrorM, angleErrorRad);

/** Steps from `q`, in place, until the target is reached or the steps are used up. */
function attempt(servo: Servo, settings: IkSettings, target: Pose, q: Float64Array): IkSolution {
  const isReached = (): boolean => servo.positionErrorM <= settings.positionToleranceM && servo.angleErrorRad <= settings.angleToleranceRad;
  servo.look(target, q);
  let iterations = 0;
  for (; iterations < settings.maxIterations && !isReached(); iterations++) {
    const lambda = Math.sqrt(LEAST_DAMPING * settings.damping ** 2 + ERROR_DAMPING * errorOf(servo) ** 2);
    servo.move(q, { lambda, gain: settings.restGain * PULL_DECAY ** iterations }, q);
    servo.look(target, q);
  }
  return { q, positionErrorM: servo.positionErrorM, angleErrorRad: servo.angleErrorRad, iterations, isReached: isReached() };
}

/** A chain that looks where its tool is, and moves it. */
interface Servo {
  positionErrorM: number;
  angleErrorRad: number;
  look(target: Pose, q: Numbers): void;
  /** From where it has looked last, with λ and the pull's gain. */
  move(q: Numbers, strength: { readonly lambda: number; readonly gain: number }, out: Float64Array): void;
}

function servoOf(chain: SerialChain, { maxStep, rest }: IkSettings): Servo {
  const n = chain.joints.length;
  const kinematics = chainKinematics(chain);
  const dampedStep = dampedStepper(chain);
  const tool = poseBuffer();
  const jacobian = new Float64Array(6 * n);
  const motion = new Float64Array(6);
  const pull = new Float64Array(n);
  const change = new Float64Array(n);
  return {
    positionErrorM: NaN,
    angleErrorRad: NaN,
    look(target, q) {
      kinematics.update(q);
      poseError(kinematics.toolPose(tool), target, motion);
      this.positionErrorM = Math.hypot(motion[0] ?? NaN, motion[1] ?? NaN, motion[2] ?? NaN);
      this.angleErrorRad = Math.hypot(motion[3] ?? NaN, motion[4] ?? NaN, motion[5] ?? NaN);
    },
    move(q, { lambda, gain }, out) {
      kinematics.jacobian(jacobian);
      if (rest !== undefined) for (let i = 0; i < n; i++) pull[i] = gain * ((rest[i] ?? NaN) - (q[i] ?? NaN));
      dampedStep({ jacobian, motion, q, damping: lambda, maxStep, pull }, change);
      for (let i = 0; i < n; i++) out[i] = (q[i] ?? NaN) + (change[i] ?? NaN);
      clampToLimits(chain, out, out);
    },
  };
}
