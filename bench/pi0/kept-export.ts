/** @file Whether a folder holds the graphs that a model would be exported as now: an old one must not be measured as a new one. */

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { emit, type StoredFormat } from "#engine/graph";
import { EXPORT_FILE, exportPlan, exportSchema, pi0Program, WEIGHTS_FILE, type GraphSizes, type Pi0Network } from "#policy/policies";

/** The graphs that are timed. */
const TIMED = ["see", "prefix", "steps"] as const;

export interface Wanted extends Pick<GraphSizes, "cameras" | "promptTokens"> {
  readonly format: StoredFormat;
}

/**
 * Sizes of the model, format, block and everything else that decides the time show in the bytes of the graphs, with the places of their weights, and the same program always has
 * the same bytes. So the graphs are written again, which takes seconds, and compared; of the weights, which take minutes, the size is.
 */
export async function isCurrentExport(folder: string, network: Pi0Network, { format, ...sizes }: Wanted): Promise<boolean> {
  const plan = exportPlan(network, format);
  const [described, weights] = [await textOf(join(folder, EXPORT_FILE)), await sizeOf(join(folder, WEIGHTS_FILE))];
  if (described === undefined || weights !== plan.size || !isFor(described, format)) return false;
  for (const graph of TIMED) {
    const kept = await bytesOf(join(folder, `${graph}.onnx`));
    if (kept === undefined || !kept.equals(emit(pi0Program(graph, network, plan.weights, sizes), plan.placeOf).bytes)) return false;
  }
  return true;
}

function isFor(described: string, format: StoredFormat): boolean {
  const parsed = exportSchema.safeParse(JSON.parse(described));
  return parsed.success && parsed.data.format === format;
}

async function bytesOf(path: string): Promise<Buffer | undefined> {
  return await ifThere(readFile(path));
}

async function textOf(path: string): Promise<string | undefined> {
  return await ifThere(readFile(path, "utf8"));
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await ifThere(stat(path)))?.size;
}

async function ifThere<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
