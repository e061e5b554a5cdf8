/** @file Tests of shapes: broadcasting follows NumPy, and every refusal says who, what was got and what was expected. */

import { describe, expect, it, test } from "vitest";
import { evaluate, f32, normals } from "#testing";
import * as g from "./index.ts";
import { broadcastAxes, broadcastShapes, normalizeAxes, normalizeAxis, reduceShape } from "./shape.ts";
import type { Dtype } from "#engine/array";

const t = (dtype: Dtype, ...shape: number[]): g.Tensor => g.input("t", dtype, shape);
const x = t("f32", 2, 3);

describe("broadcastShapes", () => {
  it.each([
    [[2, 3], [2, 3], [2, 3]],
    [[2, 3], [3], [2, 3]],
    [[2, 1], [1, 3], [2, 3]],
    [[], [4, 5], [4, 5]],
    [[4, 1, 6], [5, 1], [4, 5, 6]],
    [[0, 3], [1, 3], [0, 3]],
  ])("of %j and %j is %j, in either order", (a, b, shape) => {
    expect(broadcastShapes(a, b, "test")).toEqual(shape);
    expect(broadcastShapes(b, a, "test")).toEqual(shape);
  });

  it("refuses extents that differ and are not 1", () => {
    expect(() => broadcastShapes([2, 3], [2], "add")).toThrow(new g.ShapeError("add: shapes [2, 3] and [2] do not broadcast"));
  });
});

test("broadcastAxes are the new axes and the stretched ones", () => {
  expect(broadcastAxes([3, 1], [2, 3, 4])).toEqual([0, 2]);
  expect(broadcastAxes([1], [1])).toEqual([]);
  expect(broadcastAxes([], [2, 2])).toEqual([0, 1]);
  expect(broadcastAxes([1], [1, 1])).toEqual([0]);
});

test("axes count from either end, once each, in order", () => {
  expect(normalizeAxis(-1, 3, "sum")).toBe(2);
  expect(normalizeAxes([-1, 0, 2], 3, "sum")).toEqual([0, 2]);
  expect(() => normalizeAxis(3, 3, "sum")).toThrow("sum: axis 3 is outside a tensor of rank 3");
  expect(() => normalizeAxis(0.5, 3, "sum")).toThrow("axis 0.5");
});

test("reduced axes go, or stay as 1", () => {
  expect(reduceShape([2, 3, 4], [0, 2], false)).toEqual([3]);
  expect(reduceShape([2, 3, 4], [0, 2], true)).toEqual([1, 3, 1]);
});

describe("values and gradients of a broadcast", () => {
  it("are those of the operand repeated by hand", async () => {
    const [a, b] = [normals(6, 1), normals(3, 2)];
    const loss = (p: g.Tensor, q: g.Tensor): g.Tensor[] => {
      const y = g.mul(p, q);
      return [y, ...g.gradients(g.sum(g.mul(y, y)), [p, q])];
    };
    const small = await evaluate(loss, [f32(2, 3), f32(3)], [a, b]);
    const large = await evaluate(loss, [f32(2, 3), f32(2, 3)], [a, [...b, ...b]]);
    expect(small[0]).toEqual(large[0]);
    expect(small[1]).toEqual(large[1]);
    [0, 1, 2].forEach((i) => expect(small[2]?.[i]).toBeCloseTo((large[2]?.[i] ?? NaN) + (large[2]?.[i + 3] ?? NaN), 5));
  });

  it("are the same whether the repetition is written out or not", async () => {
    const run = (repeat: (t: g.Tensor) => g.Tensor): Promise<number[][]> =>
      evaluate((p, q) => {
        const y = g.sub(g.exp(p), repeat(q));
        return [y, ...g.gradients(g.sum(g.mul(y, y)), [p, q])];
      }, [f32(2, 3), f32(1, 3)], [normals(6, 3), normals(3, 4)]);
    const [implicit, explicit] = [await run((q) => q), await run((q) => g.broadcastTo(q, [2, 3]))];
    implicit.flat().forEach((v, i) => expect(v).toBeCloseTo(explicit.flat()[i] ?? NaN, 5));
  });
});

const affine = (width: number): g.Affine => ({ weight: t("f32", width), bias: t("f32", width) });

