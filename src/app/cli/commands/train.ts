/** @file `train`: learn an action head from demonstrations, into a run folder. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { PRESET_NAMES, PRESETS, resolveConfig, runConfigSchema, TASK_NAMES, taskOf, type RunConfig } from "#policy/training";
import { readRunConfig, trainRun, writeReport } from "#policy/training/node";
import { asUsage, defineCommand, UsageError } from "../command.ts";
import { commandLine } from "../command-line.ts";
import { jsonFlag } from "../common-flags.ts";
import { demonstrationsDirectory } from "../dataset-directory.ts";
import { kebab } from "../fields.ts";
import { headSection } from "../head-section.ts";
import type { CommandIo } from "../io.ts";

const fields = withPresets(runConfigSchema.omit({ task: true }).partial().shape);

export const trainCommand = defineCommand({
  name: "train",
  summary: "Train an action head from demonstrations into a run folder.",
  example: "tendon train push-t --head flow --preset demo --out runs/push-t-flow",
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
    json: jsonFlag,
    ...fields,
  }),

  async run({ task, preset, out, resume, json, ...flags }, io) {
    // Zod gives undefined for flags that were not set; they must not hide the preset's values.
    const set = Object.fromEntries(Object.entries({ task, ...flags }).filter(([, value]) => value !== undefined));
    const dir = out ?? `runs/${task}-${flags.head ?? "flow-mlp"}`;
    const config = await configOf(dir, { resume, preset, set });
    const isThere = existsSync(dir);
    // A run that was killed before its folder was made is started by the same command that continues it.
    if (resume && !isThere) io.note(`${dir} does not exist yet: starting it`);
    const { steps } = await train({ dir, config, resume: isThere }, io);
    const report = join(dir, "report.html");
    // A run that was finished before keeps the report of its evaluation.
    if (steps > 0 || !existsSync(report)) await writeReport(dir, null, []);
    io.out(json ? JSON.stringify({ run: dir, steps: config.steps, report }) : `run ${dir}: ${config.steps} steps; report ${report}`);
  },
});

/** What a run is asked to be: its own configuration when it is continued, else a preset with flags on top. */
async function configOf(
  dir: string,
  request: { readonly resume: boolean; readonly preset: string | undefined; readonly set: Partial<RunConfig> },
): Promise<RunConfig> {
  const { resume, preset, set } = request;
  if (!existsSync(dir)) return asUsage(() => resolveConfig(preset ?? "demo", set));
  if (!resume) {
    throw new UsageError(`${dir} exists; add --resume to continue it, or choose another folder with --out`);
  }
  const saved = await readRunConfig(dir);
  const asked: Partial<RunConfig> = preset === undefined ? set : asUsage(() => resolveConfig(preset, set));
  const changed = Object.entries(asked).filter(([key, value]) => !isDeepStrictEqual(saved[key as keyof RunConfig], value));
  if (changed.length > 0) {
    const list = changed.map(([key, value]) => `--${kebab(key)} is ${saved[key as keyof RunConfig]}, got ${value}`).join("; ");
    throw new UsageError(`${dir} was started with other values: ${list}; leave these flags out to continue it`);
  }
  return saved;
}

/** The same fields, each with its value in every preset for the help. */
function withPresets<Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape): Shape {
  const noted = Object.entries(shape).map(([key, field]) => [key, field.meta({ note: presetNote(key as keyof RunConfig) })]);
  return Object.fromEntries(noted) as Shape; // the same keys, and types that notes do not change
}

/** "smoke 60, demo 4000, full 20000", or one default where all are alike. */
function presetNote(key: keyof RunConfig): string {
  const word = (value: unknown): string => (typeof value === "boolean" ? (value ? "on" : "off") : String(value));
  // Not a matter of the preset.
  if (key === "dataset") return "default the task's own";
  const values = PRESET_NAMES.map((name) => word(PRESETS[name]?.[key]));
  const presets = new Set(values).size > 1 ? PRESET_NAMES.map((name, i) => `${name} ${values[i]}`).join(", ") : `default ${values[0]}`;
  const tasks = TASK_NAMES.flatMap((name) => {
    const own: Partial<RunConfig> = taskOf(name).defaults ?? {};
    return own[key] === undefined ? [] : [`${name} ${word(own[key])} but with smoke`];
  });
  return [presets, ...tasks].join("; ");
}

/** Train with a progress bar. */
export async function train(
  request: { readonly dir: string; readonly config: RunConfig; readonly resume: boolean },
  io: CommandIo,
): Promise<{ readonly steps: number }> {
  const { config, dir } = request;
  let bar: ReturnType<CommandIo["progress"]> | undefined;
  try {
    return await trainRun({
      ...request,
      command: commandLine(),
      datasetDir: demonstrationsDirectory(config.dataset),
      signal: io.signal,
      onWarning: (message) => io.note(`warning: ${message}`),
      onStart({ parameters, windows, step }) {
        if (step >= config.steps) {
          io.note(`${dir} is already finished (${step} of ${config.steps} steps)`);
          return;
        }
        const from = step > 0 ? `, continuing after step ${step}` : "";
        io.note(`${config.task}, ${config.head} head: ${count(parameters)} parameters, ${count(windows)} windows, into ${dir}${from}`);
        bar = io.progress({ label: "train", total: config.steps, unit: "step", start: step });
      },
      onStep: ({ step, loss, lr }) => bar?.update(step, `loss ${loss.toFixed(4)}  lr ${lr.toExponential(1)}`),
    });
  } finally {
    bar?.end();
  }
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
