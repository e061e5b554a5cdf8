/** @file What a report is made of. */

import type { EvalSummary, InferenceTime } from "../evaluate.ts";

/** One line of `metrics.jsonl`. */
export interface MetricsRow {
  readonly step: number;
  readonly loss: number;
  /** Learning rate of this step. */
  readonly lr: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm?: number;
}

export interface RolloutRecord {
  readonly seed: number;
  /** Maximum reward of the episode, 0 to 1. */
  readonly score: number;
  /** Per tick [agentX px, agentY px, blockX px, blockY px, blockAngle rad]; 512 × 512 px, y down. */
  readonly states: readonly (readonly number[])[];
}

export interface RunReport {
  /** Name of the run folder. */
  readonly run: string;
  readonly task: string;
  readonly head: string;
  /** The command line that made the run. */
  readonly command: string;
  readonly seed: number;
  /** Count of trained numbers. */
  readonly parameters: number;
  /** Wall time of training, s. */
  readonly trainSeconds: number;
  readonly stepsPerSecond: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly metrics: readonly MetricsRow[];
  /** null before any evaluation. */
  readonly evaluation: (EvalSummary & InferenceTime) | null;
  readonly rollouts: readonly RolloutRecord[];
}
