/** @file Laws of the smoothness loss. */

import { describe, expect, test } from "vitest";
import { input, mul, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, goldenCase, goldenVectors, normals, relativeError, withGradients } from "#testing";
import { smoothnessLoss, type SmoothnessOptions } from "./smoothness.ts";

type Options = Omit<SmoothnessOptions, "isPad" | "previous" | "isPreviousPad">;
const lossOf = (options: Options) => (actions: Tensor, isPad: Tensor): Tensor => smoothnessLoss(actions, { ...options, isPad });

/** Loss of one chunk of one dimension. */
async function of(actions: readonly number[], options: Options, isPad: readonly number[] = actions.map(() => 0)): Promise<number> {
  const [[loss = NaN] = []] = await evaluate(lossOf(options), [f64(1, actions.length, 1), bool(1, actions.length)], [actions, isPad]);
  return loss;
}

describe("differences", () => {
  // t, t², t³ have first, second, third differences 1, 2, 6, and the next is 0.
  const powers = [1, 2, 3].map((power) => [0, 1, 2, 3, 4].map((t) => t ** power));

  test.each([
    ["velocity", 1, 1],
    ["acceleration", 1, 0],
    ["acceleration", 2, 4],
    ["jerk", 2, 0],
    ["jerk", 3, 36],
  ])("the %s of t to the power of %i costs %i", async (name, power, expected) => {
    expect(await of(powers[power - 1] ?? [], { [name]: 1 })).toBe(expected);
  });

  test("dividing by dt makes weights independent of the control rate", async () => {
    const [slow, fast] = [0.1, 0.05].map((dtS) => Array.from({ length: 6 }, (_, i) => 3 * (i * dtS) ** 3));
    for (const [actions, dtS] of [[slow, 0.1], [fast, 0.05]] as const) {
      expect(await of(actions ?? [], { jerk: 1, dtS })).toBeCloseTo(18 ** 2, 6); // d³(3t³)/dt³ = 18
    }
    expect(await of(powers[2] ?? [], { jerk: 1, dtS: 0.1 })).toBeCloseTo(36e6, 3);
  });

  test("terms are weighted and added", async () => {
    const [v, a, j] = [await of([0, 1, 3, 7], { velocity: 1 }), await of([0, 1, 3, 7], { acceleration: 1 }), await of([0, 1, 3, 7], { jerk: 1 })];
    expect(await of([0, 1, 3, 7], { velocity: 2, acceleration: 3, jerk: 5 })).toBeCloseTo(2 * v + 3 * a + 5 * j, 12);
  });

  test.each([[1], [2], [3]])("a chunk of %i steps adds nothing for differences that do not fit in it", async (length) => {
    const actions = [5, -3, 8].slice(0, length);
    const weights = { velocity: 1, acceleration: 1, jerk: 1 };
    const expected = [0, 64, (64 + 121) / 2 + 19 ** 2][length - 1];
    expect(await of(actions, weights)).toBe(expected);
    expect(await of([5], weights)).toBe(0);
  });

  test("without weights it is 0", async () => {
    expect(await of([0, 1, 5], {})).toBe(0);
  });
});

describe("what counts", () => {
  test("only differences whose steps are all valid, each order divided by its own count", async () => {
    expect(await of([0, 1, 3, 100], { velocity: 1 }, [0, 0, 0, 1])).toBe((1 + 4) / 2);
    expect(await of([0, 1, 3, 100], { acceleration: 1 }, [0, 0, 0, 1])).toBe(1);
    expect(await of([0, 1, 3, 100], { jerk: 1 }, [0, 0, 0, 1])).toBe(0);
    expect(await of([0, 100, 3, 5], { velocity: 1 }, [0, 1, 0, 0])).toBe(4);
  });

  test("padding may hold anything", async () => {
    const run = (dirt: number): Promise<number[][]> =>
      evaluate(withGradients(lossOf({ velocity: 1, acceleration: 1, jerk: 1 })), [f64(1, 5, 1), bool(1, 5)], [[0, 1, 3, -2, dirt], [0, 0, 0, 0, 1]]);
    const clean = await run(0);
    expect(clean[1]?.[4]).toBe(0);
    for (const dirt of [1e3, NaN, Infinity]) expect(await run(dirt)).toEqual(clean);
  });

  test("dimensions left out, such as a gripper, cost nothing and do not thin the mean", async () => {
    const actions = [0, 0, 1, NaN, 3, 1];
    const specs = [f64(1, 3, 2), bool(1, 3)];
    for (const reduction of ["mean", "sum-over-dims"] as const) {
      const [loss, gradient] = await evaluate(withGradients(lossOf({ velocity: 1, dims: [0], reduction })), specs, [actions, [0, 0, 0]]);
      expect(loss).toEqual([2.5]);
      expect([1, 3, 5].map((i) => gradient?.[i])).toEqual([0, 0, 0]);
    }
  });
});

