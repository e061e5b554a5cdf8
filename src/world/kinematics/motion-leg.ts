/** @file One leg of generated motion: from a posture to a random goal, every row of it within the limits, above the floor, and no faster than agreed. */

import type { Rng } from "#engine/array";
import type { ChainKinematics } from "./chain-kinematics.ts";
import { cubicSpline } from "./cubic-spline.ts";
import { goalPosture, type Workspace } from "./goal-posture.ts";
import { minimumJerkDurationS } from "./minimum-jerk.ts";
import { minimumJerkTrajectory } from "./minimum-jerk-trajectory.ts";
import { isWithinLimits, type SerialChain } from "./serial-chain.ts";
import { sampleTrajectory, type Trajectory } from "./trajectory.ts";

/** What all legs of a motion have in common. */
export interface LegMaker {
  readonly kinematics: ChainKinematics;
  readonly workspace: Workspace;
  readonly speedShares: readonly [slowest: number, fastest: number];
  readonly rateHz: number;
}

/** Share of legs that go through other postures without a stop. */
const SPLINE_SHARE = 0.5;
/** Postures on such a leg beside its end, at most. */
const MAX_VIA = 3;
/** Splines drawn in vain before the leg becomes a straight one, and legs drawn before the task is given up. */
const [SPLINE_ATTEMPTS, ATTEMPTS] = [20, 1000] as const;
/** Speeds may be over by this share: rounding. */
const SPEED_ROUNDING = 1e-9;

/**
 * Postures f64[T, n] at the motion's rate, from `from` to a goal, the end included, or the first `maxRows` of them. A leg with such a row outside
 * the limits, under the floor or faster than its share of a joint's speed is drawn again, with other postures.
 *
 * @throws Error when none of many legs fits
 */
export function motionLeg(maker: LegMaker, { from, maxRows }: { readonly from: Float64Array; readonly maxRows: number }, random: Rng): Float64Array {
  const { kinematics, workspace, rateHz } = maker;
  const [slowest, fastest] = maker.speedShares;
  const speedShare = slowest + (fastest - slowest) * random.uniform();
  const via = random.uniform() < SPLINE_SHARE ? random.integer(1, MAX_VIA + 1) : 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const between = attempt < SPLINE_ATTEMPTS ? via : 0;
    const points = [from, ...Array.from({ length: between + 1 }, () => goalPosture(kinematics, workspace, random))];
    const rows = sampleTrajectory(wayThrough(kinematics.chain, points, speedShare), { rateHz, maxRows });
    if (isAllowed(maker, rows, speedShare)) return rows;
  }
  throw new Error(
    `generateMotion: none of ${ATTEMPTS} ways of ${kinematics.chain.name} to random goals stays within the limits and above the floor, ${workspace.low[2]} m; lower the workspace or widen it`,
  );
}

/**
 * Between two postures of a spline there is as much time as the minimum-jerk law would take. Its peak speed leaves room for what the spline
 * swings out: a complete spline through equally fast segments peaks lower, one that turns back in a short segment a little higher.
 */
function wayThrough(chain: SerialChain, points: readonly Float64Array[], speedShare: number): Trajectory {
  const times = [0];
  for (let i = 1; i < points.length; i++) {
    times.push((times[i - 1] ?? 0) + minimumJerkDurationS(chain, points[i - 1] ?? [], points[i] ?? [], speedShare));
  }
  const [from, to] = [points[0] ?? [], points[1] ?? []];
  return points.length === 2 ? minimumJerkTrajectory(from, to, times[1] ?? NaN) : cubicSpline(times, points);
}

/** True where every row is within the limits and above the floor, and no joint faster between two rows than its share of its highest speed. */
function isAllowed({ kinematics, workspace, rateHz }: LegMaker, rows: Float64Array, speedShare: number): boolean {
  const { chain } = kinematics;
  const n = chain.joints.length;
  const steps = chain.joints.map(({ maxSpeed }) => (maxSpeed * speedShare * (1 + SPEED_ROUNDING)) / rateHz);
  // Limits and speeds first: they cost no forward kinematics.
  for (let at = 0; at < rows.length; at += n) {
    if (!isWithinLimits(chain, rows.subarray(at, at + n))) return false;
    if (at > 0 && steps.some((step, i) => Math.abs((rows[at + i] ?? NaN) - (rows[at - n + i] ?? NaN)) > step)) return false;
  }
  for (let at = 0; at < rows.length; at += n) {
    kinematics.update(rows.subarray(at, at + n));
    if (!((kinematics.toolPosition[2] ?? NaN) >= workspace.low[2] && kinematics.lowestLinkZ() >= workspace.low[2])) return false;
  }
  return true;
}
