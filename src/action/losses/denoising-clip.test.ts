/** @file Laws of the constants per denoising step. */

import { expect, test } from "vitest";
import { goldenVectors, relativeError } from "#testing";
import { denoisingClips, denoisingDiscounts } from "./denoising-clip.ts";

test("clip ranges and discounts equal DPPO's", () => {
  const golden = goldenVectors("loss_vectors/losses_rl");
  expect(relativeError([...denoisingClips(10)], golden("dppo_clip_schedule.clip"))).toBeLessThan(1e-12);
  expect(relativeError([...denoisingDiscounts(10)], golden("dppo_clip_schedule.discount"))).toBeLessThan(1e-12);
});

test("clip ranges run from the first to the last, and one step has the last", () => {
  const clips = denoisingClips(5, { first: 0.01, last: 0.1, rate: 2 });
  expect(clips[0]).toBeCloseTo(0.01, 15);
  expect(clips[4]).toBeCloseTo(0.1, 15);
  expect([...denoisingClips(1)]).toEqual([0.01]);
  expect([...denoisingDiscounts(1)]).toEqual([1]);
});

test.each([
  [() => denoisingClips(0), "denoisingClips: steps is 0, expected a whole number of at least 1"],
  [() => denoisingClips(5, { first: 0.1, last: 0.01 }), "denoisingClips: from 0.1 to 0.01, expected 0 < first ≤ last < 1"],
  [() => denoisingClips(5, { rate: 0 }), "denoisingClips: rate is 0, expected a number above 0"],
  [() => denoisingDiscounts(2.5), "denoisingDiscounts: steps is 2.5"],
  [() => denoisingDiscounts(5, 0), "denoisingDiscounts: discount is 0, expected a number in (0, 1]"],
])("numbers outside their range are refused: %#", (run, message) => {
  expect(run).toThrow(RangeError);
  expect(run).toThrow(message);
});
