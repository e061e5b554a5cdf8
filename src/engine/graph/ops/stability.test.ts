/** @file Tests of ops where naive formulas overflow, cancel or spread NaN; in float32, as policies run. */

import { describe, expect, it, test } from "vitest";
import { bool, evaluate, f32, normals } from "#testing";
import {
  abs, clip, div, erf, exp, geluTanh, gelu, gradients, log, logSoftmax, logSumExp, maximum, minimum, mish, relu, sigmoid, silu, softmax, softplus,
  standardize, sum, tanh, where, type Tensor,
} from "../index.ts";

/** Values and derivatives of an element-wise function. */
async function valuesAndSlopes(fn: (x: Tensor) => Tensor, points: readonly number[]): Promise<[number[], number[]]> {
  const [y = [], dy = []] = await evaluate((x) => [fn(x), ...gradients(sum(fn(x)), [x])], [f32(points.length)], [points]);
  return [y, dy];
}

const FAR = [-1e4, -200, 200, 1e4];

describe("far from zero", () => {
  it.each([
    ["softplus", softplus, [0, 0, 200, 1e4], [0, 0, 1, 1]],
    ["mish", mish, [0, 0, 200, 1e4], [0, 0, 1, 1]],
    ["silu", silu, [0, 0, 200, 1e4], [0, 0, 1, 1]],
    ["gelu", gelu, [0, 0, 200, 1e4], [0, 0, 1, 1]],
    ["geluTanh", geluTanh, [0, 0, 200, 1e4], [0, 0, 1, 1]],
    ["tanh", tanh, [-1, -1, 1, 1], [0, 0, 0, 0]],
    ["erf", erf, [-1, -1, 1, 1], [0, 0, 0, 0]],
    ["sigmoid", sigmoid, [0, 0, 1, 1], [0, 0, 0, 0]],
  ] as const)("%s and its derivative have their limits exactly", async (_name, fn, values, slopes) => {
    const [y, dy] = await valuesAndSlopes(fn, FAR);
    values.forEach((v, i) => expect(y[i]).toBeCloseTo(v, 6));
    slopes.forEach((v, i) => expect(dy[i]).toBeCloseTo(v, 6));
  });
});

test("softplus has slope 1/2 at 0, where a zero-initialised layer starts", async () => {
  expect(await valuesAndSlopes(softplus, [0])).toEqual([[Math.fround(Math.LN2)], [0.5]]);
});

test("mish follows its definition to float32 accuracy", async () => {
  const points = [-20, -5, -1, -0.1, 0, 0.1, 1, 5, 19.9, 20.1, 40];
  const [y] = await valuesAndSlopes(mish, points);
  points.forEach((x, i) => {
    const expected = x * Math.tanh(Math.log1p(Math.exp(x)));
    expect(Math.abs((y[i] ?? NaN) - expected)).toBeLessThanOrEqual(2e-6 * Math.abs(expected) + 1e-12);
  });
});

describe("over an axis", () => {
  const logits = [1e4, 0, -1e4, 1e4, 1e4, 1e4, -1e4, -1e4, -1e4];

  it("logSumExp of ±1e4 is finite and exact", async () => {
    const [y, dy = []] = await evaluate((x) => [logSumExp(x), ...gradients(sum(logSumExp(x)), [x])], [f32(3, 3)], [logits]);
    expect(y).toEqual([1e4, 1e4 + Math.log(3), -1e4 + Math.log(3)].map(Math.fround));
    dy.forEach((v, i) => expect(v).toBeCloseTo([1, 0, 0, ...new Array<number>(6).fill(1 / 3)][i] ?? NaN, 6));
  });

  it("logSoftmax of ±1e4 is finite and exact", async () => {
    const [y = [], dy = []] = await evaluate((x) => [logSoftmax(x), ...gradients(sum(logSoftmax(x)), [x])], [f32(3, 3)], [logits]);
    [0, -1e4, -2e4].forEach((v, i) => expect(y[i]).toBe(v));
    y.slice(3).forEach((v) => expect(v).toBeCloseTo(-Math.log(3), 6));
    [1 - 3, 1, 1].forEach((v, i) => expect(dy[i]).toBeCloseTo(v, 6));
    dy.slice(3).forEach((v) => expect(v).toBeCloseTo(0, 6));
  });

  it("softmax sums to 1 along its axis, whatever the logits", async () => {
    const values = [...logits, ...normals(9, 5).map((v) => v * 50)];
    for (const axis of [0, 1]) {
      const [total = []] = await evaluate((x) => sum(softmax(x, axis), axis), [f32(6, 3)], [values]);
      total.forEach((v) => expect(v).toBeCloseTo(1, 6));
    }
  });

  it("softmax does not see a shift of all logits", async () => {
    const base = normals(6, 7);
    const [a = []] = await evaluate((x) => softmax(x), [f32(2, 3)], [base]);
    const [b = []] = await evaluate((x) => softmax(x), [f32(2, 3)], [base.map((v) => v + 64)]);
    a.forEach((v, i) => expect(v).toBeCloseTo(b[i] ?? NaN, 4));
  });

  it("standardize of a constant row is zero, with a finite gradient", async () => {
    const [y, dy = []] = await evaluate((x) => [standardize(x), ...gradients(sum(standardize(x)), [x])], [f32(1, 4)], [[7, 7, 7, 7]]);
    expect(y?.map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect(dy.every(Number.isFinite)).toBe(true);
  });

  it("standardize keeps its accuracy far from zero", async () => {
    const [y = []] = await evaluate((x) => standardize(x), [f32(1, 4)], [[1000, 1001, 1002, 1003]]);
    const deviation = Math.sqrt(1.25 + 1e-5);
    [-1.5, -0.5, 0.5, 1.5].forEach((v, i) => expect(y[i]).toBeCloseTo(v / deviation, 4));
  });
});

describe("NaN", () => {
  const drop = (c: Tensor, a: Tensor, b: Tensor): Tensor[] => {
    const y = where(c, a, b);
    return [y, ...gradients(sum(y), [a, b])];
  };

  it("is dropped by where, in value and gradient", async () => {
    const feeds = [[1, 0], [1, NaN], [Infinity, 2]];
    expect(await evaluate(drop, [bool(2), f32(2), f32(2)], feeds)).toEqual([[1, 2], [1, 0], [0, 1]]);
  });

  it("in a cotangent is dropped by the masks of relu, clip, abs, maximum and minimum", async () => {
    // The cotangent of x is NaN at its first element, where each mask closes.
    const slopes = (x: Tensor, poison: Tensor): Tensor[] =>
      [relu(x), clip(x, 0, 5), maximum(x, 0), minimum(div(x, -1), 0)].map(
        (y) => gradients(sum(where(exp(poison), y)), [x])[0] as Tensor,
      );
    function where(scale: Tensor, y: Tensor): Tensor {
      return div(y, scale);
    }
    const result = await evaluate(slopes, [f32(2), f32(2)], [[-1, 1], [-Infinity, 0]]);
    expect(result.map((dx) => dx.map((v) => v + 0))).toEqual([[0, 1], [0, 1], [0, 1], [0, -1]]);
  });

  it("is kept by everything that computes with it", async () => {
    const results = await evaluate((x) => [relu(x), abs(x), maximum(x, 0), clip(x, 0, 1), softmax(x), log(x)], [f32(1)], [[NaN]]);
    expect(results.flat()).toEqual(new Array(6).fill(NaN));
  });
});
