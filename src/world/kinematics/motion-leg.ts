/** @file One leg of generated motion: from a posture to a random goal, every row of it within the limits, about the workspace, and no faster than agreed. */

import type { Rng } from "#engine/array";
import type { ChainKinematics } from "./chain-kinematics.ts";
import { cubicSpline } from "./cubic-spline.ts";
import { goalPosture, isInside, type Workspace } from "./goal-posture.ts";
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
/** How far the tool may leave the workspace on its way, but for the floor, m: straight ways in joint space are curved ones of the tool. */
const ASIDE_M = 0.1;
/** Rows from one to the next that are looked at first. */
const COARSE_ROWS = 12;
/** Speeds may be over by this share: rounding. */
const SPEED_ROUNDING = 1e-9;

/**
 * Postures f64[T, n] at the motion's rate, from `from` to a goal, the end included, or the first `maxRows` of them. A leg with such a row outside
 * the limits, too far out of the workspace or faster than its share of a joint's speed is drawn again, with other postures.
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
    `generateMotion: none of ${ATTEMPTS} ways of ${kinematics.chain.name} to random goals stays within the limits and about the workspace; widen it`,
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

/** True where every row is within the limits and about the workspace, and no joint faster between two rows than its share of its highest speed. */
function isAllowed({ kinematics, workspace, rateHz }: LegMaker, rows: Float64Array, speedShare: number): boolean {
  const { chain } = kinematics;
  const n = chain.joints.length;
  const steps = chain.joints.map(({ maxSpeed }) => (maxSpeed * speedShare * (1 + SPEED_ROUNDING)) / rateHz);
  // Limits and speeds first: they cost no forward kinematics.
  for (let at = 0; at < rows.length; at += n) {
    if (!isWithinLimits(chain, rows.subarray(at, at + n))) return false;
    if (at > 0 && steps.some((step, i) => Math.abs((rows[at + i] ?? NaN) - (rows[at - n + i] ?? NaN)) > step)) return false;
  }
  const around = widened(workspace);
  // Then a few rows all along the way: most ways that leave the workspace do so for long.
  for (const stride of [COARSE_ROWS * n, n]) {
    for (let at = 0; at < rows.length; at += stride) {
      kinematics.update(rows.subarray(at, at + n));
      if (!(isInside(kinematics.toolPosition, around) && kinematics.lowestLinkZ() >= workspace.low[2])) return false;
    }
  }
  return true;
}

/** The workspace, and what lies around and above it. */
function widened({ low, high }: Workspace): Workspace {
  return { low: [low[0] - ASIDE_M, low[1] - ASIDE_M, low[2]], high: [high[0] + ASIDE_M, high[1] + ASIDE_M, high[2] + ASIDE_M] };
}
