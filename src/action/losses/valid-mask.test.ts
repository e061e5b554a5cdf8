/** @file Laws of the mask of losses over values of any shape. */

import { expect, test } from "vitest";
import { input, ShapeError, where, type Tensor } from "#engine/graph";
import { bool, evaluate, f32 } from "#testing";
import { validMask } from "./valid-mask.ts";

const repeated = (isValid: Tensor): Tensor => validMask(isValid, [2, 3], "test");

test("without a mask everything counts", async () => {
  expect(await evaluate((x) => where(validMask(undefined, [2, 3], "test"), x, 0), [f32(2, 3)], [[1, 2, 3, 4, 5, 6]])).toEqual([[1, 2, 3, 4, 5, 6]]);
});

test.each([
  [bool(2, 1), [1, 0], [1, 1, 1, 0, 0, 0]],
  [bool(3), [1, 0, 1], [1, 0, 1, 1, 0, 1]],
  [bool(), [0], [0, 0, 0, 0, 0, 0]],
])("a mask is repeated as broadcasting says: %o", async (spec, values, expected) => {
  expect(await evaluate(repeated, [spec], [values])).toEqual([expected]);
});

test.each([
  [input("m", "bool", [2, 4]), "test: isValid: shapes [2, 4] and [2, 3] do not broadcast"],
  [input("m", "bool", [5, 2, 3]), "test: isValid is bool[5, 2, 3], expected what broadcasts to [2, 3]"],
  [input("m", "f32", [2, 3]), "test: isValid is f32[2, 3], expected dtype bool"],
])("a mask that does not fit is refused: %#", (mask, message) => {
  expect(() => validMask(mask, [2, 3], "test")).toThrow(ShapeError);
  expect(() => validMask(mask, [2, 3], "test")).toThrow(message);
});
