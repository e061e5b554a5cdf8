/** @file Motion made of kinematics alone: random postures, smooth ways between them, and where the tool is meanwhile. No simulator, no observation. */

import { rng, type Rng } from "#engine/array";
import { chainKinematics, type ChainKinematics } from "./chain-kinematics.ts";
import { cubicSpline, type Spline } from "./cubic-spline.ts";
import { goalPosture, type Workspace } from "./goal-posture.ts";
import { minimumJerk, minimumJerkDurationS } from "./minimum-jerk.ts";
import { PANDA } from "./panda.ts";
import type { SerialChain } from "./serial-chain.ts";

/** One episode of T ticks. */
export interface GeneratedMotion {
  /** f32[T, n] joint positions, rad or m. */
  readonly joints: Float32Array;
  /** f32[T] gripper command: -1 open, 1 closed. */
  readonly gripper: Float32Array;
  /** f32[T, 10] tool: position (m), rotation-6D (first two rows of the rotation matrix), gripper command. */
  readonly poses: Float32Array;
}

export interface GeneratedMotionOptions {
  readonly episodes: number;
  /** T */
  readonly ticks: number;
  readonly seed: number;
  /** Rows per second, Hz. Default 20. */
  readonly rateHz?: number;
  /** Default the Panda. */
  readonly chain?: SerialChain;
  /** Where goals put the tool. Default: before the Panda, from the table up. */
  readonly workspace?: Workspace;
  /** Goals are approached with a share of the highest joint speeds, uniform between these. Default [0.1, 0.5]. */
  readonly speedShares?: readonly [slowest: number, fastest: number];
}

export const PANDA_WORKSPACE: Workspace = { low: [0.25, -0.45, 0], high: [0.75, 0.45, 0.6] };

/** Numbers of a row of `GeneratedMotion.poses`. */
export const TOOL_POSE_SIZE = 10;

/** Share of ways that go through other postures without a stop. */
const SPLINE_SHARE = 0.5;
/** Postures on such a way beside its end, at most. */
const MAX_VIA = 3;
/** Longest rest at a goal, s. */
const LONGEST_REST_S = 0.5;
/** Probability that the gripper changes during a rest. */
const GRIPPER_CHANGE = 0.5;

/**
 * Episodes of a chain on its way between random goals; the same seed gives the same ones, and fewer are the first of more.
 *
 * Joint goals are uniform within the limits, among those with the tool in the workspace and no link under its floor. Half of the ways lead
 * there from rest to rest by the minimum-jerk law, half are cubic splines that pass up to three other such postures. At a goal
 * the arm rests for up to half a second, in which the gripper may open or close. Ways between goals are not checked for the workspace.
 *
 * Source: Zhou et al. 2025, arXiv:2511.12101 v1, sections IV-A and VI, argue that such data cost nothing and suffice; how they are drawn is ours, for
 * the released code takes the columns of demonstrations instead.
 *
 * @throws RangeError when an option is out of range; Error when the workspace is out of reach
 */
export function generateMotion(options: GeneratedMotionOptions): GeneratedMotion[] {
  const { episodes, ticks, seed, rateHz = 20, chain = PANDA, workspace = PANDA_WORKSPACE, speedShares = [0.1, 0.5] } = options;
  for (const [name, value] of Object.entries({ episodes, ticks })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`generateMotion: ${name} is ${value}, expected an integer ≥ 1`);
  }
  if (!(rateHz > 0)) throw new RangeError(`generateMotion: rateHz is ${rateHz}, expected a number > 0`);
  const [slowest, fastest] = speedShares;
  if (!(slowest > 0 && slowest <= fastest && fastest <= 1)) {
    throw new RangeError(`generateMotion: speedShares are [${slowest}, ${fastest}], expected 0 < slowest ≤ fastest ≤ 1`);
  }
  const kinematics = chainKinematics(chain);
  const maker: Maker = { kinematics, workspace, speedShares, dtS: 1 / rateHz };
  return Array.from({ length: episodes }, (_, episode) => generateEpisode(maker, ticks, rng(seed, "generated motion", episode)));
}

