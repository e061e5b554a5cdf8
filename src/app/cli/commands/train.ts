/** @file `train`: learn an action head from demonstrations, into a run folder. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { sessionsOn } from "#engine/runtime/node";
import { mixtureEntry, PRESET_NAMES, resolveConfig, runConfigSchema, TASK_NAMES, type RunConfig } from "#policy/training";
import { readHeadConfig, readRunConfig, trainRun, writeReport } from "#policy/training/node";
import { askedConfig, setFlags } from "../asked-config.ts";
import { defineCommand } from "../command.ts";
import { commandLine } from "../command-line.ts";
import { jsonFlag, threadsFlag } from "../common-flags.ts";
import { demonstrationsDirectory } from "../dataset-directory.ts";
import { headSection } from "../head-section.ts";
import type { CommandIo } from "../io.ts";
import { withPresets } from "../preset-notes.ts";
import { withProgress } from "../train-progress.ts";

const fields = withPresets(runConfigSchema.omit({ task: true }).partial().shape, {
  dataset: "default the task's own",
  headFrom: "default none; with one, its head and sizes are the defaults",
  from: "default none; with one, what shapes its network is the default",
  freeze: "default none; with --head-from, head; with --expert-rank, base; with --trunk-rank, encoder",
  trainPositions: "default on",
  relativeActions: "default none: all are absolute",
  paddedSize: "default none",
  mixture: "default none",
  noiseDraws: "default 1",
  trunkRank: "default none",
  expertRank: "default none",
  tokenWeight: "default none",
  insulated: "default on, with --token-weight",
  pointingWeight: "default none",
  stateFeatures: "default none: the state is read as it is",
  cameras: "default none: the whole state is observed",
  imageSize: "default 96, with --cameras",
  cropSize: "default 7/8 of --image-size; with pi0 and pi05, the whole frame",
  imageChannels: "default 32, with --cameras; not with pi0 and pi05",
  readInstruction: "default off",
  instructionDropout: "default 0",
  rangeMargin: "default 0.1",
});

export const trainCommand = defineCommand({
  name: "train",
  summary: "Train an action head from demonstrations into a run folder.",
  example: "tendon train push-t --head flow-mlp --preset demo --out runs/push-t-flow-mlp",
  positionals: ["task"],
  sections: [headSection],
  args: z.object({
    task: z.enum(TASK_NAMES as [string, ...string[]]).describe("task to learn"),
    preset: z
      .enum(PRESET_NAMES as [string, ...string[]])
      .describe("starting values of every flag below")
      .optional()
      .meta({ note: "default demo; with --resume those of the run" }),
    out: z.string().min(1).describe("run folder").optional().meta({ note: "default runs/<task>-<head>" }),
    resume: z.boolean().default(false).describe("continue the run in the folder, or start it where there is none yet"),
    threads: threadsFlag,
    json: jsonFlag,
    ...fields,
  }),

  async run({ task, preset, out, resume, threads, json, ...flags }, io) {
    const set: Partial<RunConfig> = setFlags({ task, ...flags });
    // A run that is there has its sizes, and may go on when what it was started from is gone.
    const told = out ?? (flags.head === undefined ? undefined : folderOf(task, flags.head));
    const sizes = told !== undefined && existsSync(told) ? {} : await sizesTakenOver(flags);
    const dir = told ?? folderOf(task, sizes.head ?? "flow-mlp");
    const isThere = existsSync(dir);
    const config = await askedConfig<RunConfig>({ dir, resume, preset, set: { ...(isThere ? {} : sizes), ...set }, readSaved: readRunConfig, resolve: resolveConfig, takenOver });
    // A run that was killed before its folder was made is started by the same command that continues it.
    if (resume && !isThere) io.note(`${dir} does not exist yet: starting it`);
    const { steps } = await train({ dir, config, resume: isThere, ...(threads === undefined ? {} : { threads }) }, io);
    const report = join(dir, "report.html");
    // A run that was finished before keeps the report of its evaluation.
    if (steps > 0 || !existsSync(report)) await writeReport(dir, null, []);
    io.out(json ? JSON.stringify({ run: dir, steps: config.steps, report }) : `run ${dir}: ${config.steps} steps; report ${report}`);
  },
});

function folderOf(task: string, head: string): string {
  return `runs/${task}-${head}`;
}

/** Everything that shapes a policy's network, and what it sees. */
const OF_POLICY = [
  "head", "obsSteps", "horizon", "width", "blocks", "integrationSteps", "normalizer", "stateFeatures", "cameras", "imageSize", "cropSize", "imageChannels", "readInstruction", "mirror", "paddedSize", "relativeActions",
] as const satisfies readonly (keyof RunConfig)[];

/** What a policy has in common with the head it starts from. */
const OF_HEAD = ["head", "horizon", "width", "blocks", "integrationSteps"] as const satisfies readonly (keyof RunConfig)[];

function picked<Name extends keyof RunConfig>(config: { readonly [Key in Name]?: RunConfig[Key] | undefined }, names: readonly Name[]): Partial<RunConfig> {
  return Object.fromEntries(names.flatMap((name) => (config[name] === undefined ? [] : [[name, config[name]]])));
}

function takenOver(saved: RunConfig): Partial<RunConfig> {
  if (saved.from !== undefined) return picked(saved, OF_POLICY);
  return saved.headFrom === undefined ? {} : picked(saved, OF_HEAD);
}

async function sizesTakenOver({ headFrom, from }: Pick<RunConfig, "headFrom" | "from">): Promise<Partial<RunConfig>> {
  if (from !== undefined) return picked(await readRunConfig(from), OF_POLICY);
  return headFrom === undefined ? {} : await sizesOfHead(headFrom);
}

/** A checkpoint file tells no configuration, so flags have to. */
async function sizesOfHead(from: string): Promise<Partial<RunConfig>> {
  if (!existsSync(join(from, "config.json"))) return {};
  return picked(await readHeadConfig(from), OF_HEAD);
}

/** Train with a progress bar. */
export async function train(
  request: { readonly dir: string; readonly config: RunConfig; readonly resume: boolean; readonly threads?: number },
  io: CommandIo,
): Promise<{ readonly steps: number }> {
  const { config, dir, threads } = request;
  const { steps, task, head, dataset, mixture = [] } = config;
  return await withProgress(io, { dir, steps, what: `${task}, ${head} head` }, (callbacks) =>
    trainRun({ ...request, ...callbacks, command: commandLine(), datasetDir: demonstrationsDirectory(dataset), mixtureDirs: mixture.map((entry) => demonstrationsDirectory(mixtureEntry(entry).dataset)), openSession: sessionsOn(threads) }),
  );
}
