/** @file What is left to do of a study: a job for every piece that is missing, after those it needs. */

import { isFailure, resultId, type ResultLine } from "./results.ts";
import { demonstrationsFolder, headFolder, runFingerprint, runFolder, type Demonstrations, type StudyHead, type StudyRun } from "./work.ts";

/** One piece of work for one process. Its id is the folder it fills. */
export type Job = { readonly id: string; /** Ids of what has to be there before. */ readonly needs: readonly string[] } & (
  | { readonly kind: "demonstrations"; readonly demonstrations: Demonstrations }
  | { readonly kind: "head"; readonly head: StudyHead }
  | { readonly kind: "run"; readonly run: StudyRun }
);

export interface Held {
  readonly results: readonly ResultLine[];
  /** Whether a folder of demonstrations or of a finished head is there. */
  has(id: string): boolean;
}

/**
 * A run with a result is done, on whatever machine, and needs neither head nor demonstrations any more; one that failed is tried again.
 *
 * @returns every job once, behind those that it needs
 */
export function missingJobs(runs: readonly StudyRun[], { results, has }: Held): Job[] {
  const done = new Set(results.flatMap((line) => (isFailure(line) ? [] : [resultId(line)])));
  const jobs = new Map<string, Job>();
  const add = (job: Job): string[] => {
    if (!jobs.has(job.id)) jobs.set(job.id, job);
    return [job.id];
  };
  const shown = (demonstrations: Demonstrations): string[] => {
    const id = demonstrationsFolder(demonstrations);
    return demonstrations.episodes === null || has(id) ? [] : add({ kind: "demonstrations", id, needs: [], demonstrations });
  };
  const pretrained = (head: StudyHead): string[] => {
    const id = headFolder(head);
    return has(id) ? [] : add({ kind: "head", id, needs: head.demonstrations.flatMap(shown), head });
  };
  for (const run of runs) {
    if (done.has(resultId({ key: run.key, fingerprint: runFingerprint(run) }))) continue;
    const needs = [...shown(run.demonstrations), ...(run.head === null ? [] : pretrained(run.head))];
    add({ kind: "run", id: runFolder(run), needs, run });
  }
  return [...jobs.values()];
}

/** The results of these runs as they are planned now, in their order; those of other numbers are left out. */
export function resultsOf(runs: readonly StudyRun[], results: readonly ResultLine[]): ResultLine[] {
  const lines = new Map(results.map((line) => [resultId(line), line]));
  return runs.flatMap((run) => lines.get(resultId({ key: run.key, fingerprint: runFingerprint(run) })) ?? []);
}
