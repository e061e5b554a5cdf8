/** @file How long what is left of a study will take, from what was done of it. */

import type { Job } from "./jobs.ts";

/** What a job took, part by part. */
export interface Measured {
  /** Training of a backbone, or trying a policy on a task: see `partsOf`. */
  readonly part: string;
  /** Steps, or episodes. */
  readonly count: number;
  readonly seconds: number;
}

/** Training steps and episodes of a job. Demonstrations take next to nothing. */
function partsOf(job: Job): { readonly part: string; readonly group: "train" | "try"; readonly count: number }[] {
  if (job.kind === "demonstrations") return [];
  if (job.kind === "head") return [{ part: trainingOf(job.head.backbone, "normal"), group: "train", count: job.head.config.steps }];
  const { backbone, way, config, task, rollouts, demonstrations } = job.run;
  return [
    { part: trainingOf(backbone, way, demonstrations.images !== undefined), group: "train", count: config.steps },
    { part: tryingOf(task), group: "try", count: rollouts },
  ];
}

/** @param sees whether it looks through cameras, which takes several times as long */
export function trainingOf(backbone: string, way: string, sees: boolean = false): string {
  return `${sees ? "see" : "train"} ${backbone}${way === "normal" ? "" : " frozen"}`;
}

export function tryingOf(task: string): string {
  return `try ${task}`;
}

/**
 * Seconds until all jobs are done. What was not measured yet is taken to be as fast as its kind on average.
 *
 * @returns undefined while nothing is measured
 */
export function secondsLeft(jobs: readonly Job[], measured: readonly Measured[], workers: number): number | undefined {
  const rate = (of: readonly Measured[]): number | undefined => {
    const count = of.reduce((sum, each) => sum + each.count, 0);
    return count === 0 ? undefined : of.reduce((sum, each) => sum + each.seconds, 0) / count;
  };
  const parts = jobs.flatMap(partsOf);
  const each = parts.map(({ part, group, count }) => {
    const perPiece = rate(measured.filter((one) => one.part === part)) ?? rate(measured.filter((one) => one.part.startsWith(group))) ?? 0;
    return perPiece * count;
  });
  return measured.length === 0 ? undefined : each.reduce((sum, seconds) => sum + seconds, 0) / workers;
}

/** `45 s`, `12 min`, `1 h 05 min`. */
export function spelled(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