/** One line each: who, what was got, what was expected. */
const refusals: readonly (readonly [string, () => unknown])[] = [
  ["add: shapes [2, 3] and [4] do not broadcast", () => g.add(x, t("f32", 4))],
  ["mul: dtypes differ, got f32[2, 3] and f64[2, 3]", () => g.mul(x, t("f64", 2, 3))],
  ["sub: at least one operand must be a tensor, got two numbers", () => g.sub(1, 2)],
  ["div: expected numbers, got bool[2] and bool[2]", () => g.div(t("bool", 2), t("bool", 2))],
  ["exp: expected f32 or f64, got i64[2]", () => g.exp(t("i64", 2))],
  ["softplus: expected f32 or f64, got bool[]", () => g.softplus(t("bool"))],
  ["clip: expected low ≤ high, got 1 and 0", () => g.clip(x, 1, 0)],
  ["clip: expected low ≤ high, got NaN and 0", () => g.clip(x, NaN, 0)],
  ["sum: axis 2 is outside a tensor of rank 2", () => g.sum(x, 2)],
  ["sum: expected f32 or f64, got bool[4]", () => g.sum(t("bool", 4))],
  ["softmax: axis -3 is outside a tensor of rank 2", () => g.softmax(x, -3)],
  ["logSoftmax: axis -1 is outside a tensor of rank 0", () => g.logSoftmax(t("f32"))],
  ["max: axis 5 is outside a tensor of rank 2", () => g.max(x, 5)],
  ["logSumExp: axis 2 is outside a tensor of rank 2", () => g.logSumExp(x, 2)],
  ["reshape: f32[2, 3] does not fit [4, -1]", () => g.reshape(x, [4, -1])],
  ["reshape: f32[2, 3] does not fit [-1, -1]", () => g.reshape(x, [-1, -1])],
  ["reshape: f32[2, 3] does not fit [7]", () => g.reshape(x, [7])],
  ["transpose: [0, 0] does not permute the axes of f32[2, 3]", () => g.transpose(x, [0, 0])],
  ["broadcastTo: f32[2, 3] does not broadcast to [3]", () => g.broadcastTo(x, [3])],
  ["broadcastTo: shapes [2, 3] and [4, 3] do not broadcast", () => g.broadcastTo(x, [4, 3])],
  ["slice: range 1:4:1 does not lie in axis 1 of f32[2, 3]", () => g.slice(x, 1, 1, 4)],
  ["slice: range 2:2:1 does not lie in axis 1 of f32[2, 3]", () => g.slice(x, 1, 2, 2)],
  ["pad: expected counts ≥ 0, got -1 before and 0 after", () => g.pad(x, 0, -1, 0)],
  ["concat: needs at least one tensor, got none", () => g.concat([], 0)],
  ["concat: f32[2, 4] does not join f32[2, 3] along axis 0", () => g.concat([x, t("f32", 2, 4)], 0)],
  ["concat: i64[2, 3] does not join f32[2, 3] along axis 1", () => g.concat([x, t("i64", 2, 3)], 1)],
  ["gemm: f32[2, 3] and f32[4, 5] do not multiply, b transposed", () => g.gemm(x, t("f32", 4, 5), { transB: true })],
  ["gemmBias: bias is f32[3], expected f32[4]", () => g.gemmBias(x, t("f32", 3, 4), t("f32", 3))],
  ["matmul: f32[2, 3] and f32[2, 3] do not multiply", () => g.matmul(x, x)],
  ["gather: ids is f32[2], expected dtype i64", () => g.gather(x, t("f32", 2))],
  ["gather: table is f32[], expected rows", () => g.gather(t("f32"), t("i64", 2))],
  ["scatterAdd: values are f32[2, 3], expected one row per id of i64[3]", () => g.scatterAdd(t("i64", 3), x, 4)],
  ["where: condition is f32[2, 3], expected dtype bool", () => g.where(x, x, 0)],
  ["where: shapes [4] and [2, 3] do not broadcast", () => g.where(t("bool", 4), x, 0)],
  ["not: x is f32[2, 3], expected dtype bool", () => g.not(x)],
  ["logicalAnd: b is f32[2, 3], expected dtype bool", () => g.logicalAnd(t("bool", 2, 3), x)],
  ["unfold: f32[2, 3] holds no window of kernel 3, stride 1, padding 0", () => g.unfold(x, { kernel: 3 })],
  ["unfold: f32[1, 2, 3] holds no window of kernel 5, stride 1, padding 1", () => g.unfold(t("f32", 1, 2, 3), { kernel: 5, padding: 1 })],
  ["unfold: f32[1, 4, 3] holds no window of kernel 2, stride 0, padding 0", () => g.unfold(t("f32", 1, 4, 3), { kernel: 2, stride: 0 })],
  ["fold: f32[1, 4, 3] does not hold the windows of a sequence of 9", () => g.fold(t("f32", 1, 4, 3), 9, { kernel: 3 })],
  ["conv1d: x is f32[2, 3], expected [B, L, C]", () => g.conv1d(x, t("f32", 4, 3, 3), t("f32", 4))],
  ["conv1d: weight is f32[4, 3, 5], expected [4, 3, 6]", () => g.conv1d(t("f32", 1, 8, 6), t("f32", 4, 3, 5), t("f32", 4))],
  ["conv1d: bias is f32[3], expected [4]", () => g.conv1d(t("f32", 1, 8, 6), t("f32", 4, 3, 6), t("f32", 3))],
  ["convTranspose1d: weight is f32[4, 3, 5], expected [6, 3, 5]", () => g.convTranspose1d(t("f32", 1, 8, 6), t("f32", 4, 3, 5), t("f32", 5))],
  ["convTranspose1d: bias is f32[1], expected [5]", () => g.convTranspose1d(t("f32", 1, 8, 6), t("f32", 6, 3, 5), t("f32", 1))],
  ["layerNorm: weight is f32[4], expected [3]", () => g.layerNorm(x, affine(4))],
  ["layerNorm: bias is f32[1], expected [3]", () => g.layerNorm(x, { weight: t("f32", 3), bias: t("f32", 1) })],
  ["rmsNorm: weight is f32[2], expected [3]", () => g.rmsNorm(x, t("f32", 2))],
  ["groupNorm: x is f32[1, 4, 6], expected [B, L, C] with C a multiple of 4", () => g.groupNorm(t("f32", 1, 4, 6), 4, affine(6))],
  ["standardize: expected f32 or f64, got i64[3]", () => g.standardize(t("i64", 3))],
];

describe("a refusal names who, what was got and what was expected", () => {
  it.each(refusals)("%s", (message, build) => {
    expect(build).toThrow(new g.ShapeError(message));
  });
});
