/** @file Do what is missing of a study, and tell how it goes. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { listCheckpoints } from "#policy/training/node";
import type { JobOutcome } from "./job-messages.ts";
import { missingJobs, resultsOf, type Job } from "./jobs.ts";
import { commitName, machineName } from "./machine.ts";
import type { StudyPlaces } from "./places.ts";
import { appendResult, isFailure, readResults, type ResultLine } from "./results.ts";
import { secondsLeft, spelled, trainingOf, tryingOf, type Measured } from "./time-left.ts";
import { wilsonInterval } from "./wilson.ts";
import { headFolder, runFingerprint, stage1Of, type StudyRun } from "./work.ts";
import { runJobs } from "./workers.ts";

export interface StudyOptions {
  readonly places: StudyPlaces;
  /** Processes at a time, one core each. */
  readonly workers: number;
  readonly command: string;
  /** Told one line for every piece that ended. */
  onLine(line: string): void;
}

/** @returns the results of these runs, failures among them */
export async function runStudy(runs: readonly StudyRun[], options: StudyOptions): Promise<ResultLine[]> {
  const { places, workers, command, onLine } = options;
  const before = resultsOf(runs, await readResults(places.results));
  const held = await heldHeads(runs, places.work);
  const jobs = missingJobs(runs, { results: before, has: (id) => (id.startsWith("heads/") ? held.has(id) : existsSync(join(places.work, id))) });
  onLine(`${before.filter((line) => !isFailure(line)).length} of ${runs.length} runs are there; pieces of work to do: ${jobs.length}, ${workers} at a time`);
  const left = new Set(jobs);
  const measured: Measured[] = before.flatMap(measuredBefore);
  await runJobs(jobs, {
    work: places.work,
    command,
    workers,
    async onEnd(job, outcome) {
      left.delete(job);
      measured.push(...measuredNow(job, outcome));
      if (job.kind === "run") await appendResult(places.results, resultOf(job.run, outcome));
      const seconds = secondsLeft([...left], measured, workers);
      const rest = left.size === 0 || seconds === undefined ? "" : `; about ${spelled(seconds)} left`;
      onLine(`[${jobs.length - left.size}/${jobs.length}] ${told(job, outcome)}${rest}`);
    },
  });
  return resultsOf(runs, await readResults(places.results));
}

/** Heads whose training has come to its end. */
async function heldHeads(runs: readonly StudyRun[], work: string): Promise<Set<string>> {
  const held = new Set<string>();
  for (const head of runs.flatMap((run) => (run.head === null ? [] : [run.head]))) {
    const id = headFolder(head);
    if (!held.has(id) && (await listCheckpoints(join(work, id))).at(-1)?.step === head.config.steps) held.add(id);
  }
  return held;
}

function resultOf(run: StudyRun, { tried, failure }: JobOutcome): ResultLine {
  const { key, task, backbone, way, head, seed, firstSeed, config, demonstrations } = run;
  const shared = {
    key, fingerprint: runFingerprint(run), task, backbone, way, stage1: head && stage1Of(head), sees: demonstrations.images !== undefined, seed,
    date: new Date().toISOString().slice(0, 10), machine: machineName(), commit: commitName(),
  };
  if (tried === undefined) return { ...shared, failure: failure ?? "nothing came of it" };
  const { seconds, trainSeconds, scores, ...rest } = tried;
  const tenth = (value: number): number => Number(value.toFixed(1));
  return { ...shared, steps: config.steps, batch: config.batch, ...rest, trainSeconds: tenth(trainSeconds), tryingSeconds: tenth(seconds), firstSeed, scores: [...scores] };
}

function measuredBefore(line: ResultLine): Measured[] {
  if (isFailure(line) || line.machine !== machineName()) return [];
  return [
    { part: trainingOf(line.backbone, line.way, line.sees), count: line.steps, seconds: line.trainSeconds },
    { part: tryingOf(line.task), count: line.scores.length, seconds: line.tryingSeconds },
  ];
}

function measuredNow(job: Job, { train, tried }: JobOutcome): Measured[] {
  const [backbone, way, sees] =
    job.kind === "run" ? [job.run.backbone, job.run.way, job.run.demonstrations.images !== undefined] : job.kind === "head" ? [job.head.backbone, "normal", false] : ["", "", false];
  return [
    ...(train === undefined || train.steps === 0 ? [] : [{ part: trainingOf(backbone, way, sees), count: train.steps, seconds: train.seconds }]),
    ...(tried === undefined || job.kind !== "run" ? [] : [{ part: tryingOf(job.run.task), count: tried.scores.length, seconds: tried.seconds }]),
  ];
}

function told(job: Job, { failure, tried, train }: JobOutcome): string {
  const name = job.kind === "run" ? job.run.key : job.kind === "head" ? `head ${job.head.key}` : `demonstrations of ${job.demonstrations.task}`;
  if (failure !== undefined) return `${name}: failed: ${failure}`;
  const speed = train === undefined || train.steps === 0 ? "" : `, ${(train.steps / train.seconds).toFixed(1)} steps/s`;
  if (tried === undefined) return `${name}${speed}`;
  const { solved, scores } = tried;
  const [low, high] = wilsonInterval(solved, scores.length).map((share) => (100 * share).toFixed(0));
  return `${name}: ${((100 * solved) / scores.length).toFixed(0)} % [${low}, ${high}] of ${scores.length}${speed}`;
}
