/** @file What is true of a run but differs between machines: wall time, command line. Kept out of the metrics. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "#world/data/node";
import { parseJson } from "./run-folder.ts";

const FACTS = "run.json";

const factsSchema = z.object({
  command: z.string(),
  /** Trained numbers. */
  parameters: z.number(),
  /** Wall time of training, s, over all resumptions. */
  trainSeconds: z.number(),
  /** Steps done in that time. */
  steps: z.number(),
  /** How many of the actions lay outside the bins of the tokenizer, of a head that has one: values, or coefficients of FAST. */
  clamped: z.object({ clamped: z.number(), of: z.number(), unit: z.enum(["values", "coefficients"]) }).optional(),
});

export type RunFacts = z.output<typeof factsSchema>;

/**
 * The facts of a run; undefined before its first training ended or stopped in order.
 *
 * @throws Error naming the file when it is not JSON
 */
export async function readRunFacts(dir: string): Promise<RunFacts | undefined> {
  const path = join(dir, FACTS);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = factsSchema.safeParse(parseJson(text, path));
  return parsed.success ? parsed.data : undefined;
}

/** Add the time of one stretch of training. */
export async function addTrainingTime(
  dir: string,
  stretch: { readonly seconds: number; readonly steps: number; readonly parameters: number; readonly command: string } & Pick<RunFacts, "clamped">,
): Promise<void> {
  const before = await readRunFacts(dir);
  const facts: RunFacts = {
    command: before?.command ?? stretch.command,
    parameters: stretch.parameters,
    trainSeconds: (before?.trainSeconds ?? 0) + stretch.seconds,
    steps: (before?.steps ?? 0) + stretch.steps,
    ...(stretch.clamped === undefined ? {} : { clamped: stretch.clamped }),
  };
  await writeFileAtomic(join(dir, FACTS), `${JSON.stringify(facts, null, 2)}\n`);
}
