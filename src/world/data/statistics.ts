/** @file Per-dimension statistics of a column, exact over all frames. */

import { allRows, featureOf, featureWidth, type Dataset } from "./dataset.ts";

/** Statistics of one feature; every list has one value per dimension, in the column's units. */
export interface FeatureStatistics {
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly mean: readonly number[];
  /** Population standard deviation (divided by the count). */
  readonly std: readonly number[];
  readonly q01: readonly number[];
  readonly q10: readonly number[];
  readonly q50: readonly number[];
  readonly q90: readonly number[];
  readonly q99: readonly number[];
  /** Rows they were computed from. */
  readonly count: number;
}

/** Dimensions with a smaller range count as constant (Diffusion Policy `LinearNormalizer`, `range_eps`). */
const CONSTANT_RANGE = 1e-4;

/**
 * Statistics of explicit rows, as for observation features computed from the state.
 *
 * Sums run in double precision; quantiles interpolate linearly between order statistics, as numpy's do.
 *
 * @param rows f32[count * width], row-major, finite
 * @throws RangeError when there are no rows, they do not divide by `width`, or a value is not finite
 */
export function statisticsOf(rows: Float32Array, width: number): FeatureStatistics {
  if (!Number.isInteger(width) || width < 1 || rows.length === 0 || rows.length % width !== 0) {
    throw new RangeError(
      `statisticsOf: ${rows.length} values do not make rows of ${width}; expected a positive multiple`,
    );
  }
  const columns = Array.from({ length: width }, (_, dimension) => dimensionStatistics(rows, width, dimension));
  const list = (key: keyof DimensionStatistics): number[] => columns.map((column) => column[key]);
  return {
    min: list("min"),
    max: list("max"),
    mean: list("mean"),
    std: list("std"),
    q01: list("q01"),
    q10: list("q10"),
    q50: list("q50"),
    q90: list("q90"),
    q99: list("q99"),
    count: rows.length / width,
  };
}

/** Statistics of one column over all episodes. */
export function featureStatistics(dataset: Dataset, column: string): FeatureStatistics {
  return statisticsOf(allRows(dataset, column), featureWidth(featureOf(dataset, column)));
}

/** Whether values that spread so far, in their own unit, count as one constant. */
export function isConstant(spread: number): boolean {
  return spread < CONSTANT_RANGE;
}

type DimensionStatistics = Readonly<
  Record<"min" | "max" | "mean" | "std" | "q01" | "q10" | "q50" | "q90" | "q99", number>
>;

function dimensionStatistics(rows: Float32Array, width: number, dimension: number): DimensionStatistics {
  const count = rows.length / width;
  const sorted = new Float32Array(count);
  let sum = 0;
  for (let row = 0; row < count; row++) {
    const value = rows[row * width + dimension] ?? 0;
    if (!Number.isFinite(value)) {
      throw new RangeError(`statisticsOf: row ${row}, dimension ${dimension} is ${value}, expected finite values`);
    }
    sorted[row] = value;
    sum += value;
  }
  const mean = sum / count;
  let squares = 0;
  for (const value of sorted) squares += (value - mean) ** 2;
  sorted.sort();
  return {
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
    mean,
    std: Math.sqrt(squares / count),
    q01: quantile(sorted, 0.01),
    q10: quantile(sorted, 0.1),
    q50: quantile(sorted, 0.5),
    q90: quantile(sorted, 0.9),
    q99: quantile(sorted, 0.99),
  };
}

function quantile(sorted: Float32Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? 0;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? 0;
  return low + (high - low) * (position - below);
}
