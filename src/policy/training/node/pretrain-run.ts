/** @file Pre-train a head without observations, into a run folder: stage 1. */

import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { OpenSession } from "#engine/runtime";
import { openSession as openNodeSession } from "#engine/runtime/node";
import { readDataset } from "#world/data/node";
import { decodeCheckpoint } from "../checkpoint.ts";
import { headActionStart, headConfigSchema, headTrainerConfig, isGenerated, type HeadConfig } from "../head-config.ts";
import { FROM_NOTHING, headProvenanceOf } from "../head-start.ts";
import { demonstratedRows, generatedRows, headProvenance } from "../motion-rows.ts";
import { savedTexts } from "../provenance.ts";
import { madeDataset } from "../tasks.ts";
import { openTrainer } from "../trainer.ts";
import type { TrainingRows } from "../training-rows.ts";
import { createRun, parseConfig } from "./run-folder.ts";
import { readNewest, restoreRun, runTrainer, type NewestCheckpoint, type RunCallbacks } from "./run-trainer.ts";

export interface PretrainRunOptions extends RunCallbacks {
  readonly dir: string;
  readonly config: HeadConfig;
  /** Folder of every dataset of `config.data`; undefined where motion is generated, a task makes the dataset, or its name is the path. */
  readonly datasetDirs?: readonly (string | undefined)[];
  /** Continue a run that is there. */
  readonly resume: boolean;
  /** The command line, for `run.json`. */
  readonly command: string;
  /** Default: the runtime of Node with its own choice of threads. */
  readonly openSession?: OpenSession;
}

/** As `trainRun`, of a head alone. @returns how many steps were done this time */
export async function pretrainRun(options: PretrainRunOptions): Promise<{ readonly steps: number }> {
  const { dir, config, resume, openSession = openNodeSession } = options;
  const rows = await readMotion(config, options.datasetDirs ?? [], options.onWarning);
  const newest = resume ? await readNewest(dir) : null;
  const start = { ...FROM_NOTHING, provenance: headProvenance(config, rows) };
  const actionStart = headActionStart(config);
  await using trainer = await openTrainer({ config: headTrainerConfig(config), rows, openSession, start, actionStart });
  if (resume) await restoreRun(dir, trainer, newest);
  else await createRun(dir, config);
  return await runTrainer(trainer, { ...options, newest });
}

async function readMotion(config: HeadConfig, dirs: readonly (string | undefined)[], onWarning?: (message: string) => void): Promise<TrainingRows> {
  if (isGenerated(config)) return generatedRows(config);
  const datasets = await Promise.all(config.data.map((name, i) => madeDataset(name) ?? readDataset(dirs[i] ?? name)));
  return demonstratedRows(config, datasets, onWarning);
}

/** As it is saved: see `savedTexts`. */
const savedHeadSchema = headConfigSchema.extend({ data: savedTexts });

/**
 * The configuration a head was pre-trained with.
 *
 * @throws Error when the folder holds no run of `tendon pretrain-head`
 */
export async function readHeadConfig(dir: string): Promise<HeadConfig> {
  return parseConfig(dir, savedHeadSchema, "pretrain-head --data kinematics");
}

/**
 * A pre-trained head.
 *
 * @param from run folder, whose newest checkpoint it is, or the file of a checkpoint
 * @throws Error when there is none, or it is no pre-trained head
 */
export async function readHead(from: string): Promise<NewestCheckpoint> {
  if (!existsSync(from)) throw new Error(`head ${from} does not exist; make one with \`tendon pretrain-head --out ${from}\``);
  const isFile = (await stat(from)).isFile();
  const head = isFile ? { path: from, checkpoint: decodeCheckpoint(await readFile(from), from) } : await readNewest(from);
  if (head === null) throw new Error(`head ${from} has no checkpoint in ${join(from, "checkpoints")}; continue it with \`tendon pretrain-head --resume --out ${from}\``);
  headProvenanceOf(head.checkpoint, head.path);
  return head;
}
