/** @file A run on disk: resolved configuration, metrics, checkpoints. */

import { existsSync } from "node:fs";
import { appendFile, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { makeFolders, naming, syncFile, writeFileAtomic, writeFolderAtomic } from "#world/data/node";
import { runConfigSchema, type RunConfig } from "../config.ts";
import { headConfigSchema, type HeadConfig } from "../head-config.ts";

const CONFIG = "config.json";
const METRICS = "metrics.jsonl";
const CHECKPOINTS = "checkpoints";

/** One line of `metrics.jsonl`. Times are not in it: the same seed gives the same file. */
export interface MetricsLine {
  /** Steps done. */
  readonly step: number;
  /** Mean loss since the line before. */
  readonly loss: number;
  readonly lr: number;
  /** Global gradient norm of this step, before clipping. */
  readonly gradNorm: number;
  /** What a head logs beside. */
  readonly [name: string]: number;
}

/**
 * Make the folder of a new run with its configuration: whole, or not at all.
 *
 * @param files texts by name that are to stand in it from the first moment on
 * @throws Error when something of that name is there, or the disk refuses
 */
export async function createRun(dir: string, config: RunConfig | HeadConfig, files: Readonly<Record<string, string>> = {}): Promise<void> {
  // Renaming would quietly take the place of an empty folder.
  if (existsSync(dir)) throw new Error(`run folder ${dir} exists; continue it with --resume, or choose another folder`);
  const fill = async (temporary: string): Promise<void> => {
    await makeFolders(join(temporary, CHECKPOINTS));
    for (const [name, text] of Object.entries(files)) await writeFileAtomic(join(temporary, name), text);
    await writeFileAtomic(join(temporary, CONFIG), `${JSON.stringify(config, null, 2)}\n`);
  };
  await naming(`run folder ${dir}`, () => writeFolderAtomic(dir, fill));
}

/**
 * The configuration a run was started with.
 *
 * @throws Error when the folder holds no run, or its configuration is not one
 */
export async function readRunConfig(dir: string): Promise<RunConfig> {
  return parseConfig(dir, runConfigSchema, "train push-t");
}

/** What the other kind of run is, by the stage in its configuration. */
const OTHER_KINDS = {
  1: "is a head that was pre-trained without observations, not a policy; train one over it with `tendon train TASK --head-from`",
  policy: "is a policy and has no provenance of stage 1; pre-train a head with `tendon pretrain-head`",
} as const;

/**
 * The configuration of a run, of the kind that is asked for.
 *
 * @param command that makes such a run
 * @throws Error when the folder holds no run, or one of another kind, or its configuration is none
 */
export async function parseConfig<T>(dir: string, schema: z.ZodType<T>, command: string): Promise<T> {
  const path = join(dir, CONFIG);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) {
    const what = existsSync(dir) ? `has no ${CONFIG}` : "does not exist";
    throw new Error(`run ${dir} ${what}; make one with \`tendon ${command} --out ${dir}\``);
  }
  const json = parseJson(text, path);
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const kind = runConfigSchema.safeParse(json).success ? "policy" : headConfigSchema.safeParse(json).success ? 1 : undefined;
  if (kind !== undefined) throw new Error(`run ${dir} ${OTHER_KINDS[kind]}`);
  const issue = parsed.error.issues[0];
  throw new Error(`${path}: ${issue?.path.join(".") ?? "?"}: ${issue?.message ?? "is not a run configuration"}`);
}

/** @throws Error naming the file when it is not JSON */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path} is not JSON; it may have been cut off`);
  }
}

/** Checkpoints of a run, oldest first. */
export async function listCheckpoints(dir: string): Promise<{ readonly step: number; readonly path: string }[]> {
  const names = await readdir(join(dir, CHECKPOINTS)).catch((error: unknown) => absent(error, [] as string[]));
  return names
    .flatMap((name) => {
      const step = /^step-(\d+)\.safetensors$/.exec(name)?.[1];
      return step === undefined ? [] : [{ step: Number(step), path: join(dir, CHECKPOINTS, name) }];
    })
    .sort((a, b) => a.step - b.step);
}

/**
 * Write a checkpoint and remove the oldest beyond `keep`.
 *
 * @throws Error naming the file when the disk refuses it
 */
export async function saveCheckpoint(dir: string, step: number, bytes: Uint8Array, keep: number): Promise<void> {
  const path = join(dir, CHECKPOINTS, `step-${String(step).padStart(8, "0")}.safetensors`);
  // A run continues behind its newest checkpoint, so the lines before it must not be lost when the power fails.
  await syncFile(join(dir, METRICS));
  await writeFileAtomic(path, bytes);
  const all = await listCheckpoints(dir);
  for (const old of all.slice(0, Math.max(0, all.length - keep))) await rm(old.path);
}

/** @throws Error naming the file when the disk refuses it */
export async function appendMetrics(dir: string, lines: readonly MetricsLine[]): Promise<void> {
  if (lines.length === 0) return;
  const path = join(dir, METRICS);
  await naming(path, () => appendFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
}

/** All whole lines of `metrics.jsonl`. A last line that a crash cut off is left out. */
export async function readMetrics(dir: string): Promise<MetricsLine[]> {
  const text = await readFile(join(dir, METRICS), "utf8").catch((error: unknown) => absent(error, ""));
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => parseJson(line, join(dir, METRICS)) as MetricsLine);
}

/** Drop the lines behind `step`, as a run does that continues from an older checkpoint. */
export async function truncateMetrics(dir: string, step: number): Promise<void> {
  const kept = (await readMetrics(dir)).filter((line) => line.step <= step);
  await writeFileAtomic(join(dir, METRICS), kept.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

/** Remove the unfinished files that a kill in the middle of writing left behind. */
export async function removeUnfinished(dir: string): Promise<void> {
  for (const folder of [dir, join(dir, CHECKPOINTS)]) {
    const names = await readdir(folder).catch((error: unknown) => absent(error, [] as string[]));
    for (const name of names) if (/^\..*\.tmp$/.test(name)) await rm(join(folder, name));
  }
}

/** What stands for a file that is not there; one that is there and cannot be read must not look like that. */
function absent<T>(error: unknown, value: T): T {
  if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return value;
  throw error;
}
