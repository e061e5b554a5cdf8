/** @file Means, quantiles, bootstrap intervals and entropy of a handful of numbers. */

import { rng } from "#engine/array";

export function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** The q-quantile, interpolated linearly between order statistics. @param q in [0, 1] */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = q * (sorted.length - 1);
  const low = sorted[Math.floor(position)] ?? NaN;
  const high = sorted[Math.ceil(position)] ?? NaN;
  return low + (high - low) * (position - Math.floor(position));
}

/**
 * 95 % interval of the mean by the percentile bootstrap, 2,000 resamples with a fixed seed.
 *
 * Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
 */
export function bootstrapInterval(values: readonly number[]): [low: number, high: number] {
  const random = rng(0, "bootstrap");
  const means = Array.from({ length: 2000 }, () =>
    mean(values.map(() => values[random.integer(0, values.length)] ?? NaN)),
  );
  return [quantile(means, 0.025), quantile(means, 0.975)];
}

/** Entropy of weights ≥ 0 divided by their sum, bits; 0 when all are 0. */
export function entropyBits(weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const terms = weights.filter((weight) => weight > 0).map((weight) => (weight / total) * Math.log2(total / weight));
  return terms.reduce((sum, term) => sum + term, 0);
}
