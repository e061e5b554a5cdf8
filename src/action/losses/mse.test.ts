/** @file Laws of the mean squared error. */

import { expect, test } from "vitest";
import { input, mul, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenCase, goldenVectors, relativeError, withGradients } from "#testing";
import { mseLoss } from "./mse.ts";
import type { ChunkWeights } from "./weighted-mean.ts";

const vectors = goldenVectors("loss_vectors/losses_regression");
const [B, H, A] = [3, 4, 7] as const;
const none = Array<number>(B * H).fill(0);

/** Value and gradient with respect to the prediction. */
function run(weights: Omit<ChunkWeights, "isPad">, isPad: readonly number[]): Promise<number[][]> {
  const loss = (p: Tensor, t: Tensor, pad: Tensor): Tensor => mseLoss(p, t, { isPad: pad, ...weights });
  return evaluate(withGradients(loss), [f64(B, H, A), f64(B, H, A), bool(B, H)], [vectors("pred"), vectors("gt"), isPad]);
}

test("errors of 1 and 3 cost 5 on average", async () => {
  const [loss] = await evaluate((p, t, isPad) => mseLoss(p, t, { isPad }), [f64(1, 1, 2), f64(1, 1, 2), bool(1, 1)], [[1, 2], [0, 5], [0]]);
  expect(loss).toEqual([5]);
});

test.each([
  ["mse_mean", {}, none],
  ["mse_mask_octo", {}, vectors("is_pad")],
  ["mse_weighted_dims_normalized", { dimWeights: vectors("dim_weights") }, none],
] as const)("value and gradient are those of PyTorch: %s", async (name, weights, isPad) => {
  const [loss = [], gradient = []] = await run(weights, isPad);
  expect(relativeError(loss, vectors(`${name}.value`))).toBeLessThan(1e-10);
  expect(relativeError(gradient, vectors(`${name}.grads`))).toBeLessThan(1e-10);
});

test("summing over the dimensions instead is A times as large", async () => {
  const [[loss = NaN] = [], gradient = []] = await run({}, none);
  expect(relativeError([A * loss], vectors("mse_sum_over_dims.value"))).toBeLessThan(1e-10);
  expect(relativeError(gradient.map((slope) => A * slope), vectors("mse_sum_over_dims.grads"))).toBeLessThan(1e-10);
});

test.each(["mse", "mse_masked_weighted"])("value and gradient are the golden ones: %s", async (name) => {
  const golden = goldenCase(name);
  const isWeighted = name !== "mse";
  const isPad = isWeighted ? golden("input.mask").map((valid) => 1 - valid) : Array<number>(24).fill(0);
  const weights = isWeighted ? { timeWeights: golden("input.time_weights"), dimWeights: golden("input.dimension_weights") } : {};
  const loss = (p: Tensor, t: Tensor, pad: Tensor): Tensor => mseLoss(p, t, { isPad: pad, ...weights });
  const chunk = f64(3, 8, 7);
  const [value = [], gradient = []] = await evaluate(withGradients(loss), [chunk, chunk, bool(3, 8)], [golden("input.prediction"), golden("input.target"), isPad]);
  expect(relativeError(value, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(gradient, golden("grad.prediction"))).toBeLessThan(1e-10);
});

test("prediction and target of different shape or dtype are refused", () => {
  const [p, isPad] = [input("p", "f32", [2, 3, 2]), input("isPad", "bool", [2, 3])];
  expect(() => mseLoss(p, input("t", "f32", [2, 3, 1]), { isPad })).toThrow(new ShapeError("mseLoss: target is f32[2, 3, 1], expected [2, 3, 2]"));
  expect(() => mseLoss(p, mul(input("t", "f64", [2, 3, 2]), 1), { isPad })).toThrow(new ShapeError("mseLoss: target is f64[2, 3, 2], expected dtype f32"));
});
