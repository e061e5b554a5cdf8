/** @file From points of the world to pixels, and from pixels with depth back to points. */

import type { Camera } from "./camera.ts";
import type { RigidPose } from "./pose.ts";

/**
 * Where a world point f[3], m, falls in the image of a camera at `pose`: column u, row v, px, and depth along the optical axis, m.
 * Points outside the image and behind the camera (depth ≤ 0) are reported as they are.
 *
 * @param out written and returned, f64[3]: u, v, depth
 */
export function projectPoint(camera: Camera, pose: RigidPose, point: ArrayLike<number>, out: Float64Array = new Float64Array(3)): Float64Array {
  const { position: p, rotation: r } = pose;
  const x = (point[0] ?? NaN) - (p[0] ?? 0), y = (point[1] ?? NaN) - (p[1] ?? 0), z = (point[2] ?? NaN) - (p[2] ?? 0);
  const depth = (r[2] ?? 0) * x + (r[5] ?? 0) * y + (r[8] ?? 0) * z;
  out[0] = (camera.fx * ((r[0] ?? 0) * x + (r[3] ?? 0) * y + (r[6] ?? 0) * z)) / depth + camera.cx;
  out[1] = (camera.fy * ((r[1] ?? 0) * x + (r[4] ?? 0) * y + (r[7] ?? 0) * z)) / depth + camera.cy;
  out[2] = depth;
  return out;
}

/** A pixel (column u, row v; px) and the depth seen there, m. */
export interface DepthPixel {
  readonly u: number;
  readonly v: number;
  readonly depth: number;
}

/**
 * The world point seen at a pixel: pose ∘ depth · ((u − cx) / fx, (v − cy) / fy, 1).
 *
 * @param out written and returned, f64[3], m
 * @throws RangeError where the depth is not above 0, which is where nothing was hit
 */
export function backProject(camera: Camera, pose: RigidPose, { u, v, depth }: DepthPixel, out: Float64Array = new Float64Array(3)): Float64Array {
  if (!(depth > 0)) throw new RangeError(`backProject: depth at (${u}, ${v}) is ${depth}, expected m above 0; 0 says that nothing was hit`);
  const { position: p, rotation: r } = pose;
  const x = (depth * (u - camera.cx)) / camera.fx;
  const y = (depth * (v - camera.cy)) / camera.fy;
  for (let row = 0; row < 3; row++) {
    out[row] = (p[row] ?? 0) + (r[3 * row] ?? 0) * x + (r[3 * row + 1] ?? 0) * y + (r[3 * row + 2] ?? 0) * depth;
  }
  return out;
}
