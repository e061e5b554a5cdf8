/** @file Laws of drawing from a categorical distribution inside a graph. */

import { expect, test } from "vitest";
import { evaluate, f32, normals } from "#testing";
import { assertTemperature, chooseIndex, drawIndex, uniformsOf } from "./draw-index.ts";

const draw = async (logits: readonly number[], z: readonly number[]): Promise<number[]> => {
  const rows = z.flatMap(() => logits);
  const [drawn = []] = await evaluate((l, n) => drawIndex(l, uniformsOf(n)), [f32(z.length, logits.length), f32(z.length)], [rows, z]);
  return drawn;
};

test("an index is drawn as often as the softmax says", async () => {
  const weights = [0.5, 0.2, 0, 0.3];
  const drawn = await draw(weights.map((weight) => Math.log(weight + 1e-30)), normals(20_000, 1));
  const shareOf = (i: number): number => drawn.filter((index) => index === i).length / drawn.length;
  weights.forEach((weight, i) => expect(Math.abs(shareOf(i) - weight)).toBeLessThan(0.012));
});

test("it rises with z: the quantile at Φ(z)", async () => {
  const four = [0, 0, 0, 0];
  // Φ(-1) = 0.159, Φ(-0.1) = 0.46, Φ(0.1) = 0.54, Φ(1) = 0.841
  expect(await draw(four, [-1, -0.1, 0.1, 1])).toEqual([0, 1, 2, 3]);
});

test.each([-40, -6, 0, 6, 40])("an index without probability is not drawn at z = %f, at either end or between", async (z) => {
  const never = -1e9;
  const [first] = await draw([never, never, 2, never, 1, never, never], [z]);
  expect([2, 4]).toContain(first);
});

test("thousands of indices sum up without losing the last", async () => {
  const [low, high] = await draw(Array<number>(4096).fill(0), [-40, 40]);
  expect(low).toBe(0);
  expect(high).toBeGreaterThan(4090);
});

test("without a draw it is the most likely index, of equal ones the first", async () => {
  const [chosen] = await evaluate((logits) => chooseIndex(logits, null), [f32(2, 3)], [[1, 3, 2, 3, 3, 2]]);
  expect(chosen).toEqual([1, 0]);
});

test("a temperature of ½ squares the odds", async () => {
  const z = normals(20_000, 3);
  const rows = z.flatMap(() => [Math.log(0.8), Math.log(0.2)]);
  const [drawn = []] = await evaluate((l, n) => chooseIndex(l, uniformsOf(n), 0.5), [f32(z.length, 2), f32(z.length)], [rows, z]);
  const share = drawn.filter((index) => index === 0).length / drawn.length;
  expect(Math.abs(share - 0.64 / 0.68)).toBeLessThan(0.012);
});

test.each([0, -1, NaN, Infinity])("a temperature of %f is refused by name", (temperature) => {
  expect(() => assertTemperature(temperature, "someHead")).toThrow(`someHead: temperature is ${temperature}, expected a number above 0`);
});
