/** @file `meta/info.json` of LeRobot datasets: its schema, its features, its path templates. */

import { z } from "zod";
import type { Feature, ImageFeature } from "../dataset.ts";

const COUNT = z.int().nonnegative();

const FEATURE_SCHEMA = z.object({
  dtype: z.string(),
  shape: z.array(COUNT),
  // Lists, lists of lists and objects of lists are all in use.
  names: z.unknown().optional(),
});

const INFO_SCHEMA = z.object({
  codebase_version: z.enum(["v2.0", "v2.1", "v3.0"]),
  fps: z.number().positive(),
  robot_type: z.string().nullish(),
  total_episodes: COUNT,
  total_frames: COUNT,
  chunks_size: z.int().positive().default(1000),
  data_path: z.string(),
  features: z.record(z.string(), FEATURE_SCHEMA),
});

export type LeRobotInfo = z.infer<typeof INFO_SCHEMA>;

/**
 * Columns every LeRobot dataset has for bookkeeping; they are not features of the robot.
 *
 * Source: huggingface/lerobot `datasets/utils.py` (`DEFAULT_FEATURES`).
 */
export const BOOKKEEPING = {
  timestamp: "float32",
  frame_index: "int64",
  episode_index: "int64",
  index: "int64",
  task_index: "int64",
} as const;

const NUMERIC = new Set([
  "float16",
  "float32",
  "float64",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "bool",
]);

/**
 * Parse and check info.json.
 *
 * @param where the file, for the error
 * @throws Error naming the field that is missing or wrong
 */
export function parseInfo(bytes: Uint8Array, where: string): LeRobotInfo {
  const result = INFO_SCHEMA.safeParse(parseJson(bytes, where));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Error(
    `${where}: ${issue?.path.join(".")}: ${issue?.message}; expected the info of a LeRobot v2 or v3.0 dataset`,
  );
}

/** @throws Error naming the file when it is not JSON */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new Error(`${where}: is not JSON (${error instanceof Error ? error.message : error})`, { cause: error });
  }
}

/** Features by what becomes of them. */
export interface SplitFeatures {
  readonly features: Record<string, Feature>;
  readonly imageFeatures: Record<string, ImageFeature>;
  /** Names of those memory does not hold: videos, text, and images that are not asked for. */
  readonly skipped: string[];
}

/**
 * Sort the features of a dataset. Images are those named, or all where `images` is true.
 *
 * @throws RangeError when a name is that of no image feature
 */
export function splitFeatures(info: LeRobotInfo, images: boolean | readonly string[]): SplitFeatures {
  const entries = Object.entries(info.features).filter(([name]) => !(name in BOOKKEEPING));
  const numeric = entries.filter(([, { dtype }]) => NUMERIC.has(dtype));
  const features = numeric.map(([name, { shape, names }]): [string, Feature] => {
    const width = shape.reduce((product, extent) => product * extent, 1);
    const flat = flattenNames(names);
    return [name, { dtype: "float32", shape, names: flat.length === width ? flat : null }];
  });
  const cameras = entries.filter(([, { dtype }]) => dtype === "image");
  const wanted = typeof images === "boolean" ? cameras.map(([name]) => name).filter(() => images) : images;
  const unknown = wanted.find((name) => !cameras.some(([camera]) => camera === name));
  if (unknown !== undefined) {
    const known = cameras.map(([name]) => name).join(", ") || "none";
    throw new RangeError(`images "${unknown}": the dataset has no such image feature; it has ${known}`);
  }
  const imageFeatures = cameras.filter(([name]) => wanted.includes(name)).map(([name, feature]) => [name, imageFeatureOf(name, feature)]);
  const skipped = entries.filter(([name, { dtype }]) => !NUMERIC.has(dtype) && !wanted.includes(name)).map(([name]) => name);
  return { features: Object.fromEntries(features), imageFeatures: Object.fromEntries(imageFeatures), skipped };
}

/** Shapes are height, width, channels, or channels first where the names say so. */
function imageFeatureOf(name: string, { shape, names }: LeRobotInfo["features"][string]): ImageFeature {
  const isChannelsFirst = flattenNames(names)[0]?.startsWith("channel") ?? false;
  const [height = 0, width = 0, channels = 0] = isChannelsFirst ? [...shape.slice(1), ...shape.slice(0, 1)] : shape;
  if (shape.length !== 3 || height < 1 || width < 1 || (channels !== 1 && channels !== 3)) {
    throw new Error(`images "${name}" have shape [${shape.join(", ")}], expected height, width and 3 channels (RGB) or 1 (depth)`);
  }
  return { dtype: "image", shape: [height, width, channels] };
}

/** `["x", "y"]`, `[["x", "y"]]`, `{"axes": ["x", "y"]}` and `{"x": 0, "y": 1}` all name x and y. */
function flattenNames(names: unknown): string[] {
  if (typeof names === "string") return [names];
  if (Array.isArray(names)) return names.flatMap(flattenNames);
  if (typeof names !== "object" || names === null) return [];
  return Object.entries(names).flatMap(([key, value]) => (typeof value === "number" ? [key] : flattenNames(value)));
}

/** Fill a Python format string such as `chunk-{chunk_index:03d}`. */
export function formatPath(template: string, fields: Readonly<Record<string, number>>): string {
  return template.replace(/\{(\w+)(?::0(\d+)d)?\}/g, (whole, name: string, digits: string | undefined) => {
    const value = fields[name];
    if (value === undefined)
      throw new Error(`data_path "${template}": ${whole} is unknown; known are ${Object.keys(fields).join(", ")}`);
    return String(value).padStart(Number(digits ?? 0), "0");
  });
}
