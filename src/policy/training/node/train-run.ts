/** @file Train into a run folder, from the start, from a pre-trained head, or from where it stopped. */

import { join } from "node:path";
import type { OpenSession } from "#engine/runtime";
import { openSession as openNodeSession } from "#engine/runtime/node";
import { samplerModel } from "#policy/policies";
import { ACTION } from "#world/data";
import { readDataset, writeFileAtomic } from "#world/data/node";
import { scalingWarnings } from "../batches.ts";
import { clampedActions, clampedWarning } from "../clamped-actions.ts";
import type { RunConfig } from "../config.ts";
import { FROM_NOTHING, startFromHead, startFromSelf, startFrozenAtRandom, type TrainingStart } from "../head-start.ts";
import { mixtureEntry, type MixturePart } from "../mixture.ts";
import { startFromPolicy } from "../policy-start.ts";
import { madeDataset, taskOf } from "../tasks.ts";
import { imageColumn, trainingRows, type TrainingRows } from "../training-rows.ts";
import { openTrainer } from "../trainer.ts";
import { loadRun, newestCheckpoint } from "./load-run.ts";
import { readHead } from "./pretrain-run.ts";
import { createRun, readRunConfig } from "./run-folder.ts";
import { readNewest, restoreRun, runTrainer, type RunCallbacks } from "./run-trainer.ts";

export interface TrainRunOptions extends RunCallbacks {
  readonly dir: string;
  readonly config: RunConfig;
  /** Folder of the dataset named in the configuration; undefined where the task makes it, or the name is the path. */
  readonly datasetDir: string | undefined;
  /** The same for each entry of the configuration's mixture. */
  readonly mixtureDirs?: readonly (string | undefined)[];
  /** Continue a run that is there. */
  readonly resume: boolean;
  /** The command line, for the report. */
  readonly command: string;
  /** Texts by name that stand in the folder of a new run beside its configuration. */
  readonly files?: Readonly<Record<string, string>>;
  /** Default: the runtime of Node with its own choice of threads. */
  readonly openSession?: OpenSession;
}

/**
 * Train until `config.steps`. Nothing is written before data and networks are known to fit together.
 *
 * A run killed at any moment continues from its newest checkpoint, and ends with the weights it would have had. Of a pre-trained head
 * it takes over everything at once, so the head's folder is no longer needed then.
 *
 * @returns how many steps were done this time
 */
export async function trainRun(options: TrainRunOptions): Promise<{ readonly steps: number }> {
  const { dir, config, resume, openSession = openNodeSession } = options;
  const rows = await readRows(config, options.datasetDir, options.onWarning);
  const mixture = await readMixture(config, options);
  const newest = resume ? await readNewest(dir) : null;
  const start = newest === null ? await startOf(config, rows) : startFromSelf(newest.checkpoint, config);
  await using trainer = await openTrainer({ config, rows, openSession, start, mixture });
  const clamped = clampedActions(trainer, rows);
  const warning = clampedWarning(clamped, config);
  if (warning !== undefined) options.onWarning?.(warning);
  if (resume) await restoreRun(dir, trainer, newest);
  else await createRun(dir, config, options.files);
  const done = await runTrainer(trainer, { ...options, newest, clamped });
  await exportPolicy(dir);
  return done;
}

async function readMixture(config: RunConfig, { mixtureDirs = [], onWarning }: TrainRunOptions): Promise<MixturePart[]> {
  const parts: MixturePart[] = [];
  for (const [i, text] of (config.mixture ?? []).entries()) {
    const part: RunConfig = { ...config, ...mixtureEntry(text) };
    parts.push({ name: part.task, config: part, rows: await readRows(part, mixtureDirs[i], onWarning) });
  }
  return parts;
}

/** @throws Error when the head or the policy is none, or does not serve the task */
async function startOf(config: RunConfig, rows: TrainingRows): Promise<TrainingStart> {
  const { headFrom, from, freeze } = config;
  if (from !== undefined) return startFromPolicy(await newestCheckpoint(from), from, { config, rows, task: config.task, learned: (await readRunConfig(from)).task });
  if (headFrom === undefined) return freeze === "random" ? startFrozenAtRandom(config) : FROM_NOTHING;
  const { checkpoint, path } = await readHead(headFrom);
  return startFromHead(checkpoint, path, { config, rows });
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
): Promise<TrainingRows> {
  const dataset = madeDataset(config.dataset) ?? (await readDataset(datasetDir ?? config.dataset, { images: config.cameras?.map(imageColumn) ?? false }));
  const warn = (message: string): void => onWarning?.(`dataset "${dataset.name}": ${message}`);
  const rows = trainingRows(taskOf(config.task), dataset, config, warn);
  scalingWarnings(rows, config.normalizer, dataset.features[ACTION]?.names).forEach(warn);
  return rows;
}

/** `policy.onnx`: the averaged weights of the newest checkpoint, batch 1, normalizers and all sampling steps inside. */
async function exportPolicy(dir: string): Promise<void> {
  const { weights } = await loadRun(dir);
  await writeFileAtomic(join(dir, "policy.onnx"), samplerModel(weights, 1));
}
