/** @file The motion that leads from one pose to another, and the check that a pose is one. */

import type { Pose } from "./pose.ts";
import type { Numbers } from "./quaternion.ts";

/**
 * Write the motion from `pose` to `target` into f64[6], in the frame both are given in: the way of the origin, m, and the rotation
 * vector of target · pose⁻¹, rad, no longer than π.
 */
export function poseError(pose: Pose, target: Pose, out: Float64Array): void {
  for (let i = 0; i < 3; i++) out[i] = (target.position[i] ?? NaN) - (pose.position[i] ?? NaN);
  const [aw, ax, ay, az] = [target.quat[0] ?? NaN, target.quat[1] ?? NaN, target.quat[2] ?? NaN, target.quat[3] ?? NaN];
  const [bw, bx, by, bz] = [pose.quat[0] ?? NaN, pose.quat[1] ?? NaN, pose.quat[2] ?? NaN, pose.quat[3] ?? NaN];
  const w = aw * bw + ax * bx + ay * by + az * bz;
  const x = ax * bw - aw * bx - ay * bz + az * by;
  const y = ay * bw - aw * by - az * bx + ax * bz;
  const z = az * bw - aw * bz - ax * by + ay * bx;
  const sine = Math.sqrt(x * x + y * y + z * z);
  const scale = (w < 0 ? -1 : 1) * (sine < 1e-9 ? 2 : (2 * Math.atan2(sine, Math.abs(w))) / sine);
  out[3] = scale * x;
  out[4] = scale * y;
  out[5] = scale * z;
}

/**
 * Throws unless a pose is three finite numbers and a unit quaternion.
 *
 * @param who the caller and what the pose is to it, for the message
 */
export function requirePose(who: string, { position, quat }: Pose): void {
  if (!isVector(position, 3)) throw new RangeError(`${who}: position is [${Array.from(position).join(", ")}], expected three finite numbers, m`);
  if (!isVector(quat, 4) || Math.abs(Math.hypot(...Array.from(quat)) - 1) > 1e-3) {
    throw new RangeError(`${who}: quat is [${Array.from(quat).join(", ")}], expected a unit quaternion w, x, y, z; normalizeQuat makes one`);
  }
}

function isVector(values: Numbers, length: number): boolean {
  return values.length === length && Array.from(values).every(Number.isFinite);
}
