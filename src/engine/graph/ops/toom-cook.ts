/** @file Short correlations with few products: the constant matrices of Toom-Cook's method, as Winograd gave them for filters. */

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/** Weights of the window along one axis. */
export const WINDOW = 3;

/**
 * A window of three weights w moves over values x:
 *
 *     y_r = Σ_k w_k·x_{r+k} = (results·((window·w) ⊙ (values·x)))_r
 *
 * m results take m + 2 products, the rows of `window` and `values`, instead of 3·m.
 */
export interface ShortCorrelation {
  /** [m + 2, 3] */
  readonly window: Matrix;
  /** [m + 2, m + 2] */
  readonly values: Matrix;
  /** [m, m + 2] */
  readonly results: Matrix;
}

/** Where polynomials are evaluated, besides at infinity: zero, and small numbers with small inverses lose the fewest digits. */
const POINTS = [0, 1, -1, 2, -2, 0.5, -0.5];

/** As many results as there are points for; with more points further out, float32 has not the digits. */
export const MOST_RESULTS = POINTS.length + 2 - WINDOW;

/**
 * The matrices for m results at once.
 *
 * A product of polynomials with m and 3 coefficients is known from its values at m + 2 points; read the other way round, that is a
 * correlation. Rows are scaled by powers of two, so that no factor outweighs the others.
 *
 * In float32 the error of a convolution of images is 1e-6 of its size with 3 results at once along each axis, and 4e-6 with 5 and 6, where
 * that of plain sums is 2e-7.
 *
 * @param results m, from 1 to `MOST_RESULTS`
 *
 * Sources: Winograd 1980, Arithmetic Complexity of Computations, for the method; Lavin and Gray 2015, arXiv:1509.09308, for its use on images;
 * Barabasz et al. 2018, arXiv:1803.10986, for the points.
 */
export function shortCorrelation(results: number): ShortCorrelation {
  const count = results + WINDOW - 1;
  const [window, spread] = [powers(count, WINDOW), powers(count, results)];
  const values = transposed(inverse(powers(count, count)));
  const scales = window.map((row, i) => [powerOfTwo(norm(row)), powerOfTwo(norm(spread[i] ?? []) / Math.sqrt(results))] as const);
  return {
    window: window.map((row, i) => row.map((value) => value / (scales[i]?.[0] ?? 1))),
    values: values.map((row, i) => row.map((value) => value * (scales[i]?.[0] ?? 1) * (scales[i]?.[1] ?? 1))),
    results: transposed(spread.map((row, i) => row.map((value) => value / (scales[i]?.[1] ?? 1)))),
  };
}

/** Row i is 1, a, a², … at point a of `count`; at infinity, the last, only the highest power counts. */
function powers(count: number, width: number): Matrix {
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: width }, (_, power) => (i === count - 1 ? Number(power === width - 1) : (POINTS[i] ?? NaN) ** power)),
  );
}

export function transposed(matrix: Matrix): Matrix {
  return (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] ?? NaN));
}

/** By elimination with the largest pivot of each column. */
function inverse(matrix: Matrix): Matrix {
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))]);
  for (let column = 0; column < rows.length; column++) {
    const pivotSize = (i: number): number => Math.abs(rows[i]?.[column] ?? 0);
    const best = rows.reduce((at, _, i) => (i > column && pivotSize(i) > pivotSize(at) ? i : at), column);
    const pivot = rows[best] ?? [];
    rows[best] = rows[column] ?? [];
    const scaled = pivot.map((value) => value / (pivot[column] ?? NaN));
    rows[column] = scaled;
    rows.forEach((row, i) => {
      const factor = row[column] ?? NaN;
      if (i !== column) rows[i] = row.map((value, j) => value - factor * (scaled[j] ?? NaN));
    });
  }
  return rows.map((row) => row.slice(rows.length));
}

function norm(row: readonly number[]): number {
  return Math.hypot(...row);
}

function powerOfTwo(value: number): number {
  return 2 ** Math.round(Math.log2(value));
}
