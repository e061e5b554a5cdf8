/** @file Chains from Denavit-Hartenberg parameters in Craig's, "modified", form. */

import type { Pose } from "./pose.ts";
import { serialChain, type Joint, type SerialChain } from "./serial-chain.ts";

/** One row of the table: from link i-1 to link i. Exactly the joint's own parameter is what moves; it is given at joint position 0. */
export interface ModifiedDhRow extends Pick<Joint, "name" | "kind">, Partial<Pick<Joint, "low" | "high" | "maxSpeed">> {
  /** a_{i-1}: distance between the joint axes along x of link i-1, m. */
  readonly a: number;
  /** α_{i-1}: angle between the joint axes about x of link i-1, rad. */
  readonly alphaRad: number;
  /** d_i: offset along the joint axis, m. */
  readonly d: number;
  /** θ_i at joint position 0, rad; 0 where left out. */
  readonly thetaRad?: number;
}

/**
 * The chain of a table of modified parameters:
 *
 *     T_i = Rot_x(α_{i-1}) · Trans_x(a_{i-1}) · Rot_z(θ_i) · Trans_z(d_i)
 *
 * All joint axes are z of their link.
 *
 * @throws RangeError as `serialChain`
 *
 * Source: Craig 2005, "Introduction to Robotics: Mechanics and Control", 3rd edition, eq. 3.6. The older "standard" form has the
 * factors in another order, and its tables do not fit here.
 */
export function chainFromModifiedDh(name: string, rows: readonly ModifiedDhRow[], tool?: Pose): SerialChain {
  const joints = rows.map(({ a, alphaRad, d, thetaRad = 0, ...joint }) => ({ ...joint, pose: linkPose(a, alphaRad, d, thetaRad) }));
  return serialChain(name, joints, tool);
}

function linkPose(a: number, alphaRad: number, d: number, thetaRad: number): Pose {
  const position = [a, -d * exact(Math.sin(alphaRad)), d * exact(Math.cos(alphaRad))];
  const [cosAlpha, sinAlpha] = [Math.cos(alphaRad / 2), Math.sin(alphaRad / 2)];
  const [cosTheta, sinTheta] = [exact(Math.cos(thetaRad / 2)), exact(Math.sin(thetaRad / 2))];
  return { position, quat: [cosAlpha * cosTheta, sinAlpha * cosTheta, -sinAlpha * sinTheta, cosAlpha * sinTheta] };
}

/** Zero for what is zero but for rounding: the cosine of a quarter turn. */
function exact(value: number): number {
  return Math.abs(value) < 1e-15 ? 0 : value;
}
