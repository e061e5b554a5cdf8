/** @file Laws of token accuracy. */

import { expect, test } from "vitest";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, i64 } from "#testing";
import { tokenAccuracy } from "./token-accuracy.ts";

const logits = [0, 2, 1, 5, 5, 0, -1, -2, -3, 0, 0, 9];
const target = [1, 0, 2, 2];

test("it is the share of tokens whose largest logit is the target's, the first of equal ones", async () => {
  expect(await evaluate((x, ids) => tokenAccuracy(x, ids), [f32(2, 2, 3), i64(2, 2)], [logits, target])).toEqual([[0.75]]);
});

test("tokens that do not count are left out, and nothing to count is 0", async () => {
  const accuracy = (x: Tensor, ids: Tensor, isValid: Tensor): Tensor => tokenAccuracy(x, ids, isValid);
  const specs = [f32(2, 2, 3), i64(2, 2), bool(2, 1)];
  expect(await evaluate(accuracy, specs, [logits, target, [0, 1]])).toEqual([[0.5]]);
  expect(await evaluate(accuracy, specs, [logits, target, [0, 0]])).toEqual([[0]]);
});

test("a target of another shape is named", () => {
  expect(() => tokenAccuracy(input("x", "f32", [2, 3]), input("ids", "i64", [3]))).toThrow(
    new ShapeError("tokenAccuracy: target is i64[3], expected [2] for logits f32[2, 3]"),
  );
});
