/** @file Results of a study on disk: one line of JSON for each run that ended. */

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { makeFolders, writeFileAtomic } from "#world/data/node";

const shared = {
  key: z.string(),
  /** Of everything behind the run: see `runFingerprint`. */
  fingerprint: z.string(),
  task: z.string(),
  backbone: z.string(),
  way: z.enum(["normal", "decoupled", "random"]),
  /** What the frozen head learned from; null where there is none. */
  stage1: z.string().nullable(),
  /** Whether it observes through cameras. */
  sees: z.boolean(),
  seed: z.number(),
  /** Day on which it ended. */
  date: z.string(),
  /** Processor, cores, runtime. */
  machine: z.string(),
  /** Of the sources it was made with; null where nothing says. */
  commit: z.string().nullable().default(null),
};

const resultSchema = z.object({
  ...shared,
  steps: z.number(),
  batch: z.number(),
  /** Numbers trained and frozen. */
  parameters: z.number(),
  frozen: z.number(),
  /** Wall time, s. */
  trainSeconds: z.number(),
  tryingSeconds: z.number(),
  firstSeed: z.number(),
  /** Mean training loss over the last tenth of the steps; null where it was not kept. */
  finalLoss: z.number().nullable().default(null),
  /** Largest reward of every episode, in [0, 1]. */
  scores: z.array(z.number()),
  /** Episodes that were solved. */
  solved: z.number(),
});

/** A run that could not be made, and why. It is tried again when the study goes on. */
const failureSchema = z.object({ ...shared, failure: z.string() });

/** How a policy is trained: whole, over a frozen head, or over a head that is frozen as it was drawn. */
export type Way = RunResult["way"];
export type RunResult = z.output<typeof resultSchema>;
export type RunFailure = z.output<typeof failureSchema>;
export type ResultLine = RunResult | RunFailure;

/** What a result is of: a run, and all the numbers behind it. */
export function resultId({ key, fingerprint }: Pick<ResultLine, "key" | "fingerprint">): string {
  return `${key} ${fingerprint}`;
}

export function isFailure(line: ResultLine): line is RunFailure {
  return "failure" in line;
}

/**
 * The lines of a file, the last of each key and fingerprint; none where there is no file.
 *
 * @throws Error naming the file and the line that is no result
 */
export async function readResults(path: string): Promise<ResultLine[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return parseResults(text, path);
}

/** As `readResults`, of a text. A last line without its end was cut off by a crash and is left out. */
export function parseResults(text: string, path: string): ResultLine[] {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "");
  const results = lines.map((line, i) => {
    const parsed = z.union([failureSchema, resultSchema]).safeParse(jsonOf(line));
    if (parsed.success) return parsed.data;
    throw new Error(`${path}: line ${i + 1} is no result of a run; remove it, and the run is made again`);
  });
  return [...new Map(results.map((result) => [resultId(result), result])).values()];
}

/** Behind the others, or in place of a line that a crash cut off. One process alone writes. */
export async function appendResult(path: string, line: ResultLine): Promise<void> {
  const before = await readFile(path, "utf8").catch(() => "");
  await makeFolders(dirname(path));
  await writeFileAtomic(path, `${before.slice(0, before.lastIndexOf("\n") + 1)}${JSON.stringify(line)}\n`);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
