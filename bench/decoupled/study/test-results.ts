/** @file Results for tests, as if runs had been made. */

import type { RunFailure, RunResult } from "./results.ts";
import { runFingerprint, stage1Of, type StudyRun } from "./work.ts";

/** @param solved how many of the run's rollouts */
export function resultFor(run: StudyRun, solved: number = 1): RunResult {
  const { seed, firstSeed, rollouts, config } = run;
  return {
    ...facts(run), seed, firstSeed, steps: config.steps, batch: config.batch, parameters: 1000, frozen: run.way === "normal" ? 0 : 500,
    trainSeconds: config.steps / 10, tryingSeconds: 3, finalLoss: run.way === "normal" ? 0.01 : 0.02, scores: Array.from({ length: rollouts }, (_, i) => (i < solved ? 1 : 0.25)), solved,
  };
}

export function failureOf(run: StudyRun): RunFailure {
  return { ...facts(run), failure: "the head does not serve this task" };
}

function facts(run: StudyRun): Omit<RunFailure, "failure"> {
  const { key, task, backbone, way, head, seed, demonstrations } = run;
  return {
    key, fingerprint: runFingerprint(run), task, backbone, way, stage1: head && stage1Of(head), sees: demonstrations.images !== undefined, seed,
    date: "2026-01-02", machine: "a machine", commit: "abc1234",
  };
}
