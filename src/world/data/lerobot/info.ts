/** @file `meta/info.json` of LeRobot datasets: its schema, its features, its path templates. */

import { z } from "zod";
import type { Feature } from "../dataset.ts";

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

/** The numeric features, and the names of those memory does not hold (videos, images, text). */
export function splitFeatures(info: LeRobotInfo): { features: Record<string, Feature>; skipped: string[] } {
  const entries = Object.entries(info.features).filter(([name]) => !(name in BOOKKEEPING));
  const numeric = entries.filter(([, { dtype }]) => NUMERIC.has(dtype));
  const features = numeric.map(([name, { shape, names }]): [string, Feature] => {
    const width = shape.reduce((product, extent) => product * extent, 1);
    const flat = flattenNames(names);
    return [name, { dtype: "float32", shape, names: flat.length === width ? flat : null }];
  });
  const skipped = entries.filter(([, { dtype }]) => !NUMERIC.has(dtype)).map(([name]) => name);
  return { features: Object.fromEntries(features), skipped };
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
