/** @file Laws of the masked mean. */

import { expect, test } from "vitest";
import { gradients, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, gradientError, normals } from "#testing";
import { maskedMean } from "./masked-mean.ts";

const specs = [f32(2, 3), bool(2, 3)];
const mean = (values: Tensor, isValid: Tensor): Tensor => maskedMean(values, isValid);

test("only entries whose mask is true are averaged", async () => {
  const [result] = await evaluate(mean, specs, [[1, 2, 3, 4, 5, 6], [1, 0, 0, 1, 0, 1]]);
  expect(result).toEqual([11 / 3].map(Math.fround));
});

test("the mean over nothing is 0", async () => {
  const [result] = await evaluate(mean, specs, [[1, 2, NaN, 4, 5, 6], [0, 0, 0, 0, 0, 0]]);
  expect(result).toEqual([0]);
});

test("a mask with an axis of 1 counts once for every entry it covers", async () => {
  const [result] = await evaluate(mean, [f32(2, 3), bool(2, 1)], [[1, 2, 3, 40, 50, 60], [1, 0]]);
  expect(result).toEqual([2]);
});

test("NaN and infinity behind the mask reach neither the mean nor its gradient", async () => {
  const both = (values: Tensor, isValid: Tensor): Tensor[] => {
    const result = maskedMean(values, isValid);
    return [result, ...gradients(result, [values])];
  };
  const [result, gradient] = await evaluate(both, specs, [[1, NaN, 3, Infinity, -Infinity, 8], [1, 0, 1, 0, 0, 1]]);
  expect(result).toEqual([4]);
  expect(gradient).toEqual([1, 0, 1, 0, 0, 1].map((kept) => Math.fround(kept / 3)));
});

test("the gradient matches central differences", async () => {
  const values = [normals(6, 1), [1, 0, 1, 1, 0, 0]];
  expect(await gradientError(mean, [f64(2, 3), bool(2, 3)], values)).toBeLessThan(1e-8);
});
