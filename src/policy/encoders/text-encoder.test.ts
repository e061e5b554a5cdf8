/** @file Tests of the text encoder: ids on the host, and what padding, order and emptiness do. */

import { describe, expect, it, test } from "vitest";
import { toNumbers } from "#engine/array";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { namedParameters, parameterInputs } from "#engine/nn";
import { evaluate, fixedParameters, gradientError, i64, normals, normalValues, parameterTypes, withParameters } from "#testing";
import { textEncoder, textIds } from "./text-encoder.ts";

describe("textIds", () => {
  it("are the bytes of UTF-8 plus 1, and 0 behind the text", () => {
    const ids = textIds(["ab", "é", ""], 3);
    expect(ids.shape).toEqual([3, 3]);
    expect(toNumbers(ids)).toEqual([98, 99, 0, 0xc3 + 1, 0xa9 + 1, 0, 0, 0, 0]);
  });

  it("refuse a text that is too long instead of cutting it", () => {
    const message = 'textIds: text 1, "ééé", has 6 bytes, expected at most 5: shorten it or encode more tokens';
    expect(() => textIds(["short", "ééé"], 5)).toThrow(new RangeError(message));
    expect(() => textIds(["x".repeat(65)], 64)).toThrow(`"${"x".repeat(40)}…", has 65 bytes`);
  });
});

async function featuresOf(texts: readonly string[], tokens: number, changed: (name: string) => number[] | null = () => null): Promise<number[][]> {
  const encoder = textEncoder({ tokens, width: 8, features: 4 });
  const values = normalValues(0.5);
  const params = fixedParameters(encoder.parameters, (name, size) => changed(name) ?? values(name, size));
  const [y = []] = await evaluate((ids) => encoder.encode(params, ids as Tensor), [i64(texts.length, tokens)], [toNumbers(textIds(texts, tokens))]);
  return texts.map((_, i) => y.slice(4 * i, 4 * i + 4));
}

test("padding changes nothing: neither its vector nor the vectors of places behind the text are read", async () => {
  const [usual = []] = await featuresOf(["lift"], 6);
  const vectors = Array.from({ length: 257 * 8 }, (_, i) => normalValues(0.5)("embedding", 257 * 8)[i < 8 ? -1 : i] ?? 1000);
  const places = normalValues(0.5)("positions", 6 * 8).map((value, i) => (i < 4 * 8 ? value : -1000));
  const [other = []] = await featuresOf(["lift"], 6, (name) => ({ embedding: vectors, positions: places })[name] ?? null);
  expect(other).toEqual(usual);
  const [wrong = []] = await featuresOf(["lifts"], 6, (name) => ({ embedding: vectors, positions: places })[name] ?? null);
  expect(wrong).not.toEqual(usual);
});

test("other texts in the batch change nothing", async () => {
  const [alone = []] = await featuresOf(["stack"], 8);
  const [, second = []] = await featuresOf(["reach it", "stack", ""], 8);
  second.forEach((value, i) => expect(value).toBeCloseTo(alone[i] ?? NaN, 5));
});

test("the order of words counts", async () => {
  const [a = [], b = []] = await featuresOf(["red on tan", "tan on red"], 10);
  expect(Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN))))).toBeGreaterThan(1e-3);
});

test("an empty text has features that are numbers", async () => {
  const [empty = []] = await featuresOf([""], 4);
  expect(empty.every(Number.isFinite)).toBe(true);
});

test("the gradient is that of central differences", async () => {
  const encoder = textEncoder({ tokens: 3, width: 2, features: 2 });
  const fn = withParameters(encoder.parameters, (p, ids) => encoder.encode(p, ids as Tensor));
  const values = namedParameters(encoder.parameters).map(({ shape }, i) => normals(shape.reduce((a, b) => a * b, 1), i));
  const specs = [...parameterTypes(encoder.parameters, "f64"), i64(2, 3)];
  expect(await gradientError(fn, specs, [...values, [3, 256, 3, 7, 0, 0]])).toBeLessThan(1e-6);
});

test("it says how long its features are and how many tokens it takes, and every parameter is the encoder's", () => {
  const encoder = textEncoder();
  expect([encoder.condSize, encoder.tokens]).toEqual([64, 64]);
  expect(new Set(namedParameters(encoder.parameters).map(({ role }) => role))).toEqual(new Set(["encoder"]));
});

test("ids of another length or dtype are refused", () => {
  const encoder = textEncoder({ tokens: 6 });
  const params = parameterInputs(encoder.parameters);
  expect(() => encoder.encode(params, input("ids", "i64", [2, 5]))).toThrow(new ShapeError("textEncoder: ids are i64[2, 5], expected [B, 6]"));
  expect(() => encoder.encode(params, input("ids", "f32", [2, 6]))).toThrow(new ShapeError("textEncoder: ids is f32[2, 6], expected dtype i64"));
});
