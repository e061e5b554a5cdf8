/** @file Laws of the Huber loss. */

import { expect, test } from "vitest";
import { input, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenCase, goldenVectors, relativeError, withGradients } from "#testing";
import { huberLoss } from "./huber.ts";

const vectors = goldenVectors("loss_vectors/losses_regression");
const lossOf = (delta?: number) => (p: Tensor, t: Tensor, isPad: Tensor): Tensor => huberLoss(p, t, delta === undefined ? { isPad } : { isPad, delta });

test("errors are squared up to δ and grow linearly beyond, with slope δ even at infinity", async () => {
  const [errors, delta] = [[0, 0.25, -0.5, 2, -Infinity], 0.5];
  const single = (p: Tensor, t: Tensor, isPad: Tensor): Tensor => lossOf(delta)(p, t, isPad);
  for (const error of errors) {
    const [value, slope] = await evaluate(withGradients(single), [f64(1, 1, 1), f64(1, 1, 1), bool(1, 1)], [[error], [0], [0]]);
    const inside = Math.abs(error) <= delta;
    expect(value?.[0]).toBe(inside ? error ** 2 / 2 : delta * (Math.abs(error) - delta / 2));
    expect(slope?.[0]).toBe(inside ? error : delta * Math.sign(error));
  }
});

test.each([
  ["huber_delta0_25", 0.25],
  ["huber_delta1", 1],
  ["smooth_l1_beta1", undefined],
])("value and gradient are those of PyTorch: %s", async (name, delta) => {
  const feeds = [vectors("pred"), vectors("gt"), Array<number>(12).fill(0)];
  const [loss = [], gradient = []] = await evaluate(withGradients(lossOf(delta)), [f64(3, 4, 7), f64(3, 4, 7), bool(3, 4)], feeds);
  expect(relativeError(loss, vectors(`${name}.value`))).toBeLessThan(1e-10);
  expect(relativeError(gradient, vectors(`${name}.grads`))).toBeLessThan(1e-10);
});

test("value and gradient are the golden ones at δ = 0.7", async () => {
  const golden = goldenCase("huber");
  const feeds = [golden("input.prediction"), golden("input.target"), Array<number>(24).fill(0)];
  const [value = [], gradient = []] = await evaluate(withGradients(lossOf(0.7)), [f64(3, 8, 7), f64(3, 8, 7), bool(3, 8)], feeds);
  expect(relativeError(value, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(gradient, golden("grad.prediction"))).toBeLessThan(1e-10);
});

test.each([0, -1, NaN, Infinity])("δ = %d is refused", (delta) => {
  const [p, isPad] = [input("p", "f32", [1, 1, 1]), input("isPad", "bool", [1, 1])];
  expect(() => huberLoss(p, p, { isPad, delta })).toThrow(new RangeError(`huberLoss: delta is ${delta}, expected a number above 0`));
});
