/** @file Train into a run folder, from the start or from where it stopped. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpenSession } from "#engine/runtime";
import { openSession as openNodeSession } from "#engine/runtime/node";
import { samplerModel } from "#policy/policies";
import { ACTION, type ChunkSource } from "#world/data";
import { readDataset, writeFileAtomic } from "#world/data/node";
import { decodeCheckpoint, encodeCheckpoint, restoreTrainer, type CheckpointHeader } from "../checkpoint.ts";
import { scalingWarnings } from "../batches.ts";
import { clampedActions, clampedWarning } from "../clamped-actions.ts";
import type { RunConfig } from "../config.ts";
import { trainingLoop } from "../loop.ts";
import { madeDataset, taskOf, trainingRows } from "../tasks.ts";
import { openTrainer, type StepMetrics, type Trainer } from "../trainer.ts";
import { loadRun } from "./load-run.ts";
import { addTrainingTime } from "./run-facts.ts";
import {
  appendMetrics,
  createRun,
  listCheckpoints,
  removeUnfinished,
  saveCheckpoint,
  truncateMetrics,
} from "./run-folder.ts";

export interface TrainRunOptions {
  readonly dir: string;
  readonly config: RunConfig;
  /** Folder of the dataset named in the configuration; undefined where the task makes it, or the name is the path. */
  readonly datasetDir: string | undefined;
  /** Continue a run that is there. */
  readonly resume: boolean;
  /** The command line, for the report. */
  readonly command: string;
  /** Texts by name that stand in the folder of a new run beside its configuration. */
  readonly files?: Readonly<Record<string, string>>;
  /** Default: the runtime of Node with its own choice of threads. */
  readonly openSession?: OpenSession;
  readonly signal?: AbortSignal;
  /** Called once, before the first step. */
  readonly onStart?: (facts: { readonly parameters: number; readonly windows: number; readonly step: number }) => void;
  readonly onStep?: (metrics: StepMetrics) => void;
  /** Called before anything is written with what is worth a look, such as a constant dimension, or actions outside a tokenizer's bins. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Train until `config.steps`. Nothing is written before data and networks are known to fit together.
 *
 * A run killed at any moment continues from its newest checkpoint, and ends with the weights it would have had.
 *
 * @returns how many steps were done this time
 */
export async function trainRun(options: TrainRunOptions): Promise<{ readonly steps: number }> {
  const { dir, config, resume, openSession = openNodeSession } = options;
  const rows = await readRows(config, options.datasetDir, options.onWarning);
  await using trainer = await openTrainer({ config, rows, openSession });
  const clamped = clampedActions(trainer, rows);
  const warning = clampedWarning(clamped, config);
  if (warning !== undefined) options.onWarning?.(warning);
  if (!resume) await createRun(dir, config, options.files);
  const pending = resume ? await restoreNewest(dir, trainer) : undefined;
  const { step } = trainer;
  options.onStart?.({ parameters: trainer.parameters, windows: trainer.windows, step });

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
      parameters: trainer.parameters,
      command: options.command,
      ...(clamped === null ? {} : { clamped }),
    });
  try {
    await trainingLoop(trainer, sink, {
      config,
      ...(pending === undefined ? {} : { pending }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (error) {
    // Why training stopped matters more than whether its time could be noted.
    await noteTime().catch(() => undefined);
    throw error;
  }
  await noteTime();
  await exportPolicy(dir);
  return { steps: trainer.step - step };
}

/**
 * The rows that a configuration learns from.
 *
 * @param datasetDir folder of the dataset; undefined where the task makes it, or its name is the path
 * @param onWarning told what is worth a look in the data
 * @throws Error naming what is wrong with the dataset
 */
export async function readRows(
  config: RunConfig,
  datasetDir: string | undefined,
  onWarning?: (message: string) => void,
): Promise<ChunkSource> {
  const dataset = madeDataset(config.dataset) ?? (await readDataset(datasetDir ?? config.dataset));
  const warn = (message: string): void => onWarning?.(`dataset "${dataset.name}": ${message}`);
  const rows = trainingRows(taskOf(config.task), dataset, config, warn);
  scalingWarnings(rows, config.normalizer, dataset.features[ACTION]?.names).forEach(warn);
  return rows;
}

async function restoreNewest(dir: string, trainer: Trainer): Promise<CheckpointHeader["pending"] | undefined> {
  await removeUnfinished(dir);
  const newest = (await listCheckpoints(dir)).at(-1);
  if (newest === undefined) {
    await truncateMetrics(dir, 0);
    return undefined;
  }
  const checkpoint = decodeCheckpoint(await readFile(newest.path), newest.path);
  restoreTrainer(trainer, checkpoint, newest.path);
  await truncateMetrics(dir, checkpoint.header.step);
  return checkpoint.header.pending;
}

/** `policy.onnx`: the averaged weights of the newest checkpoint, batch 1, normalizers and all sampling steps inside. */
async function exportPolicy(dir: string): Promise<void> {
  const { weights } = await loadRun(dir);
  await writeFileAtomic(join(dir, "policy.onnx"), samplerModel(weights, 1));
}

