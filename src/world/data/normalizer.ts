/** @file Normalizers: a per-dimension affine map between a feature's units and about [-1, 1]. */

import { isConstant, type FeatureStatistics } from "./statistics.ts";

/** `"limits"`: min and max go to -1 and 1. `"gaussian"`: mean 0, deviation 1. `"quantiles"`: q01 and q99 go to -1 and 1. */
export type NormalizerKind = "limits" | "gaussian" | "quantiles";

/** normalized = value · scale + offset, per dimension. Plain data: it is saved with a policy as JSON. */
export interface Normalizer {
  readonly kind: NormalizerKind;
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

interface Affine {
  readonly scale: number;
  readonly offset: number;
}

/** Spread (what counts as constant) and map of one dimension, by kind. */
const RULES: Readonly<Record<NormalizerKind, (statistics: FeatureStatistics, i: number) => Affine>> = {
  limits: (s, i) => toUnitInterval(valueAt(s.min, i, "min"), valueAt(s.max, i, "max")),
  quantiles: (s, i) => toUnitInterval(valueAt(s.q01, i, "q01"), valueAt(s.q99, i, "q99")),
  gaussian(s, i) {
    const mean = valueAt(s.mean, i, "mean");
    const std = valueAt(s.std, i, "std");
    const scale = isConstant(std) ? 1 : 1 / std;
    return { scale, offset: -mean * scale };
  },
};

/** The map about the same middle, stretching no more than a least range allows. */
function widened({ scale, offset }: Affine, leastRange: number): Affine {
  const most = Math.min(scale, leastRange > 0 ? 2 / leastRange : Infinity);
  return { scale: most, offset: (offset * most) / scale };
}

/** A range below 1e-4 would blow up noise: such a dimension keeps its unit and its constant goes to 0. */
function toUnitInterval(low: number, high: number): Affine {
  if (isConstant(high - low)) return { scale: 1, offset: -low };
  const scale = 2 / (high - low);
  return { scale, offset: -1 - scale * low };
}

/**
 * The normalizer of a feature.
 *
 * Source: real-stanford/diffusion_policy `model/common/normalizer.py` (`_fit`, range_eps 1e-4), with its constant
 * dimensions going to the middle of [-1, 1]; `"quantiles"` as in openpi `transforms.py` (`Normalize`), without
 * its 1e-6 in the divisor.
 *
 * @param leastRange per dimension, in its unit: no range of this size or less is stretched to more than 2 units, its middle staying where it
 *   is. For what hardly changes in the data but may on a robot, such as the tilt of a tool that always points down. Default none.
 * @throws RangeError when a statistic is missing or not finite
 */
export function fitNormalizer(kind: NormalizerKind, statistics: FeatureStatistics, leastRange: readonly number[] = []): Normalizer {
  const rule = RULES[kind];
  if (rule === undefined) {
    throw new RangeError(`fitNormalizer: kind is "${String(kind)}", expected ${Object.keys(RULES).join(", ")}`);
  }
  const maps = statistics.min.map((_, i) => widened(rule(statistics, i), leastRange[i] ?? 0));
  if (maps.length === 0) throw new RangeError("fitNormalizer: the statistics have no dimensions");
  return { kind, scale: maps.map((map) => map.scale), offset: maps.map((map) => map.offset) };
}

/**
 * Dimensions that change, but so rarely that this kind of normalizer takes them for constant, one sentence each, by
 * name. Dimensions that never change are found by `validateDataset`.
 *
 * @param feature the column's name, for the sentences
 */
export function normalizerWarnings(
  kind: NormalizerKind,
  statistics: FeatureStatistics,
  feature: { readonly column: string; readonly names: readonly string[] | null },
): string[] {
  const spread: Readonly<Record<NormalizerKind, (i: number) => number>> = {
    limits: (i) => (statistics.max[i] ?? 0) - (statistics.min[i] ?? 0),
    quantiles: (i) => (statistics.q99[i] ?? 0) - (statistics.q01[i] ?? 0),
    gaussian: (i) => statistics.std[i] ?? 0,
  };
  return statistics.min.flatMap((min, i) => {
    const max = statistics.max[i] ?? min;
    if (isConstant(max - min) || !isConstant(spread[kind](i))) return [];
    const name = feature.names?.[i] ?? i;
    return `${feature.column}: dimension "${name}" is nearly always ${statistics.q50[i]}, but goes from ${min} to ${max}; the normalizer "${kind}" leaves it unscaled, choose "limits"`;
  });
}

/**
 * Feature units to about [-1, 1].
 *
 * @param values f32[rows * width], row-major
 * @param out receives the result; may be `values` itself
 * @returns f32[rows * width]
 * @throws RangeError when the values do not make rows of the normalizer's width
 */
export function normalize(normalizer: Normalizer, values: Float32Array, out?: Float32Array): Float32Array {
  const { result, width } = prepare("normalize", normalizer, values, out);
  const { scale, offset } = normalizer;
  for (let i = 0; i < values.length; i++) {
    const dimension = i % width;
    result[i] = (values[i] ?? 0) * (scale[dimension] ?? 1) + (offset[dimension] ?? 0);
  }
  return result;
}

/** Back from about [-1, 1] to feature units; the inverse of `normalize`, with the same arguments and errors. */
export function denormalize(normalizer: Normalizer, values: Float32Array, out?: Float32Array): Float32Array {
  const { result, width } = prepare("denormalize", normalizer, values, out);
  const { scale, offset } = normalizer;
  for (let i = 0; i < values.length; i++) {
    const dimension = i % width;
    result[i] = ((values[i] ?? 0) - (offset[dimension] ?? 0)) / (scale[dimension] ?? 1);
  }
  return result;
}

function prepare(
  who: string,
  { scale, offset }: Normalizer,
  values: Float32Array,
  out: Float32Array = new Float32Array(values.length),
): { result: Float32Array; width: number } {
  const width = scale.length;
  if (offset.length !== width) {
    throw new RangeError(`${who}: the normalizer has ${width} scales but ${offset.length} offsets`);
  }
  if (width === 0 || values.length % width !== 0) {
    throw new RangeError(`${who}: ${values.length} values do not make rows of ${width}, the normalizer's width`);
  }
  if (out.length !== values.length) {
    throw new RangeError(`${who}: out holds ${out.length} values, expected ${values.length}`);
  }
  return { result: out, width };
}

function valueAt(values: readonly number[] | undefined, dimension: number, statistic: string): number {
  const value = values?.[dimension];
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new RangeError(
    `fitNormalizer: statistic ${statistic} of dimension ${dimension} is ${value ?? "missing"}; compute it with statisticsOf`,
  );
}
