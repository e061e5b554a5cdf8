/** @file Laws of the cosine transform along time. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cosineTransform } from "./dct.ts";

interface GoldenCase {
  readonly x: readonly number[];
  readonly dct2_ortho: readonly number[];
}

const cases = JSON.parse(readFileSync("fixtures/golden/tokens/dct_ortho.json", "utf8")) as Record<string, GoldenCase>;

function forward(chunk: readonly number[], actionSize = 1): number[] {
  const out = new Float64Array(chunk.length);
  cosineTransform(chunk.length / actionSize, actionSize).forward(chunk, out);
  return [...out];
}

function inverse(coefficients: readonly number[], actionSize = 1): number[] {
  const out = new Float64Array(coefficients.length);
  cosineTransform(coefficients.length / actionSize, actionSize).inverse(coefficients, out);
  return [...out];
}

function greatestGap(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);
}

test("two steps become their scaled sum and difference", () => {
  expect(greatestGap(forward([3, 1]), [4 / Math.SQRT2, 2 / Math.SQRT2])).toBeLessThan(1e-15);
});

test("a constant has one coefficient, √H times its value", () => {
  expect(greatestGap(forward(Array<number>(16).fill(0.5)), [2, ...Array<number>(15).fill(0)])).toBeLessThan(1e-15);
});

test("every dimension is transformed for itself", () => {
  const both = forward([1, 10, 2, 20, 4, 40], 2);
  const one = forward([1, 2, 4]);
  expect(greatestGap(both, one.flatMap((value) => [value, 10 * value]))).toBeLessThan(1e-13);
});

test.each(Object.entries(cases))("%s steps give the golden coefficients, and those the steps", (_, { x, dct2_ortho }) => {
  expect(greatestGap(forward(x), dct2_ortho)).toBeLessThan(1e-12);
  expect(greatestGap(inverse(dct2_ortho), x)).toBeLessThan(1e-12);
});
