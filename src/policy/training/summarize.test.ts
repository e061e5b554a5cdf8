/** @file Laws of what a set of rollouts is summed up to. */

import { expect, test } from "vitest";
import type { Rollout } from "./evaluate.ts";
import { summarize } from "./summarize.ts";
import { taskOf } from "./tasks.ts";

const [pushT, fork] = [taskOf("push-t"), taskOf("fork")];
const rolloutOf = (facts: Partial<Rollout>): Rollout => ({
  seed: 0,
  instruction: "",
  score: 0,
  success: false,
  collision: false,
  coverage: null,
  mode: null,
  failure: null,
  jerk: null,
  states: [],
  ...facts,
});

test("the summary is the mean score with its interval, and the shares above each coverage", () => {
  const rollouts = [0.8, 0.81, 0.92, 0.96].map((coverage, seed) =>
    rolloutOf({ seed, score: coverage / 2, coverage, success: coverage > 0.95 }),
  );
  const summary = summarize(rollouts, pushT);
  expect(summary).toMatchObject({ episodes: 4, success80: 0.75, success90: 0.5, success95: 0.25, successRate: 0.25 });
  expect(summary.meanScore).toBeCloseTo((0.8 + 0.81 + 0.92 + 0.96) / 8, 12);
  const [low, high] = summary.meanScoreInterval;
  expect(low >= 0.4 && low < summary.meanScore && summary.meanScore < high && high <= 0.48).toBe(true);
});

test("rollouts of several checkpoints over the same seeds are no more episodes than there are seeds, and leave the interval as wide", () => {
  const once = [0.1, 0.9, 0.4, 0.7, 0.2, 1].map((score, seed) => rolloutOf({ seed, score, coverage: score }));
  const { meanScore, ...single } = summarize(once, pushT);
  const thrice = summarize([...once, ...once, ...once], pushT);
  expect(thrice).toMatchObject({ episodes: 6, success80: single.success80 });
  expect(thrice.meanScore).toBeCloseTo(meanScore, 12);
  thrice.meanScoreInterval.forEach((end, i) => expect(end).toBeCloseTo(single.meanScoreInterval[i] ?? NaN, 12));
  // What differs between checkpoints averages out within a seed, and leaves no width.
  const opposite = once.map((rollout) => ({ ...rollout, score: 1 - rollout.score }));
  const [low, high] = summarize([...once, ...opposite], pushT).meanScoreInterval;
  expect([low, high].map((end) => end.toFixed(9))).toEqual(["0.500000000", "0.500000000"]);
});

test("of a task with several ways it tells the share of all episodes that took each, and their entropy among those that took one", () => {
  const rollouts = [
    ...Array.from({ length: 6 }, () => rolloutOf({ mode: 1, success: true })),
    ...Array.from({ length: 2 }, () => rolloutOf({ mode: 0, success: true })),
    rolloutOf({ mode: 0 }),
    rolloutOf({ collision: true }),
  ].map((rollout, seed) => ({ ...rollout, seed }));
  const summary = summarize(rollouts, fork);
  expect(summary).toMatchObject({ successRate: 0.8, collisionRate: 0.1, modes: ["left", "right"], modeShares: [0.3, 0.6] });
  expect(summary.modeEntropyBits).toBeCloseTo(Math.log2(3) - 2 / 3, 12);
  const stuck = summarize([rolloutOf({ collision: true })], fork);
  expect(stuck).toMatchObject({ modeShares: [0, 0], modeEntropyBits: 0, collisionRate: 1 });
});

test("what a task does not have is left out", () => {
  const ofPushT = summarize([rolloutOf({ coverage: 0.5 })], pushT);
  for (const key of ["modes", "modeShares", "modeEntropyBits", "collisionRate"]) expect(ofPushT).not.toHaveProperty(key);
  const ofFork = summarize([rolloutOf({ mode: 0 })], fork);
  for (const key of ["success80", "success90", "success95"]) expect(ofFork).not.toHaveProperty(key);
});

test("rollouts whose simulation broke down are counted, and left out where there are none", () => {
  const rollouts = [null, "unstable", null].map((failure, seed) => rolloutOf({ seed, failure, success: failure === null }));
  expect(summarize(rollouts, fork)).toMatchObject({ brokenSimulations: 1, successRate: 2 / 3 });
  expect(summarize(rollouts.slice(0, 1), fork)).not.toHaveProperty("brokenSimulations");
});

test("jerk is the mean over the episodes long enough to have one, with its unit", () => {
  const rollouts = [2, null, 4].map((jerk, seed) => rolloutOf({ seed, jerk, coverage: 0 }));
  expect(summarize(rollouts, fork)).toMatchObject({ jerk: 3, jerkUnit: "m/s³" });
  expect(summarize(rollouts, pushT).jerkUnit).toBe("px/s³");
  expect(summarize([rolloutOf({})], fork).jerk).toBeNull();
});
