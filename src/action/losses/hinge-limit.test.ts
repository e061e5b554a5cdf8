/** @file Laws of the quadratic hinge on limits, and of limits in general. */

import { expect, test } from "vitest";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenCase, goldenVectors, relativeError, withGradients } from "#testing";
import { hingeLimitLoss } from "./hinge-limit.ts";
import type { LimitOptions } from "./limit-margins.ts";

type Options = Omit<LimitOptions, "isPad">;
const lossOf = (options: Options) => (values: Tensor, isPad: Tensor): Tensor => hingeLimitLoss(values, { ...options, isPad });
const run = (values: readonly number[], options: Options, shape: readonly [number, number, number]): Promise<number[][]> =>
  evaluate(withGradients(lossOf(options)), [f64(...shape), bool(shape[0], shape[1])], [values, Array<number>(shape[0] * shape[1]).fill(0)]);

test("inside it costs nothing and has no gradient, at the limit too", async () => {
  const results = await run([-1, 0.5, 2], { lower: [-1], upper: [2] }, [1, 3, 1]);
  expect(results).toEqual([[0], [0, 0, 0]]);
});

test("outside it is the squared excess, reduced by name", async () => {
  const [limits, values] = [{ lower: [-1, -2], upper: [1, 2] }, [1.5, 0, -3, 4]]; // excess 0.5, 0; 2, 2
  for (const [reduction, expected] of [["mean", 8.25 / 4], ["sum-over-dims", 8.25 / 2], ["sum-over-chunk", 8.25]] as const) {
    expect((await run(values, { ...limits, reduction }, [1, 2, 2]))[0]).toEqual([expected]);
  }
  expect((await run(values, limits, [1, 2, 2]))[0]).toEqual([8.25 / 4]);
});

test("a dimension without limits costs nothing, holds anything, and is not in the mean", async () => {
  const [loss, gradient] = await run([3, NaN], { lower: [-1, -Infinity], upper: [1, Infinity] }, [1, 1, 2]);
  expect(loss).toEqual([4]);
  expect(gradient).toEqual([4, 0]);
});

test("one side may be open", async () => {
  expect((await run([-50, 3], { lower: [-Infinity], upper: [1] }, [1, 2, 1]))[0]).toEqual([2]);
});

test("value and gradient are those of PyTorch", async () => {
  const vectors = goldenVectors("loss_vectors/losses_regularizers");
  const limits = { lower: [-1, -1, -1], upper: [1, 1, 1], reduction: "sum-over-dims" } as const;
  const [loss = [], gradient = []] = await run(vectors("q"), limits, [2, 6, 3]);
  expect(relativeError(loss, vectors("hinge_sq_barrier.value"))).toBeLessThan(1e-10);
  expect(relativeError(gradient, vectors("hinge_sq_barrier.grads"))).toBeLessThan(1e-10);
});

test("value and gradient are the golden ones", async () => {
  const golden = goldenCase("barrier");
  const limits = { lower: golden("input.lower"), upper: golden("input.upper"), reduction: "sum-over-dims" } as const;
  const [loss = [], gradient = []] = await run(golden("input.actions"), limits, [3, 8, 7]);
  expect(relativeError(loss, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(gradient, golden("grad.actions"))).toBeLessThan(1e-10);
});

const x = input("x", "f32", [2, 3, 2]);
const isPad = input("isPad", "bool", [2, 3]);
test.each([
  [() => hingeLimitLoss(x, { isPad, lower: [0], upper: [1, 1] }), ShapeError, "hingeLimitLoss: lower has 1 limits, expected 2"],
  [() => hingeLimitLoss(x, { isPad, lower: [0, 1], upper: [1, 1] }), RangeError, "hingeLimitLoss: lower[1] is 1 and upper[1] is 1, expected lower < upper"],
  [() => hingeLimitLoss(x, { isPad, lower: [NaN, 0], upper: [1, 1] }), RangeError, "hingeLimitLoss: lower[0] is NaN and upper[0] is 1"],
  [() => hingeLimitLoss(x, { isPad, lower: [-Infinity, -Infinity], upper: [Infinity, Infinity] }), RangeError, "hingeLimitLoss: no limit is finite"],
  [() => hingeLimitLoss(x, { isPad: input("p", "bool", [2, 2]), lower: [0, 0], upper: [1, 1] }), ShapeError, "hingeLimitLoss: isPad is bool[2, 2], expected [2, 3]"],
])("what does not fit is named: %#", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});
