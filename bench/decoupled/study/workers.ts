/** @file Jobs in processes of their own, some at a time, each as soon as what it needs is there. */

import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LOADER } from "../../loader.ts";
import type { JobOutcome, JobRequest } from "./job-messages.ts";
import type { Job } from "./jobs.ts";

export interface WorkersOptions extends Omit<JobRequest, "job"> {
  readonly workers: number;
  /** Called in turns as jobs end; the next ones begin meanwhile. */
  onEnd(job: Job, outcome: JobOutcome): Promise<void>;
}

/**
 * Do all jobs. What a failed one was needed for fails with it.
 *
 * @returns when the last `onEnd` has returned
 */
export async function runJobs(jobs: readonly Job[], options: WorkersOptions): Promise<void> {
  const waiting = new Set(jobs);
  const undone = new Set(jobs.map(({ id }) => id));
  const failures = new Map<string, string>();
  let told = Promise.resolve();
  const end = (job: Job, outcome: JobOutcome): void => {
    undone.delete(job.id);
    if (outcome.failure !== undefined) failures.set(job.id, outcome.failure);
    told = told.then(() => options.onEnd(job, outcome));
  };
  const running = new Map<string, Promise<void>>();
  while (waiting.size > 0 || running.size > 0) {
    for (const job of waiting) {
      const broken = job.needs.find((id) => failures.has(id));
      if (broken !== undefined) {
        waiting.delete(job);
        end(job, { failure: `${broken} could not be made: ${failures.get(broken)}` });
      } else if (running.size < options.workers && !job.needs.some((id) => undone.has(id))) {
        waiting.delete(job);
        running.set(job.id, inProcess(job, options).then((outcome) => (running.delete(job.id), end(job, outcome))));
      }
    }
    if (running.size > 0) await Promise.race(running.values());
  }
  await told;
}

/** A process that dies says nothing, so that is said for it. */
function inProcess(job: Job, { work, command }: Omit<JobRequest, "job">): Promise<JobOutcome> {
  return new Promise((resolve) => {
    const child: ChildProcess = fork(fileURLToPath(new URL("job-process.ts", import.meta.url)), [], { execArgv: [...LOADER] });
    child.once("message", (outcome) => resolve(outcome as JobOutcome)); // what the process of a job sends
    child.once("error", ({ message }) => resolve({ failure: message }));
    child.once("exit", (status, signal) => resolve({ failure: `its process ended (${signal ?? status}) before it had a result` }));
    child.send({ job, work, command } satisfies JobRequest);
  });
}
