/** @file The continuous six-number rotation: the first two rows of the matrix. */

import type { Numbers } from "./quaternion.ts";
import { matrixFromQuat, quatFromMatrix } from "./rotation-matrix.ts";

/** Below this share of its length the second row says nothing that the first has not said. */
const DEGENERATE = 1e-6;

/**
 * The first two ROWS of a rotation matrix f[9], flattened.
 *
 * Rows, as in pytorch3d's `matrix_to_rotation_6d` and the released Diffusion Policy and decoupled action head; the paper keeps
 * the first two columns, which is this of the inverse rotation.
 *
 * @param out f[6]; may be part of a longer row
 *
 * Source: Zhou et al. 2019, arXiv:1812.07035, eq. 15, with rows for columns.
 */
export function rotation6dFromMatrix<Out extends Float32Array | Float64Array = Float64Array>(matrix: Numbers, out?: Out): Out | Float64Array {
  const result = out ?? new Float64Array(6);
  for (let i = 0; i < 6; i++) result[i] = matrix[i] ?? NaN;
  return result;
}

/**
 * The rotation matrix f64[9] of any six numbers, as a network puts them out: Gram-Schmidt on the two rows.
 *
 *     r₁ = a₁/‖a₁‖        r₂ = (a₂ - (r₁·a₂) r₁)/‖…‖        r₃ = r₁ × r₂
 *
 * @param six f[6] rows a₁ and a₂, of any length
 * @throws RangeError for degenerate input: a row that is zero or not finite, or rows that are parallel to within 1e-6
 *
 * Source: Zhou et al. 2019, arXiv:1812.07035, eq. 16, with rows for columns.
 */
export function matrixFromRotation6d(six: Numbers, out: Float64Array = new Float64Array(9)): Float64Array {
  const [ax, ay, az] = [six[0] ?? NaN, six[1] ?? NaN, six[2] ?? NaN];
  const [bx, by, bz] = [six[3] ?? NaN, six[4] ?? NaN, six[5] ?? NaN];
  const first = Math.hypot(ax, ay, az);
  const [rx, ry, rz] = [ax / first, ay / first, az / first];
  const along = rx * bx + ry * by + rz * bz;
  const [ux, uy, uz] = [bx - along * rx, by - along * ry, bz - along * rz];
  const second = Math.hypot(ux, uy, uz);
  if (!(first > 0 && first < Infinity && second > DEGENERATE * Math.hypot(bx, by, bz))) {
    throw new RangeError(
      `matrixFromRotation6d: the rows [${ax}, ${ay}, ${az}] and [${bx}, ${by}, ${bz}] are degenerate (zero, parallel or not finite), ` +
        "expected two rows that span a plane; check what put them out",
    );
  }
  const [sx, sy, sz] = [ux / second, uy / second, uz / second];
  out.set([rx, ry, rz, sx, sy, sz, ry * sz - rz * sy, rz * sx - rx * sz, rx * sy - ry * sx]);
  return out;
}

/** `rotation6dFromMatrix` of a unit quaternion f[4] w, x, y, z. */
export function rotation6dFromQuat(quat: Numbers): Float64Array {
  return matrixFromQuat(quat).slice(0, 6);
}

/** The unit quaternion f64[4], w ≥ 0, of six numbers; errors as `matrixFromRotation6d`. */
export function quatFromRotation6d(six: Numbers, out: Float64Array = new Float64Array(4)): Float64Array {
  return quatFromMatrix(matrixFromRotation6d(six), out);
}
