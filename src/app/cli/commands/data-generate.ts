/** @file `tendon data generate`: a scripted expert's demonstrations as a LeRobot dataset. */

import { availableParallelism } from "node:os";
import { z } from "zod";
import { TASK_NAMES, taskOf } from "#policy/training";
import { generateDataset, type GenerateReport } from "#policy/training/node";
import { defineCommand } from "../command.ts";
import { jsonFlag } from "../common-flags.ts";
import type { CommandIo } from "../io.ts";

/** Tasks with a scripted expert. */
const SHOWN = TASK_NAMES.filter((name) => taskOf(name).expert !== undefined);

export const dataGenerateCommand = defineCommand({
  name: "data generate",
  summary: "Let a scripted expert demonstrate a task, and write what it does as a LeRobot v3.0 dataset.",
  example: "tendon data generate lift --episodes 200 --out datasets/lift",
  positionals: ["task"],
  args: z.object({
    task: z.enum(SHOWN as [string, ...string[]]).describe("task to demonstrate"),
    episodes: z.number().int().positive().default(200).describe("demonstrations; attempts that fail are left out and others made"),
    out: z.string().min(1).describe("folder to create; the same command continues what was interrupted").optional().meta({ note: "default datasets/<task>" }),
    seed: z.number().int().nonnegative().default(0).describe("attempt i plays seed + i; evaluation begins at 100000"),
    workers: z.number().int().positive().max(64).describe("threads").optional().meta({ note: "default all cores, at most 8" }),
    json: jsonFlag,
  }),

  async run({ task, episodes, out = `datasets/${task}`, seed, workers = Math.min(8, availableParallelism()), json }, io) {
    const report = await generate({ task, episodes, out, seed, workers }, io);
    io.out(json ? JSON.stringify(report) : formatReport(report));
  },
});

interface Request {
  readonly task: string;
  readonly episodes: number;
  readonly out: string;
  readonly seed: number;
  readonly workers: number;
}

async function generate({ out, ...request }: Request, io: CommandIo): Promise<GenerateReport> {
  let bar: ReturnType<CommandIo["progress"]> | undefined;
  try {
    return await generateDataset({
      ...request,
      dir: out,
      signal: io.signal,
      onEpisode(done, before) {
        bar ??= io.progress({ label: "generate", total: request.episodes, unit: "episode", start: before });
        bar.update(done);
      },
    });
  } finally {
    bar?.end();
  }
}

function formatReport({ dataset, episodes, frames, fps, failed, brokenSimulations, modes, episodesPerSecond }: GenerateReport): string {
  const ways = Object.entries(modes).map(([name, count]) => `${name} ${count}`);
  const broken = brokenSimulations === 0 ? "" : `, ${brokenSimulations} of them because the simulation broke down`;
  return [
    `${dataset}: ${episodes} episodes, ${frames} frames at ${fps} Hz, ${episodesPerSecond.toFixed(1)} episodes/s`,
    ...(ways.length === 0 ? [] : [`ways: ${ways.join(", ")}`]),
    ...(failed === 0 ? [] : [`${failed} attempts failed and are left out${broken}`]),
  ].join("\n");
}
