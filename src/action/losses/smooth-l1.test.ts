/** @file Laws of the smooth L1 loss. */

import { expect, test } from "vitest";
import { input, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenVectors, relativeError, withGradients } from "#testing";
import { huberLoss } from "./huber.ts";
import { l1Loss } from "./l1.ts";
import { smoothL1Loss } from "./smooth-l1.ts";

const vectors = goldenVectors("loss_vectors/losses_regression");
const specs = [f64(3, 4, 7), f64(3, 4, 7), bool(3, 4)];
const feeds = [vectors("pred"), vectors("gt"), vectors("is_pad")];
const lossOf = (beta?: number) => (p: Tensor, t: Tensor, isPad: Tensor): Tensor => smoothL1Loss(p, t, beta === undefined ? { isPad } : { isPad, beta });

test("errors below β are squared, those above cost their size less half of β", async () => {
  const [value, slope] = await evaluate(withGradients(lossOf(0.5)), [f64(1, 1, 2), f64(1, 1, 2), bool(1, 1)], [[0.25, -2], [0, 0], [0]]);
  expect(value).toEqual([(0.25 ** 2 / 2 / 0.5 + (2 - 0.25)) / 2]);
  expect(slope).toEqual([0.5 / 2, -1 / 2]);
});

test.each([
  ["smooth_l1_beta1", undefined],
  ["smooth_l1_beta0_25", 0.25],
])("value and gradient are those of PyTorch: %s", async (name, beta) => {
  const [loss = [], gradient = []] = await evaluate(withGradients(lossOf(beta)), specs, [vectors("pred"), vectors("gt"), Array<number>(12).fill(0)]);
  expect(relativeError(loss, vectors(`${name}.value`))).toBeLessThan(1e-10);
  expect(relativeError(gradient, vectors(`${name}.grads`))).toBeLessThan(1e-10);
});

test("it is Huber's loss divided by β, which differs from Huber's everywhere but at 1", async () => {
  const [smooth = []] = await evaluate(lossOf(0.25), specs, feeds);
  const [huber = []] = await evaluate((p, t, isPad) => huberLoss(p, t, { isPad, delta: 0.25 }), specs, feeds);
  expect(relativeError(smooth, huber.map((value) => value / 0.25))).toBeLessThan(1e-12);
});

test("with a small β it is L1", async () => {
  const [smooth = []] = await evaluate(lossOf(1e-9), specs, feeds);
  const [absolute = []] = await evaluate((p, t, isPad) => l1Loss(p, t, { isPad }), specs, feeds);
  expect(relativeError(smooth, absolute)).toBeLessThan(1e-8);
});

test("β = 0 is refused", () => {
  const [p, isPad] = [input("p", "f32", [1, 1, 1]), input("isPad", "bool", [1, 1])];
  expect(() => smoothL1Loss(p, p, { isPad, beta: 0 })).toThrow(new RangeError("smoothL1Loss: beta is 0, expected a number above 0"));
});
