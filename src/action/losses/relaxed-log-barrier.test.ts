/** @file Laws of the relaxed logarithmic barrier. */

import { expect, test } from "vitest";
import { input, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, goldenVectors, relativeError, withGradients } from "#testing";
import { relaxedLogBarrier, type RelaxedLogBarrierOptions } from "./relaxed-log-barrier.ts";

type Options = Omit<RelaxedLogBarrierOptions, "isPad">;
const lossOf = (options: Options) => (values: Tensor, isPad: Tensor): Tensor => relaxedLogBarrier(values, { ...options, isPad });
/** Value and slope at one point, with an upper limit of 0 only: the margin is -x. */
async function at(x: number, delta: number): Promise<readonly [value: number, slope: number]> {
  const loss = lossOf({ lower: [-Infinity], upper: [0], delta });
  const [[value = NaN] = [], [slope = NaN] = []] = await evaluate(withGradients(loss), [f64(1, 1, 1), bool(1, 1)], [[x], [0]]);
  return [value, slope];
}

test("margins above δ cost minus their logarithm", async () => {
  const [value, slope] = await at(-0.5, 0.1);
  expect(value).toBeCloseTo(-Math.log(0.5), 12);
  expect(slope).toBeCloseTo(1 / 0.5, 12);
});

test("value and slope are continuous at δ", async () => {
  const [inside, outside] = [await at(-0.1 - 1e-9, 0.1), await at(-0.1 + 1e-9, 0.1)];
  expect(inside[0]).toBeCloseTo(outside[0], 6);
  expect(inside[1]).toBeCloseTo(outside[1], 6);
});

test("at the limit and far beyond it stays finite and keeps pushing back", async () => {
  const [atLimit, outside] = [await at(0, 0.1), await at(100, 0.1)];
  expect(atLimit[0]).toBeCloseTo(1.5 - Math.log(0.1), 12); // ½·(4 - 1) - ln δ
  expect(outside[1]).toBeGreaterThan(atLimit[1]);
  expect(outside.every(Number.isFinite)).toBe(true);
});

test("between two limits it is least in the middle", async () => {
  const loss = lossOf({ lower: [-1], upper: [3], delta: 0.05 });
  const [, slopes = []] = await evaluate(withGradients(loss), [f64(1, 3, 1), bool(1, 3)], [[0.9, 1, 1.1], [0, 0, 0]]);
  expect(slopes[0]).toBeLessThan(0);
  expect(slopes[1]).toBeCloseTo(0, 12);
  expect(slopes[2]).toBeGreaterThan(0);
});

test("limits that are not there cost nothing even where δ is above 1", async () => {
  const loss = lossOf({ lower: [-Infinity, -1], upper: [Infinity, Infinity], delta: 5 });
  const [value, gradient] = await evaluate(withGradients(loss), [f32(1, 1, 2), bool(1, 1)], [[NaN, 9], [0]]);
  expect(value?.[0]).toBeCloseTo(-Math.log(10), 6);
  expect(gradient?.[0]).toBe(0);
});

test("value and gradient are those of PyTorch at μ = 0.05, δ = 0.1", async () => {
  const vectors = goldenVectors("loss_vectors/losses_regularizers");
  const loss = lossOf({ lower: [-1, -1, -1], upper: [1, 1, 1], delta: 0.1, mu: 0.05, reduction: "sum-over-dims" });
  const [value = [], gradient = []] = await evaluate(withGradients(loss), [f64(2, 6, 3), bool(2, 6)], [vectors("q"), Array<number>(12).fill(0)]);
  expect(relativeError(value, vectors("relaxed_log_barrier_mu0_05_delta0_1.value"))).toBeLessThan(1e-10);
  expect(relativeError(gradient, vectors("relaxed_log_barrier_mu0_05_delta0_1.grads"))).toBeLessThan(1e-10);
});

test.each([[{ delta: 0 }, "delta is 0"], [{ delta: 1, mu: -1 }, "mu is -1"]])("%j is refused", (options, message) => {
  const [x, isPad] = [input("x", "f32", [1, 1, 1]), input("isPad", "bool", [1, 1])];
  expect(() => relaxedLogBarrier(x, { isPad, lower: [0], upper: [1], ...options })).toThrow(
    new RangeError(`relaxedLogBarrier: ${message}, expected a number above 0`),
  );
});