interface Maker {
  readonly kinematics: ChainKinematics;
  readonly workspace: Workspace;
  readonly speedShares: readonly [number, number];
  readonly dtS: number;
}

/** A way, then a rest at its end. */
interface Leg {
  readonly way: Pick<Spline, "endS" | "at">;
  readonly restS: number;
  readonly end: Float64Array;
  readonly changesGripper: boolean;
}

function generateEpisode(maker: Maker, ticks: number, random: Rng): GeneratedMotion {
  const { kinematics, dtS } = maker;
  const n = kinematics.chain.joints.length;
  const motion = { joints: new Float32Array(ticks * n), gripper: new Float32Array(ticks), poses: new Float32Array(ticks * TOOL_POSE_SIZE) };
  const q = new Float64Array(n);
  let command = random.uniform() < 0.5 ? -1 : 1;
  let leg = nextLeg(maker, goalPosture(kinematics, maker.workspace, random), random);
  let timeS = 0;
  for (let tick = 0; tick < ticks; tick++) {
    while (timeS >= leg.way.endS + leg.restS) {
      timeS -= leg.way.endS + leg.restS;
      leg = nextLeg(maker, leg.end, random);
    }
    leg.way.at(timeS, q);
    // The gripper changes on arrival, once.
    const isArrival = timeS >= leg.way.endS && timeS - dtS < leg.way.endS;
    if (isArrival && leg.changesGripper) command = -command;
    writeRow(kinematics, motion, { tick, q, command });
    timeS += dtS;
  }
  return motion;
}

function writeRow(
  kinematics: ChainKinematics,
  { joints, gripper, poses }: GeneratedMotion,
  { tick, q, command }: { readonly tick: number; readonly q: Float64Array; readonly command: number },
): void {
  kinematics.update(q);
  const at = tick * TOOL_POSE_SIZE;
  joints.set(q, tick * q.length);
  gripper[tick] = command;
  poses.set(kinematics.toolPosition, at);
  for (let i = 0; i < 6; i++) poses[at + 3 + i] = kinematics.toolRotation[i] ?? NaN;
  poses[at + TOOL_POSE_SIZE - 1] = command;
}

function nextLeg(maker: Maker, from: Float64Array, random: Rng): Leg {
  const { kinematics, workspace, speedShares, dtS } = maker;
  const [slowest, fastest] = speedShares;
  const share = slowest + (fastest - slowest) * random.uniform();
  const via = random.uniform() < SPLINE_SHARE ? random.integer(1, MAX_VIA + 1) : 0;
  const points = [from, ...Array.from({ length: via + 1 }, () => goalPosture(kinematics, workspace, random))];
  const restS = Math.max(dtS, LONGEST_REST_S * random.uniform());
  const changesGripper = random.uniform() < GRIPPER_CHANGE;
  const way = via === 0 ? straightWay(kinematics.chain, points, share) : cubicSpline(timesThrough(kinematics.chain, points, share), points);
  return { way, restS, end: points.at(-1) ?? from, changesGripper };
}

function straightWay(chain: SerialChain, [from, to]: readonly Float64Array[], speedShare: number): Leg["way"] {
  if (from === undefined || to === undefined) throw new Error("straightWay: a way needs two ends");
  const endS = minimumJerkDurationS(chain, from, to, speedShare);
  return {
    endS,
    at(timeS, out) {
      const share = minimumJerk(timeS / endS);
      for (let i = 0; i < out.length; i++) out[i] = (from[i] ?? NaN) + share * ((to[i] ?? NaN) - (from[i] ?? NaN));
    },
  };
}

/** Between two postures of a spline as much time as the minimum-jerk law would take: its peak speed leaves room for what the spline swings out. */
function timesThrough(chain: SerialChain, points: readonly Float64Array[], speedShare: number): number[] {
  const times = [0];
  for (let i = 1; i < points.length; i++) {
    times.push((times[i - 1] ?? 0) + minimumJerkDurationS(chain, points[i - 1] ?? [], points[i] ?? [], speedShare));
  }
  return times;
}
