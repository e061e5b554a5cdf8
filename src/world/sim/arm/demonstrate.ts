/** @file Demonstrations by the scripted experts: one episode of a task, from a seed. */

import { rng, type Rng } from "#engine/array";
import type { Demonstration } from "../demonstration.ts";
import type { Environment, StepResult } from "../environment.ts";
import { ARM_ACTION_SIZE } from "./action.ts";
import { armTaskLayout } from "./environment.ts";
import { followPhases, type ArmExpert, type Phase } from "./expert.ts";
import { ARM_EXPERTS } from "./experts/index.ts";
import { readSlice, sliceOf } from "./layout.ts";
import { armTask } from "./tasks/index.ts";
import { upset, type Workplace } from "./upset.ts";

/** Standard deviation, m, along each axis of what is done beside what is meant, and how much of it stays from one tick to the next. */
const NOISE_M = 0.002;
const NOISE_MEMORY = 0.8;

/** Episodes go on for so long after they are solved, so that the data show how to stay. */
const LINGER_TICKS = 8;

export interface DemonstrateOptions {
  /** Share of seeds whose demonstration begins where something has gone wrong: see `upset`. Default 0. */
  readonly upsetShare?: number | undefined;
}

/**
 * Let the expert of an arm's task play the episode of a seed; the same seed gives the same demonstration. The coin of a task with
 * several ways depends on nothing in the state, besides what is held after an upset.
 *
 * The robot does what the expert means plus a little noise, an Ornstein-Uhlenbeck process, and what is meant is recorded: so the data
 * show how to come back to the way (as DART does, arXiv:1703.09327).
 *
 * @param environment one of that task, which this resets
 */
export function demonstrateArm(environment: Environment, seed: number, { upsetShare = 0 }: DemonstrateOptions = {}): Demonstration {
  const { name, stateSize, maxSteps } = environment;
  const expert = ARM_EXPERTS[name];
  if (expert === undefined) throw new RangeError(`demonstrateArm: there is no expert for "${name}"; there is one for ${Object.keys(ARM_EXPERTS).join(", ")}`);
  environment.reset(seed);
  const random = rng(seed, name, "expert");
  const state = new Float64Array(stateSize);
  const fate = rng(seed, name, "upset");
  let upsetFailure: string | null | undefined;
  if (fate.uniform() < upsetShare) {
    // What had been done before says nothing of what is asked: it was done for a goal of its own.
    const { goal } = armTask(name).start(fate);
    const before = withGoal(environment, goal);
    upsetFailure = upset(before, { act: startExpert(before, expert, { random }), isForGoal: hasGoal(environment, goal) }, fate);
  }
  const act = startExpert(environment, expert, { random, mustRise: upsetFailure !== undefined });
  const disturb = noise(random);

  const states = new Float32Array(maxSteps * stateSize);
  const actions = new Float32Array(maxSteps * ARM_ACTION_SIZE);
  let result: Pick<StepResult, "success" | "collision" | "mode" | "failure"> = { success: false, collision: false, mode: null, failure: upsetFailure ?? null };
  let length = 0;
  /** The length at which it was first solved. */
  let solvedAt: number | undefined;
  for (let left = LINGER_TICKS; length < maxSteps && left > 0 && !result.collision && result.failure === null; ) {
    environment.readState(state);
    const meant = act(state);
    states.set(state, length * stateSize);
    actions.set(meant, length * ARM_ACTION_SIZE);
    result = environment.step(disturb(meant));
    length += 1;
    if (result.success) solvedAt ??= length;
    if (solvedAt !== undefined) left -= 1;
  }
  const { mode, failure } = result;
  return {
    seed,
    states: states.slice(0, length * stateSize),
    actions: actions.slice(0, length * ARM_ACTION_SIZE),
    length,
    instruction: environment.instruction,
    mode,
    success: solvedAt !== undefined && solvedAt > 1, // whoever has nothing to do shows at most how to undo it
    failure,
  };
}

interface Beginning {
  readonly random: Rng;
  /** Whether the tool may be low between things, and goes straight up before all else. */
  readonly mustRise?: boolean;
}

/** Height to rise to, m. */
const CLEAR_M = 0.12;

function startExpert(environment: Workplace, expert: ArmExpert, { random, mustRise = false }: Beginning): (state: ArrayLike<number>) => Float64Array {
  const layout = armTaskLayout(armTask(environment.name));
  const state = new Float64Array(environment.stateSize);
  environment.readState(state);
  const view = { read: (slice: string) => readSlice(layout, slice, state) };
  const phases = expert.phases(view, random);
  const [x = NaN, y = NaN, z = NaN] = readSlice(layout, "toolPosition", state);
  // Open, or closed on what is held.
  const gripper = phases[0]?.to(view).gripper ?? -1;
  const rise: Phase = { to: () => ({ position: [x, y, CLEAR_M], yaw: 0, gripper }) };
  return followPhases(mustRise && z < CLEAR_M ? [rise, ...phases] : phases, layout);
}

function hasGoal({ name, stateSize, readState }: Environment, goal: readonly number[]): boolean {
  if (goal.length === 0) return true;
  const state = new Float64Array(stateSize);
  readState(state);
  const asked = readSlice(armTaskLayout(armTask(name)), "goal", state);
  return goal.every((value, i) => value === asked[i]);
}

/** What an environment is for who acts in it and is told another goal. */
function withGoal({ name, stateSize, maxSteps, readState, step }: Environment, goal: readonly number[]): Workplace {
  const layout = armTaskLayout(armTask(name));
  return {
    name,
    stateSize,
    maxSteps,
    step,
    readState(out) {
      readState(out);
      if (goal.length > 0) out.set(goal, sliceOf(layout, "goal").offset);
    },
  };
}

/** What is done instead of what is meant; the same array every time. */
function noise(random: Rng): (meant: Float64Array) => Float64Array {
  const offset = new Float64Array(3);
  const done = new Float64Array(ARM_ACTION_SIZE);
  return (meant) => {
    done.set(meant);
    for (let axis = 0; axis < 3; axis++) {
      offset[axis] = NOISE_MEMORY * (offset[axis] ?? 0) + Math.sqrt(1 - NOISE_MEMORY ** 2) * NOISE_M * random.normal();
      done[axis] = (meant[axis] ?? NaN) + (offset[axis] ?? 0);
    }
    return done;
  };
}
