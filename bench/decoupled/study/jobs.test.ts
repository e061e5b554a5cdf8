import { expect, test } from "vitest";
import { missingJobs, resultsOf } from "./jobs.ts";
import { studyRuns } from "./plan.ts";
import { studyPreset } from "./presets.ts";
import { secondsLeft, spelled, trainingOf, tryingOf } from "./time-left.ts";
import { runFingerprint } from "./work.ts";
import { failureOf, resultFor } from "./test-results.ts";

const runs = studyRuns(studyPreset("smoke"));
const nothing = { results: [], has: () => false };

test("at first everything is missing, each piece once and behind what it needs", () => {
  const jobs = missingJobs(runs, nothing);
  expect(jobs.filter(({ kind }) => kind === "run")).toHaveLength(runs.length);
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  for (const [i, { needs }] of jobs.entries()) expect(needs.every((id) => jobs.slice(0, i).some((job) => job.id === id))).toBe(true);
});

test("the repository's own dataset is not made", () => {
  expect(missingJobs(runs, nothing).flatMap((job) => (job.kind === "demonstrations" ? [job.demonstrations.task] : [])).toSorted()).toEqual(["lift", "pick-place"]);
});

test("when all runs have results nothing is missing, though heads and demonstrations are gone", () => {
  expect(missingJobs(runs, { ...nothing, results: runs.map((run) => resultFor(run)) })).toEqual([]);
});

test("a head that is there is not trained again, nor its demonstrations made for it", () => {
  const [run] = runs.filter(({ head }) => head?.config.data.join() === "pick-place");
  if (run === undefined) throw new Error("the smoke study has no head from pick-place");
  const whole = missingJobs([run], nothing).map(({ kind }) => kind);
  expect(whole).toEqual(["demonstrations", "demonstrations", "head", "run"]);
  expect(missingJobs([run], { ...nothing, has: (id) => id.startsWith("heads/") }).map(({ kind }) => kind)).toEqual(["demonstrations", "run"]);
});

test("a run that failed is tried again, and one whose numbers changed is another run", () => {
  const [run] = runs;
  if (run === undefined) throw new Error("the smoke study is empty");
  const missing = (results: Parameters<typeof resultsOf>[1]): number => missingJobs([run], { ...nothing, results }).filter(({ kind }) => kind === "run").length;
  expect(missing([resultFor(run)])).toBe(0);
  expect(missing([failureOf(run)])).toBe(1);
  const other = { ...run, config: { ...run.config, steps: run.config.steps + 1 } };
  expect(missing([resultFor(other)])).toBe(1);
  expect(resultsOf([run], [resultFor(other)])).toEqual([]);
  expect(resultsOf([run], [resultFor(run)]).map(({ fingerprint }) => fingerprint)).toEqual([runFingerprint(run)]);
});

test("the time left is that of what was measured, over all workers; what was not is as fast as its kind", () => {
  const [run] = runs.filter(({ backbone, way }) => backbone === "dp-c" && way === "normal");
  if (run === undefined) throw new Error("the smoke study does not train DP-C");
  const jobs = [{ kind: "run" as const, id: "a", needs: [], run }];
  const measured = [{ part: trainingOf("dp-c", "normal"), count: 10, seconds: 5 }, { part: tryingOf(run.task), count: 5, seconds: 10 }];
  expect(secondsLeft(jobs, measured, 2)).toBeCloseTo((0.5 * run.config.steps + 2 * run.rollouts) / 2, 9);
  expect(secondsLeft(jobs, [{ part: trainingOf("dp-mlp", "random"), count: 10, seconds: 5 }], 1)).toBeCloseTo(0.5 * run.config.steps, 9);
  expect(secondsLeft(jobs, [], 2)).toBe(undefined);
  expect([45, 720, 7500].map(spelled)).toEqual(["45 s", "12 min", "2 h 05 min"]);
});
