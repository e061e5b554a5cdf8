/** @file What is observed of a state. */

import { expect, it } from "vitest";
import { observePushT, PUSH_T_OBSERVATION_SIZE } from "./observe.ts";

it("an upright T shows its corners at their places in the block's frame", () => {
  const out = new Float64Array(PUSH_T_OBSERVATION_SIZE + 1);
  observePushT([11, 12, 200, 100, 0], out, 1);
  expect([...out]).toEqual([
    0, 11, 12, 140, 100, 260, 100, 260, 130, 140, 130, 185, 130, 215, 130, 215, 220, 185, 220,
  ]);
});

it("a quarter turn takes body x to screen y and body y to negative screen x", () => {
  const out = new Float64Array(18);
  observePushT([0, 0, 200, 100, Math.PI / 2], out, 0);
  expect(out[2]).toBeCloseTo(200, 10);
  expect(out[3]).toBeCloseTo(40, 10);
  expect(out[14]).toBeCloseTo(80, 10);
  expect(out[15]).toBeCloseTo(115, 10);
});

it("an observation that does not fit is refused", () => {
  expect(() => observePushT([0, 0, 0, 0, 0], new Float32Array(20), 3)).toThrow("17 places");
  expect(() => observePushT([0, 0], new Float32Array(18), 0)).toThrow("2 state numbers");
});
