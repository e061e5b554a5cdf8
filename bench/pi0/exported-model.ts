/** @file A π0 model of random weights as exported graphs, made by Tendon's own commands below `runs/`, which git does not keep, and made anew where it is no longer current. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { keyProblems, openPi0Checkpoint, PI0_3B, type Pi0Checkpoint } from "#policy/policies";
import { folderStore } from "#world/data/node";
import { LOADER } from "../loader.ts";
import { renewGraphs } from "./kept-export.ts";

const FOLDER = join("runs", "bench-pi0");

const TENDON = [...LOADER, "src/app/cli/main.ts"];

export type ModelSize = "tiny" | "small" | "3b";
export const MODEL_FORMATS = ["f32", "int4"] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** A checkpoint, and its folder. */
export interface Synthesized {
  readonly folder: string;
  readonly size: ModelSize;
  readonly checkpoint: Pi0Checkpoint;
}

/**
 * A checkpoint of random weights. Only the published model, which takes minutes, is kept from run to run: what the smaller sizes are is the command's to say and may have
 * changed since, and they take seconds.
 *
 * @throws Error when the command that makes it fails
 */
export async function synthesized(size: ModelSize): Promise<Synthesized> {
  const folder = join(FOLDER, `${size}-checkpoint`);
  const kept = size === "3b" && existsSync(folder) ? await opened(folder) : undefined;
  if (kept !== undefined && isPublished(kept)) return { folder, size, checkpoint: kept };
  // What was exported from the old one goes first, so that nothing of it is left where the command fails.
  for (const format of MODEL_FORMATS) await remove(graphsFolder(size, format));
  await remove(folder);
  await tendon("checkpoint", "synthesize", "pi0", "--size", size, "--out", folder);
  return { folder, size, checkpoint: await opened(folder) };
}

/**
 * Folder of the graphs of a checkpoint. Of an earlier export, no more than fitting weights is kept; `guided` is not timed and may be old there.
 *
 * @throws Error when the command that makes them fails
 */
export async function exported({ folder, size, checkpoint: { network, config } }: Synthesized, format: ModelFormat): Promise<string> {
  const graphs = graphsFolder(size, format);
  if (await renewGraphs(graphs, network, { format, cameras: config.cameras.length, promptTokens: config.promptTokens })) return graphs;
  await remove(graphs);
  await tendon("checkpoint", "export", folder, "--format", format, "--out", graphs);
  return graphs;
}

function graphsFolder(size: ModelSize, format: ModelFormat): string {
  return join(FOLDER, `${size}-${format}`);
}

async function opened(folder: string): Promise<Pi0Checkpoint> {
  return await openPi0Checkpoint(await folderStore(folder, "checkpoint"));
}

function isPublished({ network: { variant, size: { trunk, expert, chunk } }, report }: Pi0Checkpoint): boolean {
  const published = { trunk: PI0_3B.trunk, expert: PI0_3B.expert, chunk: PI0_3B.chunk };
  return variant === "pi0" && keyProblems(report).length === 0 && isDeepStrictEqual({ trunk, expert, chunk }, published);
}

async function remove(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  console.error(`${folder} is made anew: it may not be what it would be now`);
  await rm(folder, { recursive: true });
}

async function tendon(...argv: string[]): Promise<void> {
  console.error(`tendon ${argv.join(" ")}`);
  await promisify(execFile)(process.execPath, [...TENDON, ...argv]);
}
