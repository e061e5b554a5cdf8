/** @file Laws of durations on the command line. */

import { expect, test } from "vitest";
import { UsageError } from "./command.ts";
import { parseDuration } from "./duration.ts";

test.each([
  ["90s", 90],
  ["3m", 180],
  ["1.5h", 5400],
  [" 2m ", 120],
])("%s is %d seconds", (text, seconds) => {
  expect(parseDuration("--budget", text)).toBe(seconds);
});

test.each(["", "3", "0s", "-1m", "3 days", "m", "1e3s", "3mm"])("%j is refused with what was expected", (text) => {
  expect(() => parseDuration("--budget", text)).toThrow(
    new UsageError(`--budget: got "${text}", expected a time above 0 such as 90s, 3m or 1h`),
  );
});
