/** @file Tests of short correlations: their matrices give what plain sums give. */

import { expect, it } from "vitest";
import { normals } from "#testing";
import { MOST_RESULTS, shortCorrelation, type Matrix } from "./toom-cook.ts";

const times = (matrix: Matrix, values: readonly number[]): number[] =>
  matrix.map((row) => row.reduce((total, entry, i) => total + entry * (values[i] ?? NaN), 0));

const sizes = Array.from({ length: MOST_RESULTS }, (_, i) => i + 1);

it.each(sizes)("%d results come from two products more than there are results", (results) => {
  const matrices = shortCorrelation(results);
  const [w, x] = [normals(3, 1), normals(results + 2, 2)];
  const [left, right] = [times(matrices.window, w), times(matrices.values, x)];
  expect([left.length, right.length]).toEqual([results + 2, results + 2]);
  const y = times(matrices.results, left.map((value, i) => value * (right[i] ?? NaN)));
  expect(y).toHaveLength(results);
  y.forEach((value, r) => {
    const plain = w.reduce((total, weight, k) => total + weight * (x[r + k] ?? NaN), 0);
    expect(value).toBeCloseTo(plain, 12);
  });
});

it("three results have the matrices of Winograd's F(3, 3), up to the scale of each point", () => {
  // Lavin and Gray's F(2x2, 3x3) has the points 0, 1, -1 and infinity: with one more point, 2, it is F(3, 3).
  const { window } = shortCorrelation(3);
  const ratios = window.map((row) => row.map((value) => value / (row.find((entry) => entry !== 0) ?? NaN)));
  expect(ratios).toEqual([[1, 0, 0], [1, 1, 1], [1, -1, 1], [1, 2, 4], [0, 0, 1]]);
});
