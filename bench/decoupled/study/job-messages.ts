/** @file What the process of a job is told, and what it tells. */

import type { Job } from "./jobs.ts";

export interface JobRequest {
  readonly job: Job;
  /** Folder of all the work of the study. */
  readonly work: string;
  /** The command line, for the runs' own records. */
  readonly command: string;
}

export interface JobOutcome {
  /** Steps done this time, and the time they took, s. */
  readonly train?: { readonly steps: number; readonly seconds: number };
  readonly tried?: {
    readonly parameters: number;
    readonly frozen: number;
    readonly scores: readonly number[];
    readonly solved: number;
    /** Mean training loss over the last tenth of the steps. */
    readonly finalLoss: number;
    /** Wall time of the whole training, over all interruptions, and of these episodes, s. */
    readonly trainSeconds: number;
    readonly seconds: number;
  };
  /** Why nothing came of it. */
  readonly failure?: string;
}
