/** @file Tests of layers against the same formulas worked out by hand. */

import { describe, expect, it, test } from "vitest";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { evaluate, f32, f64, gradientError, normals } from "#testing";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";
import { timeEmbedding } from "./time-embedding.ts";

const WEIGHT = [1, 2, 3, -1, 0, 0.5]; // [2, 3]
const BIAS = [10, -10];

const apply = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => linear({ weight, bias }, x);

describe("linear", () => {
  it.each([
    ["a row", [3], [1, 1, 2], [19, -10]],
    ["a batch", [2, 3], [1, 1, 2, 0, 0, 0], [19, -10, 10, -10]],
    ["a batch of sequences", [1, 2, 3], [1, 1, 2, 0, 1, 0], [19, -10, 12, -10]],
  ])("maps %s as x·Wᵀ + b", async (_name, shape, x, y) => {
    expect(await evaluate(apply, [f32(...shape), f32(2, 3), f32(2)], [x, WEIGHT, BIAS])).toEqual([y]);
  });

  it("keeps leading axes", () => {
    const [weight, bias] = [input("w", "f32", [2, 3]), input("b", "f32", [2])];
    expect(apply(input("x", "f32", [4, 5, 3]), weight, bias).shape).toEqual([4, 5, 2]);
    expect(apply(input("x", "f32", [3]), weight, bias).shape).toEqual([2]);
  });

  it("names itself when the input does not fit", () => {
    const [x, weight, bias] = [input("x", "f32", [2, 4]), input("w", "f32", [2, 3]), input("b", "f32", [2])];
    expect(() => apply(x, weight, bias)).toThrow(new ShapeError("linear: x is f32[2, 4], expected [..., 3]"));
  });

  it("has the gradient of central differences", async () => {
    expect(await gradientError(apply, [f64(2, 2, 3), f64(2, 3), f64(2)], [normals(12, 1), WEIGHT, BIAS])).toBeLessThan(1e-6);
  });
});

test("layerNorm gives each row mean `bias` and deviation `weight`", async () => {
  const rows = [1, 2, 3, 4, -5, 5, 15, 25];
  const [y = []] = await evaluate(
    (x, weight, bias) => layerNorm({ weight, bias }, x),
    [f32(2, 4), f32(4), f32(4)],
    [rows, [1, 1, 2, 1], [0, 0, 0, 7]],
  );
  const expected = [rows.slice(0, 4), rows.slice(4)].flatMap((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / 4;
    const deviation = Math.sqrt(row.reduce((a, b) => a + (b - mean) ** 2, 0) / 4 + 1e-5);
    const [a = NaN, b = NaN, c = NaN, d = NaN] = row.map((v) => (v - mean) / deviation);
    return [a, b, 2 * c, d + 7];
  });
  expected.forEach((v, i) => expect(y[i]).toBeCloseTo(v, 5));
});

test("layerNorm uses the epsilon it is given", async () => {
  const [y = []] = await evaluate((x, weight, bias) => layerNorm({ weight, bias }, x, 3), [f32(1, 2), f32(2), f32(2)], [[1, 3], [1, 1], [0, 0]]);
  expect(y).toEqual([-0.5, 0.5]);
});

describe("timeEmbedding", () => {
  it("is sin and cos of 2πt/period, periods log-spaced from shortest to longest, sines first", async () => {
    const times = [0, 0.25, 1];
    const options = { width: 6, minPeriod: 0.5, maxPeriod: 8 };
    const [y = []] = await evaluate((t) => timeEmbedding(t, options), [f32(3)], [times]);
    const periods = [0.5, 2, 8];
    const expected = times.flatMap((t) => [
      ...periods.map((period) => Math.sin((2 * Math.PI * t) / period)),
      ...periods.map((period) => Math.cos((2 * Math.PI * t) / period)),
    ]);
    expect(y).toHaveLength(18);
    expected.forEach((v, i) => expect(y[i]).toBeCloseTo(v, 5));
  });

  it("spans periods from 4e-3 to 4 by default", async () => {
    const [y = []] = await evaluate((t) => timeEmbedding(t, { width: 4 }), [f32(1)], [[0.001]]);
    [Math.sin(Math.PI / 2), Math.sin(Math.PI / 2000), Math.cos(Math.PI / 2), Math.cos(Math.PI / 2000)].forEach((v, i) =>
      expect(y[i]).toBeCloseTo(v, 5),
    );
  });

  it("gives openpi's numbers at π0's width", async () => {
    const [y = []] = await evaluate((t) => timeEmbedding(t, { width: 1024 }), [f32(2)], [[0.5, 0.1]]);
    const [half, tenth] = [y.slice(0, 1024), y.slice(1024)];
    // In f32 an angle of 785 is known to 6e-5.
    const near = (row: readonly number[], numbers: Readonly<Record<number, number>>): void =>
      Object.entries(numbers).forEach(([i, value]) => expect(Math.abs((row[Number(i)] ?? NaN) - value)).toBeLessThan(1e-4));
    near(half, { 1: 0.9004849, 511: Math.SQRT1_2, 513: -0.4348874, 767: 0.9918408 });
    near(tenth, { 1: -0.8585631, 255: -0.9586452, 511: 0.1564345 });
    const sums = [half, tenth].map((row) => row.reduce((sum, value) => sum + value, 0));
    expect(sums[0]).toBeCloseTo(50.275939, 2);
    expect(sums[1]).toBeCloseTo(200.069605, 2);
  });

  it("tells times apart that differ by a thousandth", async () => {
    const [y = []] = await evaluate((t) => timeEmbedding(t, { width: 32 }), [f32(2)], [[0.5, 0.501]]);
    expect(Math.hypot(...y.slice(0, 32).map((v, i) => v - (y[i + 32] ?? NaN)))).toBeGreaterThan(1);
  });

  it("needs an even width", () => {
    expect(() => timeEmbedding(input("t", "f32", [1]), { width: 5 })).toThrow(new ShapeError("timeEmbedding: width must be even, got 5"));
  });
});
