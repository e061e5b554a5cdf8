/** @file Postures worth moving to: within the limits, the arm above the table, the tool where it works. */

import type { Rng } from "#engine/array";
import type { ChainKinematics } from "./chain-kinematics.ts";
import { randomPosture } from "./random-posture.ts";

/** A box in the base frame, m. */
export interface Workspace {
  readonly low: readonly [x: number, y: number, z: number];
  readonly high: readonly [x: number, y: number, z: number];
}

/** Draws of a goal before it is given up. */
const ATTEMPTS = 10_000;

/**
 * A posture f64[n] with the tool in the workspace and every link's origin no lower than the workspace's floor; joints uniform within their
 * limits until one fits.
 *
 * @throws Error when none of many draws fits
 */
export function goalPosture(kinematics: ChainKinematics, workspace: Workspace, random: Rng): Float64Array {
  const q = new Float64Array(kinematics.chain.joints.length);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    randomPosture(kinematics.chain, random, q);
    kinematics.update(q);
    if (isInside(kinematics.toolPosition, workspace) && kinematics.lowestLinkZ() >= workspace.low[2]) return q;
  }
  const box = `[${workspace.low.join(", ")}] to [${workspace.high.join(", ")}] m`;
  throw new Error(`goalPosture: none of ${ATTEMPTS} random postures of ${kinematics.chain.name} has its tool in ${box}; widen the workspace`);
}

export function isInside(point: Float64Array, { low, high }: Workspace): boolean {
  return low.every((bound, i) => (point[i] ?? NaN) >= bound && (point[i] ?? NaN) <= (high[i] ?? NaN));
}
