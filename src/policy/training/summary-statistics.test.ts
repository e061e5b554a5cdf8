/** @file Closed forms of means, quantiles, bootstrap intervals and entropy. */

import { expect, test } from "vitest";
import { bootstrapInterval, entropyBits, mean, quantile } from "./summary-statistics.ts";

test("the mean is the sum over the count", () => {
  expect(mean([1, 2, 6])).toBe(3);
});

test.each([
  [[3, 1, 2, 4], 0, 1],
  [[3, 1, 2, 4], 1, 4],
  [[3, 1, 2, 4], 0.5, 2.5],
  [[3, 1, 2, 4], 0.25, 1.75],
  [[0, 10], 0.99, 9.9],
  [[7], 0.3, 7],
])("of %j the %f-quantile, interpolated, is %f", (values, q, expected) => {
  const before = [...values];
  expect(quantile(values, q)).toBeCloseTo(expected, 12);
  expect(values).toEqual(before);
});

test("values that are all the same have an interval of no width", () => {
  expect(bootstrapInterval([0.5, 0.5, 0.5])).toEqual([0.5, 0.5]);
});

test("the interval of 100 coin flips is close to the normal one, ± 1.96·√(p(1 - p)/n)", () => {
  const flips = Array.from({ length: 100 }, (_, i) => (i < 30 ? 1 : 0));
  const [low, high] = bootstrapInterval(flips);
  const half = 1.96 * Math.sqrt((0.3 * 0.7) / 100);
  expect(low).toBeCloseTo(0.3 - half, 1);
  expect(high).toBeCloseTo(0.3 + half, 1);
  expect(high - low).toBeGreaterThan(1.6 * half);
  expect(bootstrapInterval(flips)).toEqual([low, high]);
});

test.each([
  [[0.5, 0.5], 1],
  [[3, 3], 1],
  [[1, 1, 1, 1], 2],
  [[0.9, 0], 0],
  [[0, 0], 0],
  [[0.25, 0.75], 2 - 0.75 * Math.log2(3)],
])("the entropy of %j is %f bits: only how they compare counts", (weights, expected) => {
  expect(entropyBits(weights)).toBeCloseTo(expected, 12);
});
