/** @file `pretrain-head`: stage 1 of the decoupled recipe, a head that learns to move before it observes anything. */

import { existsSync } from "node:fs";
import { z } from "zod";
import { headConfigSchema, isGenerated, KINEMATICS, PRESET_NAMES, resolveHeadConfig, type HeadConfig } from "#policy/training";
import { sessionsOn } from "#engine/runtime/node";
import { pretrainRun, readHeadConfig } from "#policy/training/node";
import { askedConfig, setFlags } from "../asked-config.ts";
import { defineCommand } from "../command.ts";
import { commandLine } from "../command-line.ts";
import { jsonFlag, threadsFlag } from "../common-flags.ts";
import { demonstrationsDirectory } from "../dataset-directory.ts";
import { headSection } from "../head-section.ts";
import { withPresets } from "../preset-notes.ts";
import { withProgress } from "../train-progress.ts";

const OWN = { data: "default kinematics", condition: "default joints", target: "default those of the task", conditionColumns: "default those of the task", episodes: "default 1000", ticks: "default 200" };

const fields = withPresets(headConfigSchema.omit({ stage: true }).partial().shape, {
  ...OWN,
  task: "default the one that --data names",
  mirror: "default off",
});

export const pretrainHeadCommand = defineCommand({
  name: "pretrain-head",
  summary: "Pre-train an action head on motion alone, to be frozen by `train --head-from`.",
  example: "tendon pretrain-head --data kinematics --head diffusion-dp-mlp --out runs/head",
  positionals: [],
  sections: [headSection],
  args: z.object({
    preset: z
      .enum(PRESET_NAMES as [string, ...string[]])
      .describe("starting values of the flags below")
      .optional()
      .meta({ note: "default demo; with --resume those of the run" }),
    out: z.string().min(1).describe("run folder").optional().meta({ note: "default runs/<data>-<head>" }),
    resume: z.boolean().default(false).describe("continue the run in the folder, or start it where there is none yet"),
    threads: threadsFlag,
    json: jsonFlag,
    ...fields,
  }),

  async run({ preset, out, resume, threads, json, ...flags }, io) {
    const { data = [KINEMATICS], head = "flow-mlp" } = flags;
    const dir = out ?? `runs/${data.map((each) => each.replace(/^.*[/\\]/, "")).join("+")}-${head}`;
    const isThere = existsSync(dir);
    const config = await askedConfig<HeadConfig>({ dir, resume, preset, set: setFlags(flags), readSaved: readHeadConfig, resolve: resolveHeadConfig });
    if (resume && !isThere) io.note(`${dir} does not exist yet: starting it`);
    const { steps, condition } = config;
    const datasetDirs = isGenerated(config) ? [] : config.data.map(demonstrationsDirectory);
    await withProgress(io, { dir, steps, what: `${config.data.join(", ")} under ${condition}, ${config.head} head` }, (callbacks) =>
      pretrainRun({ ...callbacks, dir, config, datasetDirs, resume: isThere, command: commandLine(), openSession: sessionsOn(threads) }),
    );
    io.out(json ? JSON.stringify({ run: dir, steps }) : `head ${dir}: ${steps} steps; put it to a task with \`tendon train TASK --head-from ${dir}\``);
  },
});