describe("the previous action", () => {
  const withPrevious = (options: Options) => (actions: Tensor, isPad: Tensor, previous: Tensor, isPreviousPad: Tensor): Tensor =>
    smoothnessLoss(actions, { ...options, isPad, previous, isPreviousPad });
  const specs = [f64(1, 3, 1), bool(1, 3), f64(1, 1), bool(1)];

  test("is one more step in front", async () => {
    const weights = { velocity: 1, acceleration: 0.5, jerk: 0.25 };
    const [[loss = NaN] = []] = await evaluate(withPrevious(weights), specs, [[1, 3, 7], [0, 0, 0], [-5], [0]]);
    expect(loss).toBe(await of([-5, 1, 3, 7], weights));
  });

  test("does not count where the episode begins, whatever it holds", async () => {
    const [[loss = NaN] = []] = await evaluate(withPrevious({ velocity: 1 }), specs, [[1, 3, 7], [0, 0, 0], [NaN], [1]]);
    expect(loss).toBe(await of([1, 3, 7], { velocity: 1 }));
  });

  test("makes the seam of a chunk of one action cost", async () => {
    const single = (actions: Tensor, isPad: Tensor, previous: Tensor): Tensor => smoothnessLoss(actions, { velocity: 1, isPad, previous });
    expect(await evaluate(single, [f64(1, 1, 1), bool(1, 1), f64(1, 1)], [[3], [0], [1]])).toEqual([[4]]);
  });
});

const vectors = goldenVectors("loss_vectors/losses_regularizers");
const specs = [f64(2, 6, 3), bool(2, 6)];
const feeds = [vectors("a"), Array<number>(12).fill(0)];

test.each([
  ["vel_mean", { velocity: 1 }],
  ["acc_mean", { acceleration: 1 }],
  ["jerk_mean", { jerk: 1 }],
])("summed over dimensions, value and gradient are those of PyTorch: %s", async (name, weights) => {
  const [loss = [], gradient = []] = await evaluate(withGradients(lossOf({ ...weights, reduction: "sum-over-dims" })), specs, feeds);
  expect(relativeError(loss, vectors(`${name}.value`))).toBeLessThan(1e-10);
  expect(relativeError(gradient, vectors(`${name}.grads`))).toBeLessThan(1e-10);
});

test("the mean over dimensions too is A times smaller", async () => {
  const [loss = []] = await evaluate(lossOf({ velocity: 1 }), specs, feeds);
  expect(relativeError(loss.map((value) => 3 * value), vectors("vel_mean.value"))).toBeLessThan(1e-10);
});

test("jerk at 0.1 s is that of PyTorch", async () => {
  const [loss = []] = await evaluate(lossOf({ jerk: 1, dtS: 0.1, reduction: "sum-over-dims" }), specs, feeds);
  expect(relativeError(loss, vectors("jerk_dt0_1_units"))).toBeLessThan(1e-10);
});

test("a sum over batch and chunk grows with both; summed over a chunk ours is its mean over the batch", async () => {
  const summed = (actions: Tensor, isPad: Tensor): Tensor =>
    mul(lossOf({ velocity: 1, acceleration: 1, reduction: "sum-over-chunk" })(actions, isPad), 2);
  const [loss = [], gradient = []] = await evaluate(withGradients(summed), specs, feeds);
  expect(relativeError(loss, vectors("seed_sum_v1_a1.value"))).toBeLessThan(1e-10);
  expect(relativeError(gradient, vectors("seed_sum_v1_a1.grads"))).toBeLessThan(1e-10);
});

test("value and gradient are the golden ones, summed over a chunk", async () => {
  const golden = goldenCase("smoothness");
  const loss = lossOf({ velocity: 1, acceleration: 0.5, jerk: 0.25, reduction: "sum-over-chunk" });
  const [value = [], gradient = []] = await evaluate(withGradients(loss), [f64(3, 8, 7), bool(3, 8)], [golden("input.actions"), Array<number>(24).fill(0)]);
  expect(relativeError(value, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(gradient, golden("grad.actions"))).toBeLessThan(1e-10);
});

test("chunks with nothing to sum are not in the mean over chunks", async () => {
  const loss = lossOf({ velocity: 1, reduction: "sum-over-chunk" });
  const [value] = await evaluate(loss, [f32(2, 3, 1), bool(2, 3)], [[0, 1, 3, ...normals(3, 1)], [0, 0, 0, 0, 1, 1]]);
  expect(value).toEqual([5]);
});

const x = input("x", "f32", [2, 3, 4]);
const isPad = input("isPad", "bool", [2, 3]);
test.each([
  [() => smoothnessLoss(x, { isPad: input("p", "bool", [2, 4]) }), ShapeError, "smoothnessLoss: isPad is bool[2, 4], expected [2, 3]"],
  [() => smoothnessLoss(input("x", "f32", [2, 3]), { isPad }), ShapeError, "smoothnessLoss: values are f32[2, 3], expected [B, H, A]"],
  [() => smoothnessLoss(x, { isPad, previous: input("p", "f32", [2, 1, 4]) }), ShapeError, "smoothnessLoss: previous is f32[2, 1, 4], expected [2, 4]"],
  [() => smoothnessLoss(x, { isPad, previous: input("p", "f32", [2, 4]), isPreviousPad: isPad }), ShapeError, "smoothnessLoss: isPreviousPad is bool[2, 3], expected [2]"],
  [() => smoothnessLoss(x, { isPad, dims: [4] }), RangeError, "smoothnessLoss: dims are [4], expected one or more indices of 4 action dimensions"],
  [() => smoothnessLoss(x, { isPad, dtS: 0 }), RangeError, "smoothnessLoss: dtS is 0, expected seconds above 0"],
  [() => smoothnessLoss(x, { isPad, jerk: -1 }), RangeError, "smoothnessLoss: jerk is -1, expected a weight ≥ 0"],
])("what does not fit is named: %#", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});
