/** @file Laws of shares as percent. */

import { expect, test } from "vitest";
import { percent, percents } from "./percent.ts";

test.each([
  [0, "0 %"], [1, "100 %"], [0.5, "50 %"], [0.994, "99 %"], [0.996, "99.6 %"], [0.004, "0.4 %"], [0.9999, "> 99.9 %"], [0.0001, "< 0.1 %"],
])("%f reads %s", (share, text) => {
  expect(percent(share)).toBe(text);
});

test("shares that stand side by side have the same number of decimals", () => {
  expect(percents([0.9975, 0.0025])).toEqual(["99.8 %", "0.3 %"]);
  expect(percents([0.995, 0.005])).toEqual(["99.5 %", "0.5 %"]);
  expect(percents([0.5, 1, 0.25])).toEqual(["50 %", "100 %", "25 %"]);
});
