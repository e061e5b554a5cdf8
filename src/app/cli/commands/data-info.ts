/** @file `tendon data info`: what a dataset holds, and what is wrong with it. */

import { z } from "zod";
import {
  allRows,
  dimensionName,
  featureStatistics,
  featureWidth,
  frameCount,
  validateDataset,
  type Dataset,
  type Feature,
  type FeatureStatistics,
  type LeRobotCamera,
  type Problem,
} from "#world/data";
import { madeDataset } from "#policy/training";
import { readCameras, readDataset } from "#world/data/node";
import { defineCommand } from "../command.ts";
import { datasetField, jsonFlag } from "../common-flags.ts";
import { datasetDirectory } from "../dataset-directory.ts";
import { EXIT } from "../errors.ts";
import { table } from "../table.ts";

/** What is printed with `--json`. */
interface DatasetInfo {
  readonly name: string;
  /** Hz. */
  readonly fps: number;
  readonly robotType: string | null;
  readonly license: string | null;
  readonly episodes: number;
  readonly frames: number;
  readonly seconds: number;
  /** Frames of every episode, in order. */
  readonly episodeLengths: readonly number[];
  readonly features: Readonly<Record<string, FeatureInfo>>;
  /** Image and video columns. */
  readonly cameras: Readonly<Record<string, LeRobotCamera>>;
  /** Columns of the files that are not numbers; cameras are among them. */
  readonly skippedFeatures: readonly string[];
  readonly problems: readonly Problem[];
}

/** One value per dimension in every list; statistics are null where a value is not finite. */
interface FeatureInfo {
  readonly shape: readonly number[];
  readonly names: readonly string[];
  readonly statistics: Pick<FeatureStatistics, "min" | "max" | "mean" | "std"> | null;
}

export const dataInfoCommand = defineCommand({
  name: "data info",
  summary: "Describe a LeRobot dataset: size, features, ranges, and what is wrong with it.",
  example: "tendon data info datasets/push-t",
  positionals: ["dataset"],
  args: z.object({
    dataset: datasetField,
    json: jsonFlag,
  }),
  async run({ dataset, json }, io) {
    const info = await infoOf(dataset);
    if (json) io.out(JSON.stringify(info));
    else describe(info).forEach((line) => io.out(line));
    for (const { severity, message } of info.problems) {
      io.note(severity === "error" ? io.color.red(`error: ${message}`) : io.color.yellow(`warning: ${message}`));
    }
    return info.problems.some(({ severity }) => severity === "error") ? EXIT.failed : EXIT.ok;
  },
});

async function infoOf(name: string): Promise<DatasetInfo> {
  const made = madeDataset(name);
  if (made !== undefined) return datasetInfo(made);
  const dir = datasetDirectory(name);
  return datasetInfo(await readDataset(dir), await readCameras(dir));
}

/** Everything `data info` knows about a dataset, whose images need not have been read. */
export function datasetInfo(dataset: Dataset, cameras: Readonly<Record<string, LeRobotCamera>> = {}): DatasetInfo {
  const { name, fps, robotType, license, episodes, skippedFeatures } = dataset;
  const frames = frameCount(dataset);
  const features = Object.entries(dataset.features).map(([column, feature]) => [
    column,
    featureInfo(dataset, column, feature),
  ]);
  return {
    name,
    fps,
    robotType,
    license,
    episodes: episodes.length,
    frames,
    seconds: frames / fps,
    episodeLengths: episodes.map(({ length }) => length),
    features: Object.fromEntries(features),
    cameras,
    skippedFeatures,
    problems: validateDataset(dataset),
  };
}

function featureInfo(dataset: Dataset, column: string, feature: Feature): FeatureInfo {
  const names = Array.from({ length: featureWidth(feature) }, (_, i) => dimensionName(feature, i));
  const isFinite = allRows(dataset, column).every(Number.isFinite);
  if (!isFinite || dataset.episodes.length === 0) return { shape: feature.shape, names, statistics: null };
  const { min, max, mean, std } = featureStatistics(dataset, column);
  return { shape: feature.shape, names, statistics: { min, max, mean, std } };
}

function describe(info: DatasetInfo): string[] {
  const unread = info.skippedFeatures.filter((feature) => !(feature in info.cameras));
  const { name, fps, robotType, license, episodes, frames, seconds, cameras } = info;
  const lengths = [...info.episodeLengths].sort((a, b) => a - b);
  const facts = [robotType, license === null ? null : `licence ${license}`].filter((fact) => fact !== null);
  return [
    [name, ...facts].join(", "),
    `${episodes} episodes, ${frames} frames at ${fps} Hz, ${seconds.toFixed(1)} s`,
    `episode lengths: ${lengths[0] ?? 0} to ${lengths.at(-1) ?? 0} frames, median ${lengths[lengths.length >> 1] ?? 0}`,
    ...Object.entries(info.features).flatMap(([column, feature]) => ["", ...describeFeature(column, feature)]),
    ...(Object.keys(cameras).length === 0 ? [] : ["", ...describeCameras(cameras)]),
    ...(unread.length === 0 ? [] : ["", `not read: ${unread.join(", ")}`]),
  ];
}

function describeFeature(column: string, { shape, names, statistics }: FeatureInfo): string[] {
  const cell = (values: readonly number[] | undefined, i: number): string => values?.[i]?.toPrecision(5) ?? "not finite";
  const rows = names.map((name, i) => [
    name,
    ...[statistics?.min, statistics?.max, statistics?.mean, statistics?.std].map((values) => cell(values, i)),
  ]);
  return table([`${column} [${shape.join(", ")}]`, "min", "max", "mean", "std"], rows);
}

function describeCameras(cameras: DatasetInfo["cameras"]): string[] {
  const rows = Object.entries(cameras).map(([name, { dtype, shape, frames }]) => [name, `[${shape.join(", ")}]`, kindOf(dtype, shape), String(frames)]);
  return table(["camera", "shape", "kind", "frames"], rows);
}

function kindOf(dtype: LeRobotCamera["dtype"], shape: readonly number[]): string {
  if (dtype === "video") return "video, not read";
  return shape.at(-1) === 1 || shape[0] === 1 ? "depth, mm" : "RGB";
}
