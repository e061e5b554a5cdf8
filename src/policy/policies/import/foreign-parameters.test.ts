/** @file Tests of reading foreign parameters: names, orders of axes, and what does not fit. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { parameter, zeros } from "#engine/nn";
import { importParameters, type PlaceOf } from "./foreign-parameters.ts";

const spec = (...shape: number[]) => parameter(shape, zeros, { decay: true, role: "trunk" });
const network = { conv: { weight: spec(2, 4, 3), bias: spec(2) } };
const placeOf: PlaceOf = ({ name, shape }) =>
  shape.length === 3 ? { name: "theirs.w", axes: [1, 2, 0] } : { name: name.replace("conv.", "theirs.") };

/** Entry [i, j, k] is 100·i + 10·j + k. */
const theirs = tensorFrom("f32", [3, 2, 4], Array.from({ length: 24 }, (_, n) => 100 * Math.floor(n / 8) + 10 * (Math.floor(n / 4) % 2) + (n % 4)));

test("tensors come under our names, their axes in our order", () => {
  const tensors = { "model.theirs.w": theirs, "model.theirs.bias": tensorFrom("f32", [2], [7, 8]), "other.left": theirs };
  const { "conv.weight": weight, "conv.bias": bias } = importParameters(tensors, network, placeOf, { prefix: "model.", who: "test" });
  // Ours is [a, b, c] = theirs[c, a, b].
  const expected = [0, 1].flatMap((a) => [0, 1, 2, 3].flatMap((b) => [0, 1, 2].map((c) => 100 * c + 10 * a + b)));
  expect(weight).toEqual(tensorFrom("f32", [2, 4, 3], expected));
  expect(bias).toEqual(tensorFrom("f32", [2], [7, 8]));
});

test("whatever is missing, left over, of another shape or dtype is named at once", () => {
  const tensors = { "theirs.w": tensorFrom("f64", [3, 2, 4], Array<number>(24).fill(0)), "theirs.more": theirs, skipped: theirs };
  const problems = "theirs.more is not in the network; theirs.w is f64[3, 2, 4], expected f32[3, 2, 4]; theirs.bias is missing";
  expect(() => importParameters(tensors, network, placeOf, { ignored: ["skipped"], who: "test" })).toThrow(
    new Error(`test: the weights are of another network: ${problems}`),
  );
});

test("several of ours can be the entries of one tensor there, and have to be all of it", () => {
  const taps = { taps: [spec(2, 4), spec(2, 4), spec(2, 4)] };
  const entryOf: PlaceOf = ({ name }) => ({ name: "theirs.w", axes: [1, 2], entry: { axis: 0, index: Number(name.at(-1)) } });
  const imported = importParameters({ "theirs.w": theirs }, taps, entryOf, { who: "test" });
  const expected = (k: number): number[] => [0, 1].flatMap((a) => [0, 1, 2, 3].map((b) => 100 * k + 10 * a + b));
  expect(imported).toEqual(Object.fromEntries([0, 1, 2].map((k) => [`taps.${k}`, tensorFrom("f32", [2, 4], expected(k))])));
  const fewer = { taps: taps.taps.slice(1) };
  expect(() => importParameters({ "theirs.w": theirs }, fewer, entryOf, { who: "test" })).toThrow(
    new Error("test: the weights are of another network: theirs.w is f32[3, 2, 4], expected f32[2, 2, 4]"),
  );
});
