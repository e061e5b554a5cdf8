/** @file Tests of guidance weights. */

import { expect, test } from "vitest";
import { guidanceWeights, type GuidanceSchedule } from "./guidance-weights.ts";

const of = (schedule: GuidanceSchedule): number[] => guidanceWeights({ horizon: 10, delay: 2, overlap: 6, schedule }).map((value) => Number(value.toFixed(8)));

test("they are LeRobot's", () => {
  expect(of("linear")).toEqual([1, 1, 0.8, 0.6, 0.4, 0.2, 0, 0, 0, 0]);
  expect(of("exponential")).toEqual([1, 1, 0.57058902, 0.2870724, 0.11449221, 0.02577025, 0, 0, 0, 0]);
  expect(of("ones")).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
  expect(of("zeros")).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("a delay longer than what is left of the old chunk keeps all that is left", () => {
  expect(guidanceWeights({ horizon: 4, delay: 3, overlap: 2 })).toEqual([1, 1, 0, 0]);
});

test("sizes that cannot be are refused", () => {
  expect(() => guidanceWeights({ horizon: 4, delay: 1, overlap: 5 })).toThrow("guidanceWeights: the overlap is 5 steps, expected at most the chunk's 4");
  expect(() => guidanceWeights({ horizon: 4, delay: 1.5, overlap: 2 })).toThrow("guidanceWeights: delay is 1.5");
});
