/** @file Laws of finding the first tensor that went bad. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { add, div, exp, gradients, input, log, mul, scope, sqrt, sum, type Program } from "#engine/graph";
import { openSession } from "#engine/runtime/node";
import { firstNonFinite } from "./non-finite.ts";

const x = input("x", "f32", [2]);
/** log is bad below 0, and everything behind it. */
const logged = scope("first", () => log(x));
const program: Program = { name: "test", inputs: { x }, outputs: { y: scope("second", () => sum(exp(add(mul(logged, 2), 1)))) } };
const culprit = (of: Program, ...values: number[]): Promise<string> => firstNonFinite(of, { x: tensorFrom("f32", [2], values) }, openSession);

test("the first bad tensor is named with its layer, op and shape, not one that inherits from it", async () => {
  expect(await culprit(program, 1, -1)).toBe("first/log, f32[2]");
  expect(await culprit(program, 1, 0)).toBe("first/log, f32[2]");
});

test("what is bad only later is named there", async () => {
  expect(await culprit(program, 1, 1e30)).toBe("second/exp, f32[2]");
});

test("a bad input is named itself", async () => {
  expect(await culprit(program, 1, NaN)).toBe("the input x");
});

test("where the loss is good and its gradient bad, the gradient's op is named", async () => {
  const loss = sum(sqrt(x));
  const [slope = loss] = gradients(loss, [x]);
  const bad = await culprit({ name: "test", inputs: { x }, outputs: { loss, slope } }, 1, 0);
  expect(bad).toMatch(/, f32\[2\]$/);
  expect(bad).not.toContain("sqrt,");
});

test("what is finite on a second look is said to be", async () => {
  const good: Program = { name: "test", inputs: { x }, outputs: { y: div(x, 2) } };
  expect(await culprit(good, 1, 2)).toContain("every value is finite on a second run");
});
