/** @file Laws of co-training sums: each term by its own count. */

import { expect, test } from "vitest";
import { gradients, input, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, gradientError, normals } from "#testing";
import { coTrainingLoss } from "./co-training.ts";

// Text: 2 examples of 3 tokens; actions: 2 chunks of 2 steps, of which only some examples are robot data.
const specs = [f64(2, 3), bool(2, 3), f64(2, 2), bool(2, 1)];
const lossOf = (weight: number) => (text: Tensor, isToken: Tensor, actions: Tensor, isRobot: Tensor): Tensor =>
  coTrainingLoss({ text: { values: text, isValid: isToken }, actions: { values: actions, isValid: isRobot, weight } }).loss;
const withSlopes = (text: Tensor, isToken: Tensor, actions: Tensor, isRobot: Tensor): Tensor[] => {
  const loss = lossOf(10)(text, isToken, actions, isRobot);
  return [loss, ...gradients(loss, [text, actions])];
};

test("each term is divided by its own count, then weighted", async () => {
  const [loss] = await evaluate(lossOf(10), specs, [[1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 0, 0], [1, 2, 30, 40], [0, 1]]);
  expect(loss?.[0]).toBeCloseTo((1 + 2 + 4) / 3 + 10 * ((30 + 40) / 2), 12);
});

test("means before weights and counts are reported", async () => {
  const metricsOf = (text: Tensor, isToken: Tensor, actions: Tensor, isRobot: Tensor): Tensor[] => {
    const { metrics } = coTrainingLoss({ text: { values: text, isValid: isToken }, actions: { values: actions, isValid: isRobot, weight: 10 } });
    expect(Object.keys(metrics)).toEqual(["text", "textCount", "actions", "actionsCount"]);
    return Object.values(metrics);
  };
  expect(await evaluate(metricsOf, specs, [[1, 2, 3, 4, 5, 6], [1, 1, 0, 0, 0, 0], [1, 2, 30, 40], [0, 1]])).toEqual([[1.5], [2], [35], [2]]);
});

test("a batch without robot data has an action term and gradient of exactly 0, whatever stands there", async () => {
  const text = normals(6, 1);
  const [loss, byText, byActions] = await evaluate(withSlopes, specs, [text, [1, 1, 1, 1, 1, 1], [NaN, 1, Infinity, 2], [0, 0]]);
  expect(loss?.[0]).toBeCloseTo(text.reduce((a, b) => a + b, 0) / 6, 12);
  expect(byText?.every((value) => Math.abs(value - 1 / 6) < 1e-15)).toBe(true);
  expect(byActions).toEqual([0, 0, 0, 0]);
});

test("a batch in which nothing counts costs 0", async () => {
  const results = await evaluate(withSlopes, specs, [normals(6, 1), Array<number>(6).fill(0), normals(4, 2), [0, 0]]);
  expect(results.flat().every((value) => value === 0)).toBe(true);
});

test("the share of robot data does not set its weight", async () => {
  const text = normals(6, 1);
  const rows = (isRobot: number[]): Promise<number[][]> => evaluate(lossOf(1), specs, [text, [1, 1, 1, 1, 1, 1], [5, 5, 5, 5], isRobot]);
  expect((await rows([1, 0]))[0]?.[0]).toBeCloseTo((await rows([1, 1]))[0]?.[0] ?? NaN, 12);
});

test("the gradient matches central differences", async () => {
  expect(await gradientError(lossOf(10), specs, [normals(6, 1), [1, 1, 0, 1, 0, 0], normals(4, 2), [0, 1]])).toBeLessThan(1e-8);
});

test("what cannot be is refused", () => {
  const values = input("x", "f32", [2, 3]);
  const term = { values, isValid: input("m", "bool", [2, 3]) };
  const wrong = { text: term, actions: { values, isValid: input("n", "bool", [3, 1]) } };
  expect(() => coTrainingLoss(wrong)).toThrow(ShapeError);
  expect(() => coTrainingLoss(wrong)).toThrow("coTrainingLoss: actions");
  expect(() => coTrainingLoss({})).toThrow("coTrainingLoss: there is no term, expected at least one");
  expect(() => coTrainingLoss({ text: { ...term, weight: -1 } })).toThrow("coTrainingLoss: the weight of text is -1, expected a finite number ≥ 0");
  expect(() => coTrainingLoss({ text: term, textCount: term })).toThrow("coTrainingLoss: two metrics are named textCount; rename a term");
});
