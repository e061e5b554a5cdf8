/** @file The discrete cosine transform of a chunk along time. */

/** The orthonormal DCT-II of every column of f[H, A] arrays, and its inverse. */
export interface CosineTransform {
  /** @param chunk f[H * A] @param out f64[H * A], written: row k holds the coefficients of frequency k */
  forward(chunk: ArrayLike<number>, out: Float64Array): void;
  /** @param coefficients f[H * A] @param out f64[H * A], written; another array than `coefficients` */
  inverse(coefficients: ArrayLike<number>, out: Float64Array): void;
}

/**
 *     X_k = c_k Σ_h x_h cos(π (2h + 1) k / 2H)        c_0 = √(1/H), otherwise √(2/H)
 *
 * The matrix is orthonormal, so the inverse is its transpose, and no coefficient of a column within [-1, 1] is
 * greater than √H.
 *
 * Source: Ahmed, Natarajan & Rao 1974, doi:10.1109/T-C.1974.223784; scaled as scipy.fft.dct(type=2, norm="ortho").
 */
export function cosineTransform(horizon: number, actionSize: number): CosineTransform {
  const matrix = new Float64Array(horizon * horizon); // row k is the k-th cosine
  const transpose = new Float64Array(horizon * horizon);
  for (let k = 0; k < horizon; k++) {
    const scale = Math.sqrt((k === 0 ? 1 : 2) / horizon);
    for (let h = 0; h < horizon; h++) {
      // The angle is taken modulo 2π in integers, where nothing is rounded.
      const quarters = ((2 * h + 1) * k) % (4 * horizon);
      const value = scale * Math.cos((Math.PI * quarters) / (2 * horizon));
      matrix[k * horizon + h] = value;
      transpose[h * horizon + k] = value;
    }
  }
  return {
    forward: (chunk, out) => product(matrix, chunk, { actionSize, out }),
    inverse: (coefficients, out) => product(transpose, coefficients, { actionSize, out }),
  };
}

/** out = square · values, f64[H, H] by f[H, A]. */
function product(
  square: Float64Array,
  values: ArrayLike<number>,
  { actionSize, out }: { readonly actionSize: number; readonly out: Float64Array },
): void {
  const horizon = Math.sqrt(square.length);
  for (let row = 0; row < horizon; row++) {
    for (let a = 0; a < actionSize; a++) {
      let sum = 0;
      for (let i = 0; i < horizon; i++) sum += (square[row * horizon + i] ?? 0) * (values[i * actionSize + a] ?? 0);
      out[row * actionSize + a] = sum;
    }
  }
}
