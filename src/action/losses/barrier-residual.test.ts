/** @file Laws of the discrete control barrier residual. */

import { expect, test } from "vitest";
import { input, reshape, ShapeError, square, sub, sum, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenVectors, normals, relativeError, withGradients } from "#testing";
import { barrierResidual, barrierResidualOf, type BarrierOptions } from "./barrier-residual.ts";
import { hingeLimitLoss } from "./hinge-limit.ts";

type Options = Omit<BarrierOptions, "isPad">;
const ofSafety = (options: Options) => (h: Tensor, isPad: Tensor): Tensor => barrierResidualOf(h, { ...options, isPad });
const none = (count: number): number[] => Array<number>(count).fill(0);

async function residual(h: readonly number[], alpha: number, isPad: readonly number[] = none(h.length)): Promise<number> {
  const [[loss = NaN] = []] = await evaluate(ofSafety({ alpha }), [f64(1, h.length, 1), bool(1, h.length)], [h, isPad]);
  return loss;
}

test("a margin that shrinks by exactly α per step costs nothing, one that shrinks faster costs the square of what it lacks", async () => {
  expect(await residual([1, 0.5, 0.25], 0.5)).toBe(0);
  expect(await residual([1, 0.25, 0.25], 0.5)).toBe(0.25 ** 2 / 2);
  expect(await residual([1, 5, 9], 0.5)).toBe(0);
});

test("a trajectory that costs nothing and starts inside stays inside", async () => {
  for (const h of [[0.3, 0.2, 0.1, -0.01], [0, -1e-3, 0, 0]]) expect(await residual(h, 0.9)).toBeGreaterThan(0);
});

test("with α = 1 it is the quadratic hinge of every step but the first", async () => {
  const [values, isPad] = [normals(10, 1).map((x) => 2 * x), none(5)];
  const limits = { lower: [-1, -0.5], upper: [1, Infinity] };
  const cbf = (x: Tensor, pad: Tensor): Tensor => barrierResidual(x, { ...limits, isPad: pad, alpha: 1 });
  const hinge = (x: Tensor, pad: Tensor): Tensor => hingeLimitLoss(x, { ...limits, isPad: pad });
  const [[first = NaN] = []] = await evaluate(cbf, [f64(1, 5, 2), bool(1, 5)], [values, isPad]);
  const [[second = NaN] = []] = await evaluate(hinge, [f64(1, 5, 2), bool(1, 5)], [values, [1, 0, 0, 0, 0]]);
  expect(first).toBeGreaterThan(0);
  expect(first).toBeCloseTo(second, 12);
});

test("box limits are two margins per dimension", async () => {
  const box = (x: Tensor, isPad: Tensor): Tensor => barrierResidual(x, { lower: [-1], upper: [3], isPad, alpha: 0.5 });
  // Margins above: 3, 1, 0; below: 1, 3, 4. Of the first, half may go: the residuals are 0.5 and 0.5.
  expect(await evaluate(box, [f64(1, 3, 1), bool(1, 3)], [[0, 2, 3], none(3)])).toEqual([[0.25]]);
});

test("only steps that are valid with their next count, and padding may hold anything", async () => {
  expect(await residual([1, 0, NaN], 0.5, [0, 0, 1])).toBe(0.25);
  expect(await residual([1, NaN, 0], 0.5, [0, 1, 0])).toBe(0);
  const [, gradient] = await evaluate(withGradients(ofSafety({ alpha: 0.5 })), [f64(1, 3, 1), bool(1, 3)], [[1, 0, NaN], [0, 0, 1]]);
  expect(gradient).toEqual([0.5, -1, 0]);
});

test("a chunk of one step costs nothing, unless the action before is known", async () => {
  expect(await residual([-5], 0.5)).toBe(0);
  const alone = (x: Tensor, isPad: Tensor): Tensor => barrierResidual(x, { lower: [-Infinity], upper: [4], isPad, alpha: 0.5 });
  const after = (x: Tensor, isPad: Tensor, previous: Tensor): Tensor => barrierResidual(x, { lower: [-Infinity], upper: [4], isPad, alpha: 0.5, previous });
  expect(await evaluate(alone, [f64(1, 1, 1), bool(1, 1)], [[3], [0]])).toEqual([[0]]);
  expect(await evaluate(after, [f64(1, 1, 1), bool(1, 1), f64(1, 1)], [[3], [0], [0]])).toEqual([[1]]);
});

test("value and gradient are those of PyTorch for h = 1 - ‖q‖², α = 0.2", async () => {
  const vectors = goldenVectors("loss_vectors/losses_regularizers");
  const ball = (q: Tensor, isPad: Tensor): Tensor =>
    barrierResidualOf(reshape(sub(1, sum(square(q), -1)), [2, 6, 1]), { isPad, alpha: 0.2 });
  const [loss = [], gradient = []] = await evaluate(withGradients(ball), [f64(2, 6, 3), bool(2, 6)], [vectors("q"), none(12)]);
  expect(relativeError(loss, vectors("discrete_cbf_alpha0_2.value"))).toBeLessThan(1e-10);
  expect(relativeError(gradient, vectors("discrete_cbf_alpha0_2.grads"))).toBeLessThan(1e-10);
});

const x = input("x", "f32", [2, 3, 1]);
const isPad = input("isPad", "bool", [2, 3]);
test.each([
  [() => barrierResidual(x, { lower: [0], upper: [1], isPad, alpha: 0 }), RangeError, "barrierResidual: alpha is 0, expected a number in (0, 1]"],
  [() => barrierResidualOf(x, { isPad, alpha: 1.5 }), RangeError, "barrierResidualOf: alpha is 1.5, expected a number in (0, 1]"],
  [() => barrierResidual(x, { lower: [0, 0], upper: [1], isPad, alpha: 1 }), ShapeError, "barrierResidual: lower has 2 limits, expected 1"],
  [() => barrierResidualOf(input("h", "f32", [2, 3]), { isPad, alpha: 1 }), ShapeError, "barrierResidualOf: values are f32[2, 3], expected [B, H, A]"],
])("what does not fit is named: %#", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});
