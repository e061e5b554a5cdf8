/** @file Laws of the weights of a chunk. */

import { expect, test } from "vitest";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, normals } from "#testing";
import { selectCounted, weightedMean, type ChunkWeights } from "./weighted-mean.ts";

const specs = [f32(2, 2, 2), bool(2, 2)];
const values = [1, 2, 3, 4, 5, 6, 7, 8];
type Weights = Omit<ChunkWeights, "isPad">;

async function mean(weights: Weights, isPad: readonly number[], x: readonly number[] = values): Promise<number> {
  const [[result = NaN] = []] = await evaluate((v, pad) => weightedMean(v, { isPad: pad, ...weights }), specs, [x, isPad]);
  return result;
}

test("every entry weighs the product of its step's and its dimension's weight", async () => {
  // Weights of a chunk: [[1·3, 1·1], [0.5·3, 0.5·1]]; they sum to 6, and the second chunk ends after one step.
  const expected = (3 * 1 + 1 * 2 + 1.5 * 3 + 0.5 * 4 + 3 * 5 + 1 * 6) / (6 + 4);
  expect(await mean({ timeWeights: [1, 0.5], dimWeights: [3, 1] }, [0, 0, 0, 1])).toBeCloseTo(expected, 6);
});

test("weights of one kind leave the other alike", async () => {
  expect(await mean({ timeWeights: [1, 3] }, [0, 0, 0, 0])).toBeCloseTo((1 + 2 + 5 + 6 + 3 * (3 + 4 + 7 + 8)) / 16, 6);
  expect(await mean({ dimWeights: [1, 3] }, [0, 0, 0, 0])).toBeCloseTo((1 + 3 + 5 + 7 + 3 * (2 + 4 + 6 + 8)) / 16, 6);
});

test("only ratios of weights matter, also far below 1", async () => {
  const once = await mean({ timeWeights: [1, 3], dimWeights: [2, 1] }, [0, 0, 0, 1]);
  expect(await mean({ timeWeights: [1e-4, 3e-4], dimWeights: [2e-4, 1e-4] }, [0, 0, 0, 1])).toBeCloseTo(once, 5);
});

test("equal weights are no weights", async () => {
  expect(await mean({ timeWeights: [2, 2], dimWeights: [3, 3] }, [0, 1, 0, 0])).toBeCloseTo(await mean({}, [0, 1, 0, 0]), 6);
});

test("a weight of 0 takes entries out, whatever they hold", async () => {
  const dirty = [1, NaN, 3, Infinity, 5, NaN, 7, NaN];
  expect(await mean({ dimWeights: [1, 0] }, [0, 0, 0, 0], dirty)).toBe(4);
  expect(await evaluate((v, isPad) => selectCounted(v, { isPad, dimWeights: [1, 0] }), specs, [dirty, [0, 0, 0, 1]])).toEqual([[1, 0, 3, 0, 5, 0, 0, 0]]);
});

test("if all that has weight is padded, the mean is 0", async () => {
  expect(await mean({ timeWeights: [1, 0] }, [1, 0, 1, 0])).toBe(0);
});

const chunk = (): Tensor => input("x", "f32", [2, 2, 2]);
const isPad = input("isPad", "bool", [2, 2]);
test.each([
  [() => weightedMean(input("x", "f32", [2, 2]), { isPad }), ShapeError, "weightedMean: values are f32[2, 2], expected [B, H, A]"],
  [() => weightedMean(chunk(), { isPad: input("p", "bool", [2, 3]) }), ShapeError, "weightedMean: isPad is bool[2, 3], expected [2, 2]"],
  [() => weightedMean(chunk(), { isPad: input("p", "f32", [2, 2]) }), ShapeError, "weightedMean: isPad is f32[2, 2], expected dtype bool"],
  [() => weightedMean(chunk(), { isPad, timeWeights: [1] }, "mseLoss"), ShapeError, "mseLoss: timeWeights are 1 numbers, expected 2"],
  [() => weightedMean(chunk(), { isPad, dimWeights: [1, 2, 3] }), ShapeError, "weightedMean: dimWeights are 3 numbers, expected 2"],
  [() => weightedMean(chunk(), { isPad, timeWeights: [1, -1] }), RangeError, "weightedMean: timeWeights are [1, -1], expected finite numbers ≥ 0"],
  [() => weightedMean(chunk(), { isPad, dimWeights: [1, NaN] }), RangeError, "weightedMean: dimWeights are [1, NaN]"],
  [() => weightedMean(chunk(), { isPad, dimWeights: [0, 0] }), RangeError, "at least one of them above 0"],
])("what does not fit is named, with what was expected: %#", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});

test("in float32 the mean of many values stays near that of float64", async () => {
  const many = normals(64 * 50 * 14, 4).map((value) => value + 1);
  const expected = many.reduce((total, value, i) => total + value * (1 + (i % 14)), 0) / (64 * 50 * 105);
  const weights = Array.from({ length: 14 }, (_, a) => 1 + a);
  const [[result = NaN] = []] = await evaluate((v, isPad) => weightedMean(v, { isPad, dimWeights: weights }), [f32(64, 50, 14), bool(64, 50)], [many, Array<number>(3200).fill(0)]);
  expect(Math.abs(result - expected)).toBeLessThan(1e-5);
});
