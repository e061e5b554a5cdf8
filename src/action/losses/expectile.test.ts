/** @file Laws of expectile regression. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { constant, gradients, input, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenVectors, gradientError, normals, relativeError } from "#testing";
import { expectileLoss } from "./expectile.ts";

const golden = goldenVectors("loss_vectors/losses_rl");
const withSlope = (expectile: number) => (value: Tensor, target: Tensor, isValid?: Tensor): Tensor[] => {
  const loss = expectileLoss({ value, target, isValid }, expectile);
  return [loss, ...gradients(loss, [value])];
};

test("value and gradient equal the golden ones of IQL at 0.7", async () => {
  const [loss = [], slope = []] = await evaluate(withSlope(0.7), [f64(10), f64(10)], [golden("iql.v"), golden("iql.q")]);
  expect(relativeError(loss, golden("iql.expectile_0_7.value"))).toBeLessThan(1e-10);
  expect(relativeError(slope, golden("iql.expectile_0_7.grads"))).toBeLessThan(1e-10);
});

test("a target above the value weighs ξ, one below weighs 1 - ξ", async () => {
  const [above] = await evaluate(withSlope(0.9), [f64(1), f64(1)], [[1], [3]]);
  const [below] = await evaluate(withSlope(0.9), [f64(1), f64(1)], [[3], [1]]);
  expect(above?.[0]).toBeCloseTo(0.9 * 4, 12);
  expect(below?.[0]).toBeCloseTo(0.1 * 4, 12);
});

test("at ½ it is half the mean squared error", async () => {
  const [loss] = await evaluate(withSlope(0.5), [f64(2), f64(2)], [[0, 0], [1, -3]]);
  expect(loss).toEqual([(0.5 * (1 + 9)) / 2]);
});

test("samples that do not count change nothing, whatever they hold, and a batch of them costs 0", async () => {
  const specs = [f64(3), f64(3), bool(3)];
  const [a, b] = [normals(3, 1), normals(3, 2)];
  const clean = await evaluate(withSlope(0.7), specs, [a, b, [1, 0, 1]]);
  for (const dirt of [NaN, Infinity]) expect(await evaluate(withSlope(0.7), specs, [a.with(1, dirt), b.with(1, -dirt), [1, 0, 1]])).toEqual(clean);
  expect((await evaluate(withSlope(0.7), specs, [a, b, [0, 0, 0]])).flat().every((value) => value === 0)).toBe(true);
});

test("the gradient matches central differences, and none reaches the target", async () => {
  const target = constant(tensorFrom("f64", [5], normals(5, 2)));
  const loss = (value: Tensor, isValid: Tensor): Tensor => expectileLoss({ value, target, isValid }, 0.8);
  expect(await gradientError(loss, [f64(5), bool(5)], [normals(5, 1), [1, 1, 0, 1, 1]])).toBeLessThan(1e-8);
  const towardsTarget = (value: Tensor, q: Tensor): Tensor[] => gradients(expectileLoss({ value, target: q }, 0.8), [q]);
  expect(await evaluate(towardsTarget, [f64(2), f64(2)], [[0, 1], [1, 0]])).toEqual([[0, 0]]);
});

test("what cannot be is refused", () => {
  const x = input("x", "f32", [4]);
  for (const expectile of [0, 1, NaN]) {
    expect(() => expectileLoss({ value: x, target: x }, expectile)).toThrow(`expectileLoss: expectile is ${expectile}, expected a number in (0, 1)`);
  }
  expect(() => expectileLoss({ value: x, target: input("q", "f32", [1]) }, 0.7)).toThrow("expectileLoss: target is f32[1], expected [4]");
});
