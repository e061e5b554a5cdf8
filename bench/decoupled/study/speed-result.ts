/** @file What `--only speed` found out, kept beside the results of the study, and its table. */

import { readFile } from "node:fs/promises";
import { z } from "zod";
import { BACKBONES } from "../backbones.ts";
import { table } from "./tables.ts";

const rates = z.record(z.string(), z.number());

const speedSchema = z.object({
  date: z.string(),
  machine: z.string(),
  batch: z.number(),
  rounds: z.number(),
  /** Training steps per second by backbone, `Decoupled` behind the name where the head is frozen. */
  withEncoder: rates,
  headOnly: rates,
  /** Numbers as the paper counts them. */
  parameters: rates,
});

export type SpeedResult = z.output<typeof speedSchema>;

/**
 * Null where speed was never measured.
 *
 * @throws Error naming the file when it is none of `--only speed`
 */
export async function readSpeed(path: string): Promise<SpeedResult | null> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return null;
  const parsed = speedSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error(`${path} is no result of \`npm run bench -- decoupled --only speed\`; remove it, or measure again`);
}

/** As table V of the paper. */
export function speedTable({ parameters, ...groups }: SpeedResult): string[] {
  const cell = (value: number | undefined): string => (value === undefined ? "–" : String(value));
  const ratio = (value: number | undefined, base: number | undefined): string => (value === undefined || base === undefined ? "–" : (value / base).toFixed(3));
  const rows = (["withEncoder", "headOnly"] as const).flatMap((group) =>
    BACKBONES.map(({ key, title }) => {
      const rate = groups[group];
      const [normal, decoupled] = [rate[key], rate[`${key}Decoupled`]];
      const counted = (parameters[key] ?? NaN).toLocaleString("en-US");
      return [`${title}, ${WITH[group]}`, counted, cell(normal), cell(decoupled), ratio(decoupled, normal), ratio(normal, rate["dpC"]), ratio(decoupled, rate["dpC"])];
    }),
  );
  return table(["", "numbers", "normal", "decoupled", "decoupled / normal", "normal / DP-C normal", "decoupled / DP-C normal"], rows);
}

const WITH = { withEncoder: "with the image encoder", headOnly: "the head alone" } as const;
