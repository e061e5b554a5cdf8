/** @file Rotation matrices f64[9], row-major: to and from quaternions, product. */

import type { Numbers } from "./quaternion.ts";

/**
 * The rotation matrix of a unit quaternion f[4]; its columns are the turned axes.
 *
 * @param out f64[9], row-major
 */
export function matrixFromQuat(quat: Numbers, out: Float64Array = new Float64Array(9)): Float64Array {
  const [w, x, y, z] = [quat[0] ?? NaN, quat[1] ?? NaN, quat[2] ?? NaN, quat[3] ?? NaN];
  out[0] = 1 - 2 * (y * y + z * z);
  out[1] = 2 * (x * y - w * z);
  out[2] = 2 * (x * z + w * y);
  out[3] = 2 * (x * y + w * z);
  out[4] = 1 - 2 * (x * x + z * z);
  out[5] = 2 * (y * z - w * x);
  out[6] = 2 * (x * z - w * y);
  out[7] = 2 * (y * z + w * x);
  out[8] = 1 - 2 * (x * x + y * y);
  return out;
}

/**
 * The unit quaternion of a rotation matrix f[9], w ≥ 0. The largest of the four components is computed first, so that none is
 * divided by a small number.
 *
 * Source: Shepperd 1978, "Quaternion from rotation matrix", Journal of Guidance and Control 1(3).
 */
export function quatFromMatrix(matrix: Numbers, out: Float64Array = new Float64Array(4)): Float64Array {
  const [xx, xy, xz] = [matrix[0] ?? NaN, matrix[1] ?? NaN, matrix[2] ?? NaN];
  const [yx, yy, yz] = [matrix[3] ?? NaN, matrix[4] ?? NaN, matrix[5] ?? NaN];
  const [zx, zy, zz] = [matrix[6] ?? NaN, matrix[7] ?? NaN, matrix[8] ?? NaN];
  const trace = xx + yy + zz;
  if (trace >= xx && trace >= yy && trace >= zz) writeQuat(out, [1 + trace, zy - yz, xz - zx, yx - xy]);
  else if (xx >= yy && xx >= zz) writeQuat(out, [zy - yz, 1 + xx - yy - zz, xy + yx, xz + zx]);
  else if (yy >= zz) writeQuat(out, [xz - zx, xy + yx, 1 - xx + yy - zz, yz + zy]);
  else writeQuat(out, [yx - xy, xz + zx, yz + zy, 1 - xx - yy + zz]);
  return out;
}

/** The four numbers, scaled to length 1, the first ≥ 0. */
function writeQuat(out: Float64Array, [w, x, y, z]: readonly [number, number, number, number]): void {
  const scale = (w < 0 ? -1 : 1) / Math.sqrt(w * w + x * x + y * y + z * z);
  out[0] = w * scale;
  out[1] = x * scale;
  out[2] = y * scale;
  out[3] = z * scale;
}

/** The product a·b of two 3×3 matrices f[9]: the rotation `b`, then `a`. `out` must be neither. */
export function multiplyMatrices(a: Numbers, b: Numbers, out: Float64Array = new Float64Array(9)): Float64Array {
  for (let row = 0; row < 9; row += 3) {
    for (let column = 0; column < 3; column++) {
      out[row + column] =
        (a[row] ?? NaN) * (b[column] ?? NaN) + (a[row + 1] ?? NaN) * (b[3 + column] ?? NaN) + (a[row + 2] ?? NaN) * (b[6 + column] ?? NaN);
    }
  }
  return out;
}

/** The transpose of a 3×3 matrix f[9]: of a rotation, its inverse. `out` must not be `matrix`. */
export function transposeMatrix(matrix: Numbers, out: Float64Array = new Float64Array(9)): Float64Array {
  for (let i = 0; i < 9; i++) out[i] = matrix[3 * (i % 3) + Math.floor(i / 3)] ?? NaN;
  return out;
}
