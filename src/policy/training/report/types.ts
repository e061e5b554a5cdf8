/** @file What a report is made of. */

import type { Told } from "../lanes.ts";
import type { ExecutionChoice } from "#policy/control";
import type { Scene } from "#world/sim";
import type { InferenceTime, Rollout } from "../evaluate.ts";
import type { EvalSummary } from "../summarize.ts";

/** One line of `metrics.jsonl`. */
export interface MetricsRow {
  readonly step: number;
  readonly loss: number;
  /** Learning rate of this step. */
  readonly lr: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm?: number;
  /** What a head logs beside, such as the parts of its loss. */
  readonly [name: string]: number | undefined;
}

/** A rollout as it stands in a page. */
export interface RolloutRecord extends Omit<Rollout, "states"> {
  /** Per tick the state of the environment, drawn as `RunReport.scene` says. */
  readonly states: readonly (readonly number[])[];
}

export interface RunReport {
  /** Name of the run folder. */
  readonly run: string;
  readonly task: string;
  /** How a state of the task is drawn. */
  readonly scene: Scene;
  /** Names of the ways to solve the task, where there are several. */
  readonly modes: readonly string[];
  /** Ticks per second, Hz. */
  readonly rateHz: number;
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
  readonly evaluation: (EvalSummary & InferenceTime & Required<ExecutionChoice> & { readonly told: Told }) | null;
  readonly rollouts: readonly RolloutRecord[];
}
