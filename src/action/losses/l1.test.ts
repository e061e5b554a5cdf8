/** @file Laws of the mean absolute error, and the three ways padding is treated in the wild. */

import { expect, test } from "vitest";
import type { Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenCase, goldenVectors, relativeError, withGradients } from "#testing";
import { l1Loss } from "./l1.ts";
import type { ChunkWeights } from "./weighted-mean.ts";

const vectors = goldenVectors("loss_vectors/losses_regression");
const [B, H, A] = [3, 4, 7] as const;
const none = Array<number>(B * H).fill(0);

/** Value and gradient with respect to the prediction. */
function run(weights: Omit<ChunkWeights, "isPad">, isPad: readonly number[]): Promise<number[][]> {
  const loss = (p: Tensor, t: Tensor, pad: Tensor): Tensor => l1Loss(p, t, { isPad: pad, ...weights });
  return evaluate(withGradients(loss), [f64(B, H, A), f64(B, H, A), bool(B, H)], [vectors("pred"), vectors("gt"), isPad]);
}

test("errors of 1 and -3 cost 2 on average, and an exact prediction has no gradient", async () => {
  const loss = (p: Tensor, t: Tensor, isPad: Tensor): Tensor => l1Loss(p, t, { isPad });
  const [value, slope] = await evaluate(withGradients(loss), [f64(1, 1, 3), f64(1, 1, 3), bool(1, 1)], [[1, 2, 7], [0, 5, 7], [0]]);
  expect(value?.[0]).toBeCloseTo(4 / 3, 12);
  expect(slope).toEqual([1 / 3, -1 / 3, 0]);
});

test.each([
  ["l1_mean", {}, none],
  ["l1_mask_normalized_lerobot", {}, vectors("is_pad")],
  ["l1_time_weighted_normalized", { timeWeights: vectors("time_weights") }, none],
] as const)("value and gradient are those of PyTorch: %s", async (name, weights, isPad) => {
  const [loss = [], gradient = []] = await run(weights, isPad);
  expect(relativeError(loss, vectors(`${name}.value`))).toBeLessThan(1e-10);
  expect(relativeError(gradient, vectors(`${name}.grads`))).toBeLessThan(1e-10);
});

test.each([
  ["ACT counts padded steps in the mean, so it is smaller by the share of valid steps", "l1_mask_ACT_original", {}, vectors("is_pad"), 9 / 12],
  ["time weights that are not divided out scale the loss by their sum", "l1_time_weighted_sum", { timeWeights: vectors("time_weights") }, none, 1 + 0.9 + 0.81 + 0.729],
] as const)("%s", async (_law, name, weights, isPad, factor) => {
  const [[loss = NaN] = [], gradient = []] = await run(weights, isPad);
  expect(relativeError([factor * loss], vectors(`${name}.value`))).toBeLessThan(1e-10);
  expect(relativeError(gradient.map((slope) => factor * slope), vectors(`${name}.grads`))).toBeLessThan(1e-10);
});

test("value and gradient are the golden ones", async () => {
  const golden = goldenCase("l1");
  const loss = (p: Tensor, t: Tensor, isPad: Tensor): Tensor => l1Loss(p, t, { isPad });
  const feeds = [golden("input.prediction"), golden("input.target"), Array<number>(24).fill(0)];
  const [value = [], gradient = []] = await evaluate(withGradients(loss), [f64(3, 8, 7), f64(3, 8, 7), bool(3, 8)], feeds);
  expect(relativeError(value, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(gradient, golden("grad.prediction"))).toBeLessThan(1e-10);
});
