/** @file `compare`: train several heads under the same budget and set them side by side. */

import { z } from "zod";
import { HEAD_NAMES } from "#policy/policies";
import { FIRST_EVALUATION_SEED, percent, percents, PRESET_NAMES, runConfigSchema, TASK_NAMES, taskOf, type ComparedHead, type HeadResult } from "#policy/training";
import { comparedConfig, compareHead, timeHeads, writeComparison, type CompareRequest } from "#policy/training/node";
import { asUsage, defineCommand, UsageError } from "../command.ts";
import { commandLine } from "../command-line.ts";
import { threadsFlag } from "../common-flags.ts";
import { demonstrationsDirectory } from "../dataset-directory.ts";
import { parseDuration } from "../duration.ts";
import { headSection } from "../head-section.ts";
import type { CommandIo } from "../io.ts";
import { table } from "../table.ts";

const DEFAULT_HEADS = [
  "mse", "gaussian", "gmm", "rt1", "spatialvla", "fast", "diffusion-unet", "diffusion-mlp", "flow-mlp", "one-step",
];

const fields = runConfigSchema
  .omit({ task: true, head: true, steps: true, dataset: true, logEvery: true, checkpointEvery: true, keepCheckpoints: true })
  // A pre-trained head is one head.
  .omit({ headFrom: true, from: true, freeze: true, trainPositions: true, mixture: true, paddedSize: true, tokenWeight: true, insulated: true, pointingWeight: true, noiseDraws: true, trunkRank: true, expertRank: true, rangeMargin: true })
  .partial().shape;

export const compareCommand = defineCommand({
  name: "compare",
  summary: "Train several heads under the same budget and encoder, evaluate them, and write one table.",
  example: "tendon compare fork --heads mse,gmm,flow-mlp --budget 30s",
  positionals: ["task"],
  sections: [headSection],
  args: z.object({
    task: z.enum(TASK_NAMES as [string, ...string[]]).describe("task to learn"),
    heads: z.string().default(DEFAULT_HEADS.join(",")).describe("heads, separated by commas"),
    budget: z.string().default("3m").describe("wall time of training per head, such as 90s, 3m or 1h"),
    episodes: z.number().int().positive().default(100).describe("rollouts per head"),
    evalSeed: z.number().int().nonnegative().default(FIRST_EVALUATION_SEED).describe("episode i uses evalSeed + i"),
    preset: z.enum(PRESET_NAMES as [string, ...string[]]).default("demo").describe("starting values of the flags below; widths are the heads' own shares of it"),
    dataset: z.string().min(1).describe("dataset folder").optional().meta({ note: "default the task's own" }),
    threads: threadsFlag,
    out: z.string().min(1).describe("folder; heads that are finished in it are not trained again").optional().meta({ note: "default runs/compare-<task>" }),
    json: z.boolean().default(false).describe("print one JSON object per head, for scripts"),
    ...fields,
  }),

  async run({ task, heads, budget, episodes, evalSeed, preset, dataset, threads, out, json, ...flags }, io) {
    const names = headNames(heads);
    const request: CompareRequest = {
      task,
      dir: out ?? `runs/compare-${task}`,
      budgetSeconds: parseDuration("--budget", budget),
      preset,
      overrides: Object.fromEntries(Object.entries({ dataset, ...flags }).filter(([, value]) => value !== undefined)),
      episodes,
      firstSeed: evalSeed,
      ...(threads === undefined ? {} : { threads }),
      datasetDir: demonstrationsDirectory(dataset ?? taskOf(task).dataset),
      command: commandLine(),
      signal: io.signal,
    };
    // Before the first of them is trained.
    for (const name of names) asUsage(() => comparedConfig(name, request));
    const compared: ComparedHead[] = [];
    for (const [i, name] of names.entries()) compared.push(await compareOne(name, `${i + 1}/${names.length} ${name}`, { request, io }));
    const timed = await timeHeads(compared, request);
    const page = await writeComparison(timed, request);
    for (const { result } of timed) if (json) io.out(JSON.stringify(printed(result)));
    if (!json) for (const line of comparisonTable(timed.map(({ result }) => result))) io.out(line);
    io.note(`table and rollouts: ${page}`);
  },
});

/** Train and roll out one head, with a bar for each. */
async function compareOne(
  head: string,
  label: string,
  { request, io }: { readonly request: CompareRequest; readonly io: CommandIo },
): Promise<ComparedHead> {
  let bar: ReturnType<CommandIo["progress"]> | undefined;
  const next = (task: Parameters<CommandIo["progress"]>[0]): void => {
    bar?.end();
    bar = io.progress(task);
  };
  let isEvaluating = false;
  try {
    return await compareHead(head, request, {
      onHead: (_, { steps }) => next({ label, total: steps, unit: "step" }),
      onWarning: (_, message) => io.note(`warning: ${message}`),
      onStep: (_, step, loss) => bar?.update(step, `loss ${loss.toFixed(4)}`),
      onEpisode(_, done) {
        if (!isEvaluating) next({ label: `${label} eval`, total: request.episodes, unit: "episode" });
        isEvaluating = true;
        bar?.update(done);
      },
    });
  } finally {
    bar?.end();
  }
}

/** @throws UsageError for a head that there is not, or named twice */
function headNames(list: string): string[] {
  const names = list.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const unknown = names.filter((name) => !HEAD_NAMES.includes(name));
  if (unknown.length > 0) throw new UsageError(`--heads: there is no head "${unknown.join('", "')}"; heads are ${HEAD_NAMES.join(", ")}`);
  if (names.length === 0 || new Set(names).size < names.length) throw new UsageError(`--heads: got "${list}", expected different heads separated by commas`);
  return names;
}

/** What scripts get: numbers of a head, without what is the same for all. */
function printed({ jerkUnit: _unit, ...result }: HeadResult): Omit<HeadResult, "jerkUnit"> {
  return result;
}

/** The table for people. */
export function comparisonTable(results: readonly HeadResult[]): string[] {
  const header = ["head", "success", "score", "95 % interval", "modes", `jerk ${results[0]?.jerkUnit ?? ""}`, "ms median", "ms p99", "parameters", "steps/s"];
  const rows = results.map((result) => [
    result.head,
    percent(result.success),
    result.score.toFixed(3),
    result.scoreInterval.map((value) => value.toFixed(3)).join("–"),
    percents(result.modeShares).join(" / ") || "–",
    result.jerk === null ? "–" : result.jerk.toPrecision(3),
    result.inferenceMsMedian.toFixed(2),
    result.inferenceMsP99.toFixed(2),
    result.parameters.toLocaleString("en-US"),
    result.stepsPerSecond.toPrecision(3),
  ]);
  return table(header, rows);
}
