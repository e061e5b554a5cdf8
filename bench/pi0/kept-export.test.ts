import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emit } from "#engine/graph";
import { exportPlan, pi0Network, pi0Program, scaledSize, WEIGHTS_FILE, type Pi0Network } from "#policy/policies";
import { renewGraphs, TIMED_GRAPHS } from "./kept-export.ts";

const networkOf = (width: number): Pi0Network => pi0Network("pi0", { ...scaledSize({ width, blocks: 1, image: 16, vocabulary: 50 }), chunk: { horizon: 2, actionSize: 3 } });
const network = networkOf(32);
const plan = exportPlan(network, "int4");
const sizes = { cameras: 2, promptTokens: 5 };
const options = { ...sizes, format: "int4" } as const;

let folder = "";
const isOld = async (graph: string): Promise<boolean> => (await readFile(join(folder, `${graph}.onnx`), "utf8")) === "old";

/** Weights as the command sizes them, and graphs that another version wrote. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-kept-"));
  for (const graph of TIMED_GRAPHS) await writeFile(join(folder, `${graph}.onnx`), "old");
  await writeFile(join(folder, WEIGHTS_FILE), new Uint8Array());
  await truncate(join(folder, WEIGHTS_FILE), plan.size);
});

afterEach(async () => await rm(folder, { recursive: true }));

test("old graphs are written as they would be now where their weights fit", async () => {
  expect(await renewGraphs(folder, network, options)).toBe(true);
  for (const graph of TIMED_GRAPHS) {
    const now = emit(pi0Program(graph, network, plan.weights, sizes), plan.placeOf).bytes;
    expect((await readFile(join(folder, `${graph}.onnx`))).equals(now)).toBe(true);
  }
});

test("weights of another model, in another format or in other blocks do not fit, and nothing is written", async () => {
  expect(await renewGraphs(folder, networkOf(64), options)).toBe(false);
  expect(await renewGraphs(folder, network, { ...options, format: "f32" })).toBe(false);
  await truncate(join(folder, WEIGHTS_FILE), plan.size + 4096);
  expect(await renewGraphs(folder, network, options)).toBe(false);
  await rm(join(folder, WEIGHTS_FILE));
  expect(await renewGraphs(folder, network, options)).toBe(false);
  for (const graph of TIMED_GRAPHS) expect(await isOld(graph)).toBe(true);
});
