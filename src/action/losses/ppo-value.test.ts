/** @file Laws of the value term. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { constant, gradients, input, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenVectors, gradientError, relativeError } from "#testing";
import { ppoValueLoss } from "./ppo-value.ts";

const golden = goldenVectors("loss_vectors/losses_rl");
const feeds = [golden("ppo.value_new"), golden("ppo.returns"), golden("ppo.value_old")];
const triple = [f64(10), f64(10), f64(10)];
const withSlope = (clipTo?: number) => (value: Tensor, returns: Tensor, oldValue: Tensor): Tensor[] => {
  const loss = ppoValueLoss({ value, returns, oldValue }, clipTo);
  return [loss, ...gradients(loss, [value])];
};

// CleanRL's form has a factor ½.
test("half of it equals the golden value loss, clipped with its gradient and not clipped", async () => {
  const [plain = []] = await evaluate(withSlope(), triple, feeds);
  expect(relativeError(plain.map((value) => value / 2), golden("ppo.value_loss"))).toBeLessThan(1e-10);
  const [clipped = [], slope = []] = await evaluate(withSlope(0.2), triple, feeds);
  expect(relativeError(clipped.map((value) => value / 2), golden("ppo.value_loss_clipped.value"))).toBeLessThan(1e-10);
  expect(relativeError(slope.map((value) => value / 2), golden("ppo.value_loss_clipped.grads"))).toBeLessThan(1e-10);
});

test("a clipped value that has moved far towards its target still costs its distance, without gradient", async () => {
  // From 0 towards 2, now at 1: the clipped value 0.2 is 1.8 away.
  const [loss, slope] = await evaluate(withSlope(0.2), [f64(1), f64(1), f64(1)], [[1], [2], [0]]);
  expect(loss?.[0]).toBeCloseTo(1.8 ** 2, 12);
  expect(slope).toEqual([0]);
});

test.each([undefined, 0.2])("no gradient reaches returns or old values, and derivatives match central differences, clip %s", async (clipTo) => {
  const slopes = (value: Tensor, returns: Tensor, oldValue: Tensor): Tensor[] =>
    gradients(ppoValueLoss({ value, returns, oldValue }, clipTo), [returns, oldValue]);
  expect((await evaluate(slopes, triple, feeds)).flat().every((value) => value === 0)).toBe(true);

  const [returns, oldValue] = [feeds[1] ?? [], feeds[2] ?? []].map((values) => constant(tensorFrom("f64", [10], values)));
  if (returns === undefined) throw new Error("a constant");
  const loss = (value: Tensor, isValid: Tensor): Tensor => ppoValueLoss({ value, returns, oldValue, isValid }, clipTo);
  expect(await gradientError(loss, [f64(10), bool(10)], [feeds[0] ?? [], [1, 1, 0, 1, 1, 1, 0, 1, 1, 1]])).toBeLessThan(1e-8);
});

test("what cannot be is refused", () => {
  const x = input("x", "f32", [4]);
  expect(() => ppoValueLoss({ value: x, returns: input("r", "f32", [4, 1]) })).toThrow("ppoValueLoss: returns is f32[4, 1], expected [4]");
  expect(() => ppoValueLoss({ value: x, returns: x }, 0.2)).toThrow("ppoValueLoss: the value clip is 0.2, but there is no oldValue to clip to");
  expect(() => ppoValueLoss({ value: x, returns: x, oldValue: x }, 0)).toThrow("ppoValueLoss: the value clip is 0, expected a number above 0");
});
