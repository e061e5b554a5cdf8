/** @file How far a posture is from singular. */

import { factorCholesky } from "./cholesky.ts";

/**
 * √det(J Jᵀ): the volume of the motions that unit joint speeds give the tool, m³·rad³ per rad⁶; 0 where it cannot move in some direction.
 *
 * @param jacobian f64[6, n] as `ChainKinematics.jacobian` writes it
 *
 * Source: Yoshikawa 1985, "Manipulability of robotic mechanisms", Int. J. Robotics Research 4(2).
 */
export function manipulability(jacobian: Float64Array): number {
  const n = jacobian.length / 6;
  const square = new Float64Array(36);
  for (let i = 0; i < 36; i++) {
    const [row, column] = [Math.floor(i / 6) * n, (i % 6) * n];
    for (let k = 0; k < n; k++) square[i] = (square[i] ?? NaN) + (jacobian[row + k] ?? NaN) * (jacobian[column + k] ?? NaN);
  }
  if (!factorCholesky(square, 6)) return 0;
  // det(L) of the factor is √det of the square.
  return [0, 7, 14, 21, 28, 35].reduce((product, i) => product * (square[i] ?? NaN), 1);
}
