/** @file Poses: a position and an orientation; composing, inverting, applying. */

import { IDENTITY_QUAT, invertQuat, multiplyQuats, rotateVector, type Numbers } from "./quaternion.ts";

/** Where a frame is in another. Plain data, so a pose is also JSON. */
export interface Pose {
  /** f[3] origin, m. */
  readonly position: Numbers;
  /** f[4] unit quaternion w, x, y, z. */
  readonly quat: Numbers;
}

/** A pose that results are written to. */
export interface PoseBuffer extends Pose {
  /** f64[3] m. */
  readonly position: Float64Array;
  /** f64[4] w, x, y, z. */
  readonly quat: Float64Array;
}

export const IDENTITY_POSE: Pose = { position: [0, 0, 0], quat: IDENTITY_QUAT };

/** A new pose to write to, the identity. */
export function poseBuffer(): PoseBuffer {
  return { position: new Float64Array(3), quat: Float64Array.of(1, 0, 0, 0) };
}

/** The pose in the outer frame of what has pose `inner` in a frame that has pose `outer`: outer ∘ inner. `out` may be either. */
export function composePoses(outer: Pose, inner: Pose, out: PoseBuffer = poseBuffer()): PoseBuffer {
  const [x, y, z] = [outer.position[0] ?? NaN, outer.position[1] ?? NaN, outer.position[2] ?? NaN];
  rotateVector(outer.quat, inner.position, out.position);
  multiplyQuats(outer.quat, inner.quat, out.quat);
  out.position[0] = x + (out.position[0] ?? NaN);
  out.position[1] = y + (out.position[1] ?? NaN);
  out.position[2] = z + (out.position[2] ?? NaN);
  return out;
}

/** The outer frame's pose in the inner frame. `out` may be `pose`. */
export function invertPose(pose: Pose, out: PoseBuffer = poseBuffer()): PoseBuffer {
  invertQuat(pose.quat, out.quat);
  rotateVector(out.quat, pose.position, out.position);
  for (let i = 0; i < 3; i++) out.position[i] = -(out.position[i] ?? NaN);
  return out;
}

/** A point f[3] of the inner frame, in the outer one, m. `out` may be `point`. */
export function applyPose(pose: Pose, point: Numbers, out: Float64Array = new Float64Array(3)): Float64Array {
  rotateVector(pose.quat, point, out);
  for (let i = 0; i < 3; i++) out[i] = (pose.position[i] ?? NaN) + (out[i] ?? NaN);
  return out;
}
