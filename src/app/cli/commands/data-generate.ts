/** @file `tendon data generate`: a scripted expert's demonstrations as a LeRobot dataset. */

import { availableParallelism } from "node:os";
import { z } from "zod";
import { FIRST_EVALUATION_SEED, requireDemonstrationSeeds, TASK_NAMES, taskOf } from "#policy/training";
import { generateDataset, IMAGE_SIZES, type GenerateReport, type ImageOptions } from "#policy/training/node";
import { asUsage, defineCommand, UsageError } from "../command.ts";
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
    seed: z.number().int().nonnegative().default(0).describe(`attempt i plays seed + i, all below ${FIRST_EVALUATION_SEED}, where evaluation begins`),
    workers: z.number().int().positive().max(64).describe("threads").optional().meta({ note: "default all cores, at most 8" }),
    images: z.boolean().default(false).describe("record what the task's cameras see: the arm's, at the front and at the wrist"),
    imageSize: z.number().int().min(IMAGE_SIZES.smallest).max(IMAGE_SIZES.largest).describe("px along each side, with --images").optional().meta({ note: "default 96" }),
    depth: z.boolean().default(false).describe("record depth too, in mm, with --images"),
    upsetShare: z.number().min(0).max(1).describe("share of attempts of the arm that begin where something has gone wrong, and show how to get out of it").optional().meta({ note: "default 0" }),
    json: jsonFlag,
  }),

  async run({ images, imageSize, depth, upsetShare, json, ...args }, io) {
    const { task, episodes, out = `datasets/${task}`, seed, workers = Math.min(8, availableParallelism()) } = args;
    asUsage(() => requireDemonstrationSeeds("--seed, --episodes", args));
    const wanted = imagesOf(task, { images, imageSize, depth });
    if (upsetShare !== undefined && taskOf(task).expert?.canBeUpset !== true) throw new UsageError(`--upset-share: nothing can go wrong with demonstrations of ${task}; leave it out`);
    const report = await generate({ task, episodes, out, seed, workers, ...(wanted && { images: wanted }), ...(upsetShare !== undefined && { upsetShare }) }, io);
    io.out(json ? JSON.stringify(report) : formatReport(report, images));
  },
});

interface ImageFlags {
  readonly images: boolean;
  readonly imageSize: number | undefined;
  readonly depth: boolean;
}

/** @throws UsageError when the flags do not go together, or the task has no cameras */
function imagesOf(task: string, { images, imageSize, depth }: ImageFlags): ImageOptions | undefined {
  if (!images) {
    const alone = depth ? "--depth" : imageSize === undefined ? undefined : "--image-size";
    if (alone !== undefined) throw new UsageError(`${alone} says how images shall be; add --images`);
    return undefined;
  }
  if (taskOf(task).cameras === undefined) {
    throw new UsageError(`--images: task ${task} has no cameras; ${SHOWN.filter((name) => taskOf(name).cameras !== undefined).join(", ")} have some`);
  }
  return { size: imageSize ?? 96, depth };
}

interface Request {
  readonly task: string;
  readonly episodes: number;
  readonly out: string;
  readonly seed: number;
  readonly workers: number;
  readonly images?: ImageOptions;
  readonly upsetShare?: number;
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

function formatReport({ dataset, episodes, frames, fps, bytes, failed, brokenSimulations, modes, episodesPerSecond }: GenerateReport, hasImages: boolean): string {
  const ways = Object.entries(modes).map(([name, count]) => `${name} ${count}`);
  const broken = brokenSimulations === 0 ? "" : `, ${brokenSimulations} of them because the simulation broke down`;
  return [
    `${dataset}: ${episodes} episodes, ${frames} frames at ${fps} Hz, ${episodesPerSecond.toFixed(1)} episodes/s`,
    ...(hasImages ? [`images: ${(bytes / 1e6).toFixed(1)} MB, ${Math.round(bytes / 1e3 / episodes)} kB an episode`] : []),
    ...(ways.length === 0 ? [] : [`ways: ${ways.join(", ")}`]),
    ...(failed === 0 ? [] : [`${failed} attempts failed and are left out${broken}`]),
  ].join("\n");
}
