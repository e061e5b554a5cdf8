/** @file Cholesky factors of small symmetric matrices, and solving with them. */

/**
 * Replace the lower triangle of a symmetric matrix A by L with L·Lᵀ = A.
 *
 * @param a f64[n · n], row-major; the upper triangle is neither read nor written
 * @returns false where A is not positive definite to working precision; `a` is then of no use
 */
export function factorCholesky(a: Float64Array, n: number): boolean {
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = a[row * n + column] ?? NaN;
      for (let k = 0; k < column; k++) sum -= (a[row * n + k] ?? NaN) * (a[column * n + k] ?? NaN);
      if (column < row) a[row * n + column] = sum / (a[column * n + column] ?? NaN);
      else if (sum > 0) a[row * n + row] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/**
 * Replace b by x with L·Lᵀ·x = b.
 *
 * @param l f64[n · n] as `factorCholesky` leaves it
 * @param b f64[n]
 */
export function solveCholesky(l: Float64Array, b: Float64Array): void {
  const n = b.length;
  for (let row = 0; row < n; row++) {
    let sum = b[row] ?? NaN;
    for (let k = 0; k < row; k++) sum -= (l[row * n + k] ?? NaN) * (b[k] ?? NaN);
    b[row] = sum / (l[row * n + row] ?? NaN);
  }
  for (let row = n - 1; row >= 0; row--) {
    let sum = b[row] ?? NaN;
    for (let k = row + 1; k < n; k++) sum -= (l[k * n + row] ?? NaN) * (b[k] ?? NaN);
    b[row] = sum / (l[row * n + row] ?? NaN);
  }
}
