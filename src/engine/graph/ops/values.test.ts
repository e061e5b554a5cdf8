/** @file Tests of what ops compute, against the same thing written as loops or worked out by hand. */

import { describe, expect, it, test } from "vitest";
import { bool, evaluate, f32, f64, i64, normals } from "#testing";
import * as g from "../index.ts";
import type { Tensor } from "../index.ts";

const POINTS = [-3, -1, -0.25, 0.5, 1, 2.5];

/** erf by its Maclaurin series, good to 1e-12 for |x| < 4. */
function erf(x: number): number {
  let [term, total] = [x, x];
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

const elementWise: readonly (readonly [string, (x: Tensor) => Tensor, (x: number) => number])[] = [
  ["neg", g.neg, (x) => -x],
  ["abs", g.abs, Math.abs],
  ["exp", g.exp, Math.exp],
  ["log of x²", (x) => g.log(g.square(x)), (x) => Math.log(x * x)],
  ["sqrt of x²", (x) => g.sqrt(g.square(x)), Math.abs],
  ["sin", g.sin, Math.sin],
  ["cos", g.cos, Math.cos],
  ["tanh", g.tanh, Math.tanh],
  ["erf", g.erf, erf],
  ["sigmoid", g.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
  ["relu", g.relu, (x) => Math.max(x, 0)],
  ["softplus", g.softplus, (x) => Math.log1p(Math.exp(x))],
  ["silu", g.silu, (x) => x / (1 + Math.exp(-x))],
  ["mish", g.mish, (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
  ["gelu", g.gelu, (x) => 0.5 * x * (1 + erf(x / Math.SQRT2))],
  ["geluTanh", g.geluTanh, (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
  ["clip", (x) => g.clip(x, -0.5, 1), (x) => Math.min(Math.max(x, -0.5), 1)],
  ["2 - x", (x) => g.sub(2, x), (x) => 2 - x],
  ["2 / x", (x) => g.div(2, x), (x) => 2 / x],
  ["maximum with 0.3", (x) => g.maximum(x, 0.3), (x) => Math.max(x, 0.3)],
  ["minimum with 0.3", (x) => g.minimum(0.3, x), (x) => Math.min(x, 0.3)],
];

describe("element by element", () => {
  it.each(elementWise)("%s is its formula, in f32 and f64", async (_name, fn, formula) => {
    const [single = []] = await evaluate(fn, [f32(6)], [POINTS]);
    const [double = []] = await evaluate(fn, [f64(6)], [POINTS]);
    POINTS.forEach((x, i) => {
      expect(Math.abs((single[i] ?? NaN) - formula(x))).toBeLessThan(2e-6 * Math.max(1, Math.abs(formula(x))));
      expect(Math.abs((double[i] ?? NaN) - formula(x))).toBeLessThan(1e-9);
    });
  });

  it("comparisons and logic are those of JavaScript", async () => {
    const [a, b] = [[1, 2, 3], [2, 2, 2]];
    const ops = (p: Tensor, q: Tensor): Tensor[] => {
      const [less, more] = [g.less(p, q), g.greaterEqual(p, q)];
      return [less, g.lessEqual(p, q), g.greater(p, q), more, g.equal(p, q), g.not(less), g.logicalAnd(more, g.lessEqual(p, q))];
    };
    expect(await evaluate(ops, [f32(3), f32(3)], [a, b])).toEqual([
      [1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [0, 1, 0], [0, 1, 1], [0, 1, 0],
    ]);
    expect(await evaluate((p) => g.equal(p, 2), [i64(3)], [a])).toEqual([[0, 1, 0]]);
  });

  it("casts keep values: fractions are cut, non-zero is true", async () => {
    const casts = (x: Tensor): Tensor[] => [g.cast(x, "i64"), g.cast(x, "bool"), g.cast(x, "f64"), g.cast(g.cast(x, "bool"), "f32")];
    expect(await evaluate(casts, [f32(3)], [[-1.5, 0, 2.5]])).toEqual([[-1, 0, 2], [1, 0, 1], [-1.5, 0, 2.5], [1, 0, 1]]);
  });
});

const GRID = [3, 1, 2, -1, 5, 5]; // [2, 3]

describe("over axes", () => {
  const of = (fn: (x: Tensor) => Tensor): Promise<number[][]> => evaluate(fn, [f32(2, 3)], [GRID]);

  it.each([
    ["sum of all", (x: Tensor) => g.sum(x), [15]],
    ["sum of columns", (x: Tensor) => g.sum(x, 0), [2, 6, 7]],
    ["sum of rows", (x: Tensor) => g.sum(x, -1, { keepDims: true }), [6, 9]],
    ["mean of rows", (x: Tensor) => g.mean(x, 1), [2, 3]],
    ["mean of all", (x: Tensor) => g.mean(x, [0, 1]), [2.5]],
    ["max of rows", (x: Tensor) => g.max(x, 1), [3, 5]],
    ["max of all", (x: Tensor) => g.max(x), [5]],
    ["argMax of columns", (x: Tensor) => g.argMax(x, 0), [0, 1, 1]],
    ["argMax of rows, the first of equal ones", (x: Tensor) => g.argMax(x), [0, 1]],
    ["cumulativeSum of columns", (x: Tensor) => g.cumulativeSum(x, 0), [3, 1, 2, 2, 6, 7]],
    ["cumulativeSum of rows", (x: Tensor) => g.cumulativeSum(x), [3, 4, 6, -1, 4, 9]],
    ["cumulativeSum of rows from their end", (x: Tensor) => g.cumulativeSum(x, -1, { fromEnd: true }), [6, 3, 2, 9, 10, 5]],
  ] as const)("%s", async (_name, fn, values) => {
    expect(await of(fn)).toEqual([values]);
  });

  it("softmax, logSoftmax and logSumExp are their formulas along the named axis", async () => {
    const all = (x: Tensor): Tensor[] => [g.softmax(x, 0), g.logSoftmax(x, 0), g.logSumExp(x, 0)];
    const [soft = [], logSoft = [], lse = []] = await evaluate(all, [f32(2, 3)], [GRID]);
    for (let j = 0; j < 3; j++) {
      const column = [GRID[j] ?? NaN, GRID[j + 3] ?? NaN];
      const total = column.reduce((a, b) => a + Math.exp(b), 0);
      expect(lse[j]).toBeCloseTo(Math.log(total), 5);
      column.forEach((v, i) => {
        expect(soft[j + 3 * i]).toBeCloseTo(Math.exp(v) / total, 6);
        expect(logSoft[j + 3 * i]).toBeCloseTo(v - Math.log(total), 5);
      });
    }
  });

  it("equal maxima share the gradient", async () => {
    expect(await of((x) => g.gradients(g.sum(g.max(x, 1)), [x])[0] as Tensor)).toEqual([[1, 0, 0, 0, 0.5, 0.5]]);
  });
});

describe("rearranging", () => {
  const of = (fn: (x: Tensor) => Tensor): Promise<number[][]> => evaluate(fn, [f32(2, 3)], [[0, 1, 2, 3, 4, 5]]);

  it.each([
    ["transpose swaps the last two axes", (x: Tensor) => g.transpose(x), [0, 3, 1, 4, 2, 5]],
    ["transpose follows its permutation", (x: Tensor) => g.transpose(g.reshape(x, [1, 2, 3]), [2, 0, 1]), [0, 3, 1, 4, 2, 5]],
    ["reshape keeps the order", (x: Tensor) => g.reshape(x, [3, -1]), [0, 1, 2, 3, 4, 5]],
    ["broadcastTo repeats", (x: Tensor) => g.broadcastTo(g.slice(x, 0, 0, 1), [2, 3]), [0, 1, 2, 0, 1, 2]],
    ["slice takes a range", (x: Tensor) => g.slice(x, 1, 1), [1, 2, 4, 5]],
    ["sliceEvery takes every step-th", (x: Tensor) => g.sliceEvery(x, -1, { end: 3, step: 2 }), [0, 2, 3, 5]],
    ["pad adds zeros", (x: Tensor) => g.pad(x, 1, 1, 0), [0, 0, 1, 2, 0, 3, 4, 5]],
    ["concat joins", (x: Tensor) => g.concat([x, g.slice(x, 1, 0, 1)], 1), [0, 1, 2, 0, 3, 4, 5, 3]],
    ["unfold lays windows side by side", (x: Tensor) => g.unfold(g.reshape(x, [1, 3, 2]), { kernel: 2 }), [0, 1, 2, 3, 2, 3, 4, 5]],
    ["fold adds windows back", (x: Tensor) => g.fold(g.reshape(x, [1, 3, 2]), 4, { kernel: 2 }), [0, 3, 7, 5]],
  ] as const)("%s", async (_name, fn, values) => {
    expect(await of(fn)).toEqual([values]);
  });

  it("gather takes rows and scatterAdd puts them back, adding up", async () => {
    const rows = (x: Tensor, ids: Tensor): Tensor[] => [g.gather(x, ids), g.scatterAdd(ids, g.gather(x, ids), 3)];
    expect(await evaluate(rows, [f32(2, 3), i64(3)], [[0, 1, 2, 3, 4, 5], [1, 0, 1]])).toEqual([
      [3, 4, 5, 0, 1, 2, 3, 4, 5],
      [0, 1, 2, 6, 8, 10, 0, 0, 0],
    ]);
  });

  it("oneHot marks the place of each id, in every dtype, and nothing for an id outside", async () => {
    const marks = [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    const all = (ids: Tensor): Tensor[] => (["f32", "f64", "i64", "bool"] as const).map((dtype) => g.oneHot(ids, 3, dtype));
    expect(await evaluate(all, [i64(2, 2)], [[2, 0, 3, -1]])).toEqual([marks, marks, marks, marks]);
  });

  it("oneHot and argMax undo each other", async () => {
    expect(await evaluate((ids) => g.argMax(g.oneHot(ids, 4)), [i64(2, 2)], [[2, 0, 3, 1]])).toEqual([[2, 0, 3, 1]]);
  });

  it.each([
    [() => g.oneHot(g.input("x", "f32", [2]), 3), "oneHot: ids is f32[2], expected dtype i64"],
    [() => g.oneHot(g.input("x", "i64", [2]), 0), "oneHot: K is 0, expected a count of at least 1"],
    [() => g.argMax(g.input("x", "f32", [2, 0])), "argMax: axis 1 of f32[2, 0] is empty"],
    [() => g.cumulativeSum(g.input("x", "f32", []), 0), "cumulativeSum: axis 0 is outside a tensor of rank 0"],
  ])("what cannot be asked of them is said: %#", (ask, message) => {
    expect(ask).toThrow(g.ShapeError);
    expect(ask).toThrow(message);
  });

  it("where chooses, with broadcasting", async () => {
    expect(await evaluate((c, a) => g.where(c, a, -1), [bool(2, 1), f32(3)], [[1, 0], [7, 8, 9]])).toEqual([[7, 8, 9, -1, -1, -1]]);
  });
});

describe("products", () => {
  const [a, b] = [[1, 2, 3, 4, 5, 6], [1, 0, -1, 2, 0.5, 1]]; // [2, 3] and [3, 2]
  const product = [1 - 2 + 1.5, 4 + 3, 4 - 5 + 3, 10 + 6];

  it.each([[false, false], [true, false], [false, true], [true, true]])("gemm with transA %s and transB %s is the matrix product", async (transA, transB) => {
    const fn = (p: Tensor, q: Tensor, c: Tensor): Tensor[] => {
      const [left, right] = [transA ? g.transpose(p) : p, transB ? g.transpose(q) : q];
      return [g.gemm(left, right, { transA, transB }), g.gemmBias(left, right, c, { transA, transB })];
    };
    expect(await evaluate(fn, [f32(2, 3), f32(3, 2), f32(2)], [a, b, [10, 20]])).toEqual([product, product.map((v, i) => v + (i % 2 === 0 ? 10 : 20))]);
  });

  it("matmul multiplies the last axes and broadcasts the others", async () => {
    const result = await evaluate(g.matmul, [f32(2, 1, 3), f32(3, 2)], [a, b]);
    expect(result).toEqual([product]);
  });
});

interface Sliding {
  readonly length: number;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** One sequence [L, C] against one kernel [K, C], by loops. */
function slide(x: readonly number[], w: readonly number[], { length, channels, kernel, stride, padding }: Sliding): number[] {
  const padded = [...new Array<number>(padding * channels).fill(0), ...x, ...new Array<number>(padding * channels).fill(0)];
  const y: number[] = [];
  for (let at = 0; at + kernel <= length + 2 * padding; at += stride) {
    y.push(w.reduce((total, weight, k) => total + weight * (padded[at * channels + k] ?? NaN), 0));
  }
  return y;
}

describe("convolution", () => {
  it.each([[3, 1, 1], [5, 1, 2], [3, 2, 1], [4, 3, 0], [1, 1, 0], [2, 3, 2]])(
    "conv1d with kernel %d, stride %d, padding %d is a sliding product",
    async (kernel, stride, padding) => {
      const [x, w] = [normals(2 * 7 * 3, 1), normals(2 * kernel * 3, 2)];
      const [y = []] = await evaluate((p, q, c) => g.conv1d(p, q, c, { stride, padding }), [f64(2, 7, 3), f64(2, kernel, 3), f64(2)], [x, w, [1, -1]]);
      const sizes = { length: 7, channels: 3, kernel, stride, padding };
      const outputs = [0, 21].map((from) => [0, 1].map((o) => slide(x.slice(from, from + 21), w.slice(o * kernel * 3, (o + 1) * kernel * 3), sizes)));
      const expected = outputs.flatMap(([first = [], second = []]) => first.flatMap((v, i) => [v + 1, (second[i] ?? NaN) - 1]));
      expect(y).toHaveLength(expected.length);
      y.forEach((v, i) => expect(v).toBeCloseTo(expected[i] ?? NaN, 12));
    },
  );

  it.each([[4, 2, 1, 8], [3, 1, 1, 4], [2, 3, 0, 11]])(
    "convTranspose1d with kernel %d, stride %d, padding %d is the adjoint of conv1d",
    async (kernel, stride, padding, extent) => {
      // ⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩ with the same weights, read in the other order.
      const [x, y, w] = [normals(extent * 2, 1), normals(4 * 3, 2), normals(3 * kernel * 2, 3)];
      const both = (p: Tensor, q: Tensor, weight: Tensor, b3: Tensor, b2: Tensor): Tensor[] => {
        const forward = g.conv1d(p, weight, b3, { stride, padding });
        const back = g.convTranspose1d(q, weight, b2, { stride, padding });
        return [g.sum(g.mul(forward, q)), g.sum(g.mul(p, back))];
      };
      const specs = [f64(1, extent, 2), f64(1, 4, 3), f64(3, kernel, 2), f64(3), f64(2)];
      const [[left = NaN] = [], [right = NaN] = []] = await evaluate(both, specs, [x, y, w, [0, 0, 0], [0, 0]]);
      expect(left).toBeCloseTo(right, 10);
    },
  );

  it("convTranspose1d places a scaled kernel at every step", async () => {
    const fn = (x: Tensor, w: Tensor, b: Tensor): Tensor => g.convTranspose1d(x, w, b, { stride: 2 });
    expect(await evaluate(fn, [f32(1, 2, 1), f32(1, 3, 1), f32(1)], [[1, 10], [1, 2, 3], [0.5]])).toEqual([[1.5, 2.5, 13.5, 20.5, 30.5]]);
  });
});

test("groupNorm gives every group of channels mean 0 and deviation 1 over the sequence, then its gain and bias", async () => {
  const [x, weight, bias] = [normals(2 * 3 * 4, 1), [1, 2, 3, 4], [0, 0, 1, -1]];
  const [y = []] = await evaluate((p, w, b) => g.groupNorm(p, 2, { weight: w, bias: b }), [f32(2, 3, 4), f32(4), f32(4)], [x, weight, bias]);
  x.forEach((v, i) => {
    const [n, c] = [Math.floor(i / 12), i % 4];
    const group = x.filter((_, k) => Math.floor(k / 12) === n && Math.floor((k % 4) / 2) === Math.floor(c / 2));
    const mean = group.reduce((p, q) => p + q, 0) / group.length;
    const variance = group.reduce((p, q) => p + (q - mean) ** 2, 0) / group.length;
    expect(y[i]).toBeCloseTo(((v - mean) / Math.sqrt(variance + 1e-5)) * (weight[c] ?? NaN) + (bias[c] ?? NaN), 5);
  });
});

test("rmsNorm divides by the root mean square and scales", async () => {
  const [y = []] = await evaluate((x, w) => g.rmsNorm(x, w, 0), [f32(1, 2), f32(2)], [[3, 4], [1, 10]]);
  const root = Math.sqrt(12.5);
  expect(y[0]).toBeCloseTo(3 / root, 6);
  expect(y[1]).toBeCloseTo(40 / root, 5);
});

test("inverseDeviation is one over the deviation of each row", async () => {
  const [y = []] = await evaluate((x) => g.inverseDeviation(x, 0.75), [f32(1, 4)], [[1, 2, 3, 4]]);
  expect(y[0]).toBeCloseTo(1 / Math.sqrt(2), 6);
});
