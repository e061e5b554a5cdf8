/** @file Motion made of kinematics alone: random postures, smooth ways between them, and where the tool is meanwhile. No simulator, no observation. */

import { rng, type Rng } from "#engine/array";
import { chainKinematics, type ChainKinematics } from "./chain-kinematics.ts";
import { goalPosture, type Workspace } from "./goal-posture.ts";
import { motionLeg, type LegMaker } from "./motion-leg.ts";
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
  /** Where goals put the tool; on the way it stays within 10 cm, and no link goes below the floor. Default: before the Panda, from the table up. */
  readonly workspace?: Workspace;
  /** No joint is faster than a share of its highest speed, drawn for every way, uniform between these. Default [0.2, 1]. */
  readonly speedShares?: readonly [slowest: number, fastest: number];
}

export const PANDA_WORKSPACE: Workspace = { low: [0.25, -0.45, 0], high: [0.75, 0.45, 0.6] };

/** Numbers of a row of `GeneratedMotion.poses`. */
export const TOOL_POSE_SIZE = 10;

/** Longest rest at a goal, s. */
const LONGEST_REST_S = 0.5;
/** Time between two changes of the gripper, s, on average. */
const GRIPPER_CHANGE_S = 2;

/**
 * Episodes of a chain on its way between random goals; the same seed gives the same ones, and fewer are the first of more.
 *
 * Joint goals are uniform within the limits, among those with the tool in the workspace and no link under its floor. Half of the ways lead
 * there from rest to rest by the minimum-jerk law, half are cubic splines that pass up to three other such postures. At a goal
 * the arm rests for up to half a second. The gripper opens or closes at any time, every 2 s on average.
 *
 * Every row keeps the limits of the joints, the tool within 10 cm of the workspace, every link's origin on or above its floor, and the agreed share of the joints' highest
 * speeds: a way that does not is drawn again, a spline after 20 draws as a minimum-jerk way. Collisions are not looked for.
 *
 * Source: Zhou et al. 2025, arXiv:2511.12101 v1, sections IV-A and VI, argue that such data cost nothing and suffice; how they are drawn is ours, for
 * the released code takes the columns of demonstrations instead.
 *
 * @throws RangeError when an option is out of range; Error when the workspace is out of reach, or no way through it stays above its floor
 */
export function generateMotion(options: GeneratedMotionOptions): GeneratedMotion[] {
  const { episodes, ticks, seed, rateHz = 20, chain = PANDA, workspace = PANDA_WORKSPACE, speedShares = [0.2, 1] } = options;
  for (const [name, value] of Object.entries({ episodes, ticks })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`generateMotion: ${name} is ${value}, expected an integer ≥ 1`);
  }
  if (!Number.isInteger(seed) || seed < 0) throw new RangeError(`generateMotion: seed is ${seed}, expected an integer ≥ 0`);
  if (!(rateHz > 0 && rateHz < Infinity)) throw new RangeError(`generateMotion: rateHz is ${rateHz}, expected a finite number > 0`);
  const [slowest, fastest] = speedShares;
  if (!(slowest > 0 && slowest <= fastest && fastest <= 1)) {
    throw new RangeError(`generateMotion: speedShares are [${slowest}, ${fastest}], expected 0 < slowest ≤ fastest ≤ 1`);
  }
  const kinematics = chainKinematics(chain);
  const maker: LegMaker = { kinematics, workspace, speedShares, rateHz };
  return Array.from({ length: episodes }, (_, episode) => generateEpisode(maker, ticks, (name) => rng(seed, name, episode)));
}

function generateEpisode(maker: LegMaker, ticks: number, stream: (name: string) => Rng): GeneratedMotion {
  const random = stream("generated motion");
  const grip = stream("generated gripper");
  const { kinematics, workspace, rateHz } = maker;
  const n = kinematics.chain.joints.length;
  const motion = { joints: new Float32Array(ticks * n), gripper: new Float32Array(ticks), poses: new Float32Array(ticks * TOOL_POSE_SIZE) };
  let command = grip.uniform() < 0.5 ? -1 : 1;
  const write = (tick: number, q: Float64Array): void => {
    if (grip.uniform() < 1 / (GRIPPER_CHANGE_S * rateHz)) command = -command;
    writeRow(kinematics, motion, { tick, q, command });
  };
  let goal: Float64Array = goalPosture(kinematics, workspace, random);
  for (let tick = 0; tick < ticks; ) {
    // One row more than is left, so that the last row written on the way is no arrival.
    const rows = motionLeg(maker, { from: goal, maxRows: ticks - tick + 1 }, random);
    const restTicks = Math.floor(LONGEST_REST_S * rateHz * random.uniform());
    const arrival = tick + rows.length / n - 1;
    for (let at = 0; tick < arrival; at += n) write(tick++, rows.subarray(at, at + n));
    goal = rows.subarray(-n);
    // The next leg begins with one more row at the goal.
    for (const end = Math.min(ticks, arrival + restTicks + 1); tick < end; ) write(tick++, goal);
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
