/** @file `demo`: the whole path in one command: train on real demonstrations, score, open a report. */

import { existsSync } from "node:fs";
import { z } from "zod";
import { FIRST_EVALUATION_SEED, resolveConfig } from "#policy/training";
import { defineCommand, UsageError } from "../command.ts";
import { jsonFlag } from "../common-flags.ts";
import { evaluate, formatReport } from "./eval.ts";
import { train } from "./train.ts";

export const demoCommand = defineCommand({
  name: "demo",
  summary: "Train a flow policy on 206 human demonstrations of Push-T, score it in simulation, write a report.",
  example: "tendon demo --json",
  positionals: [],
  args: z.object({
    out: z.string().min(1).describe("run folder").optional().meta({ note: "default: the first free one of runs/demo, runs/demo-2, …" }),
    seed: z.number().int().nonnegative().default(0).describe("seed of weights, batches and noise"),
    episodes: z.number().int().positive().default(50).describe("number of rollouts"),
    json: jsonFlag,
  }),

  async run({ out, seed, episodes, json }, io) {
    const dir = out ?? freeFolder("runs/demo");
    if (existsSync(dir)) throw new UsageError(`${dir} exists; choose another folder with --out`);
    const config = resolveConfig("demo", { seed });
    await train({ dir, config, resume: false }, io);
    const report = await evaluate({ dir, episodes, firstSeed: FIRST_EVALUATION_SEED, checkpoints: 1 }, io);
    io.out(json ? JSON.stringify(report) : formatReport(report));
  },
});

/** The name itself, or with the first number that makes it new. */
function freeFolder(name: string): string {
  let candidate = name;
  for (let nth = 2; existsSync(candidate); nth++) candidate = `${name}-${nth}`;
  return candidate;
}
