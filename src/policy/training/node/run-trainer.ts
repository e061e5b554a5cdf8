/** @file Train into a run folder: metrics and checkpoints as training goes on, its time at the end. */

import { readFile } from "node:fs/promises";
import type { ClampedValues } from "#action/tokens";
import { decodeCheckpoint, encodeCheckpoint, restoreTrainer, type Checkpoint, type CheckpointHeader } from "../checkpoint.ts";
import type { RunConfig } from "../config.ts";
import { trainingLoop } from "../loop.ts";
import type { StepMetrics, Trainer } from "../trainer.ts";
import { addTrainingTime } from "./run-facts.ts";
import { appendMetrics, listCheckpoints, removeUnfinished, saveCheckpoint, truncateMetrics } from "./run-folder.ts";

/** What is told of a training, and may stop it. */
export interface RunCallbacks {
  readonly signal?: AbortSignal;
  /** Called once, before the first step. */
  readonly onStart?: (facts: RunStart) => void;
  readonly onStep?: (metrics: StepMetrics) => void;
  /** Called before anything is written with what is worth a look, such as a constant dimension, or actions outside a tokenizer's bins. */
  readonly onWarning?: (message: string) => void;
}

export interface RunStart {
  /** Trained numbers. */
  readonly parameters: number;
  /** Numbers that stay as they are. */
  readonly frozen: number;
  readonly windows: number;
  /** Steps done before. */
  readonly step: number;
}

export interface RunTrainerOptions extends RunCallbacks {
  readonly dir: string;
  readonly config: Pick<RunConfig, "steps" | "logEvery" | "checkpointEvery" | "keepCheckpoints">;
  /** The command line, for the report. */
  readonly command: string;
  /** What to go on from; null to begin. */
  readonly newest: NewestCheckpoint | null;
  /** How many of the actions a tokenizer clamped; null where there is none, the default. */
  readonly clamped?: ClampedValues | null;
}

export interface NewestCheckpoint {
  readonly path: string;
  readonly checkpoint: Checkpoint;
}

/** The newest checkpoint of a run; null where it has none yet. */
export async function readNewest(dir: string): Promise<NewestCheckpoint | null> {
  const newest = (await listCheckpoints(dir)).at(-1);
  if (newest === undefined) return null;
  return { path: newest.path, checkpoint: decodeCheckpoint(await readFile(newest.path), newest.path) };
}

/** Clear what a killed run left behind it, and put its newest checkpoint into a trainer. */
export async function restoreRun(dir: string, trainer: Trainer, newest: NewestCheckpoint | null): Promise<void> {
  await removeUnfinished(dir);
  if (newest !== null) restoreTrainer(trainer, newest.checkpoint, newest.path);
  await truncateMetrics(dir, newest?.checkpoint.header.step ?? 0);
}

/**
 * Train until `config.steps`, in a folder that is there.
 *
 * @returns how many steps were done this time
 */
export async function runTrainer(trainer: Trainer, options: RunTrainerOptions): Promise<{ readonly steps: number }> {
  const { dir, config, newest, signal, clamped = null } = options;
  const { step, parameters, frozen, windows } = trainer;
  options.onStart?.({ parameters, frozen, windows, step });

  const start = performance.now();
  const sink = {
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
    onMetrics: ({ step: at, loss, lr, gradNorm, metrics }: StepMetrics) => appendMetrics(dir, [{ step: at, loss, lr, gradNorm, ...metrics }]),
    onCheckpoint: (state: Trainer, unlogged: CheckpointHeader["pending"]) =>
      saveCheckpoint(dir, state.step, encodeCheckpoint(state, unlogged), config.keepCheckpoints),
  };
  const noteTime = (): Promise<void> =>
    addTrainingTime(dir, {
      seconds: (performance.now() - start) / 1000,
      steps: trainer.step - step,
      parameters,
      command: options.command,
      ...(clamped === null ? {} : { clamped }),
    });
  try {
    await trainingLoop(trainer, sink, {
      config,
      ...(newest === null ? {} : { pending: newest.checkpoint.header.pending }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    // Why training stopped matters more than whether its time could be noted.
    await noteTime().catch(() => undefined);
    throw error;
  }
  await noteTime();
  return { steps: trainer.step - step };
}
