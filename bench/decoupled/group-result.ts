/** @file What two processes of a measurement of training speed tell each other. */

/** With the paper's image encoder, or the head alone, given as many features as that gives it. */
export type Group = "headOnly" | "withEncoder";

/** What a group is asked for. */
export interface GroupRequest {
  readonly group: Group;
  /** Contenders, by their keys. */
  readonly keys: readonly string[];
  readonly batch: number;
  readonly rounds: number;
}

/** What a group finds out. */
export interface GroupResult {
  readonly contenders: readonly ContenderTimes[];
  /** The best MatMul rate of all rounds, GFLOP/s. */
  readonly roofGflops: number;
  /** Largest memory the process held, bytes. */
  readonly peakBytes: number;
}

export interface ContenderTimes {
  readonly key: string;
  readonly title: string;
  readonly parameters: number;
  readonly frozen: number;
  /** Median and least time of a step, ms. */
  readonly medianMs: number;
  readonly leastMs: number;
}
