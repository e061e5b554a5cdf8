/** @file An export of an earlier run, brought up to date: an old graph must not be measured as a new one. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { emit, type StoredFormat } from "#engine/graph";
import { exportPlan, pi0Program, WEIGHTS_FILE, type GraphSizes, type Pi0Network } from "#policy/policies";
import { writeFileAtomic } from "#world/data/node";

/** The graphs that are timed. */
export const TIMED_GRAPHS = ["see", "prefix", "steps"] as const;
export type TimedGraph = (typeof TIMED_GRAPHS)[number];

export interface ExportOptions extends Pick<GraphSizes, "cameras" | "promptTokens"> {
  readonly format: StoredFormat;
}

/**
 * Write the timed graphs as they would be exported now, if the weights beside them still fit. Sizes of the model, format and block all change how many bytes of weights there are;
 * an order or values that have changed do not change what the graphs take, as the weights are random. Graphs take seconds, weights minutes, so these alone are worth keeping.
 *
 * @returns whether they fit; if not, nothing is written
 */
export async function renewGraphs(folder: string, network: Pi0Network, { format, ...sizes }: ExportOptions): Promise<boolean> {
  const plan = exportPlan(network, format);
  if ((await sizeOfFile(join(folder, WEIGHTS_FILE))) !== plan.size) return false;
  for (const graph of TIMED_GRAPHS) await writeFileAtomic(join(folder, `${graph}.onnx`), emit(pi0Program(graph, network, plan.weights, sizes), plan.placeOf).bytes);
  return true;
}

async function sizeOfFile(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
