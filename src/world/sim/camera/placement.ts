/** @file Solids as one camera sees them: every solid's frame relative to the camera's, once per frame. */

import type { RigidPose } from "./pose.ts";
import type { SolidPoses } from "./stage.ts";

/**
 * Of N solids, for one position of the camera. A camera's ray (u, v, 1) is, in the frame of solid i, `rotations[i]` · (u, v, 1) from
 * `origins[i]`.
 */
export interface Placements {
  /** f64[N, 3, 3] row-major, solid ← camera. */
  readonly rotations: Float64Array;
  /** f64[N, 3] the camera's position in the solid's frame, m. */
  readonly origins: Float64Array;
  /** f64[N, 3] unit vector to the light in the solid's frame. */
  readonly lights: Float64Array;
  /** f64[N, 3] the world's z axis in the solid's frame. */
  readonly ups: Float64Array;
}

/** Room for the placements of `count` solids. */
export function emptyPlacements(count: number): Placements {
  const vectors = (): Float64Array => new Float64Array(3 * count);
  return { rotations: new Float64Array(9 * count), origins: vectors(), lights: vectors(), ups: vectors() };
}

/** Write the placements of all solids. `light` is f64[3], a unit vector in the world. */
export function placeSolids(out: Placements, poses: SolidPoses, view: RigidPose, light: ArrayLike<number>): void {
  const { position: p, rotation: c } = view;
  const count = out.origins.length / 3;
  for (let i = 0; i < count; i++) {
    const x = (p[0] ?? 0) - (poses.positions[3 * i] ?? 0);
    const y = (p[1] ?? 0) - (poses.positions[3 * i + 1] ?? 0);
    const z = (p[2] ?? 0) - (poses.positions[3 * i + 2] ?? 0);
    for (let axis = 0; axis < 3; axis++) {
      // A row of the transposed matrix.
      const a = poses.rotations[9 * i + axis] ?? 0, b = poses.rotations[9 * i + 3 + axis] ?? 0, d = poses.rotations[9 * i + 6 + axis] ?? 0;
      for (let column = 0; column < 3; column++) {
        out.rotations[9 * i + 3 * axis + column] = a * (c[column] ?? 0) + b * (c[3 + column] ?? 0) + d * (c[6 + column] ?? 0);
      }
      out.origins[3 * i + axis] = a * x + b * y + d * z;
      out.lights[3 * i + axis] = a * (light[0] ?? 0) + b * (light[1] ?? 0) + d * (light[2] ?? 0);
      out.ups[3 * i + axis] = d;
    }
  }
}
