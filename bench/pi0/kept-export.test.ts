import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emit } from "#engine/graph";
import { EXPORT_FILE, exportPlan, pi0Network, pi0Program, scaledSize, WEIGHTS_FILE, type Pi0Network } from "#policy/policies";
import { isCurrentExport } from "./kept-export.ts";

const networkOf = (width: number): Pi0Network => pi0Network("pi0", { ...scaledSize({ width, blocks: 1, image: 16, vocabulary: 50 }), chunk: { horizon: 2, actionSize: 3 } });
const network = networkOf(32);
const sizes = { cameras: 2, promptTokens: 5 };
const wanted = { ...sizes, format: "int4" } as const;

let folder = "";

/** As the command writes it; nothing looks into the weights. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-kept-"));
  const plan = exportPlan(network, "int4");
  for (const graph of ["see", "prefix", "steps"] as const) await writeFile(join(folder, `${graph}.onnx`), emit(pi0Program(graph, network, plan.weights, sizes), plan.placeOf).bytes);
  await writeFile(join(folder, WEIGHTS_FILE), new Uint8Array());
  await truncate(join(folder, WEIGHTS_FILE), plan.size);
  const normalizer = { kind: "gaussian", scale: [1, 1, 1], offset: [0, 0, 0] };
  await writeFile(join(folder, EXPORT_FILE), JSON.stringify({ variant: "pi0", format: "int4", cameras: ["a", "b"], promptTokens: 5, origin: "lerobot", horizon: 2, normalizers: { state: normalizer, action: normalizer } }));
});

afterEach(async () => await rm(folder, { recursive: true }));

test("graphs are kept as long as the model would be exported the same", async () => {
  expect(await isCurrentExport(folder, network, wanted)).toBe(true);
});

test("graphs of another model, another format or other inputs are not kept", async () => {
  expect(await isCurrentExport(folder, networkOf(64), wanted)).toBe(false);
  expect(await isCurrentExport(folder, network, { ...wanted, format: "f32" })).toBe(false);
  expect(await isCurrentExport(folder, network, { ...wanted, promptTokens: 6 })).toBe(false);
});

test("what was written by other code, in other blocks, or is not there is not kept", async () => {
  await truncate(join(folder, WEIGHTS_FILE), exportPlan(network, "int4").size - 4096);
  expect(await isCurrentExport(folder, network, wanted)).toBe(false);
  await truncate(join(folder, WEIGHTS_FILE), exportPlan(network, "int4").size);
  await writeFile(join(folder, "steps.onnx"), "another graph");
  expect(await isCurrentExport(folder, network, wanted)).toBe(false);
  await rm(join(folder, "steps.onnx"));
  expect(await isCurrentExport(folder, network, wanted)).toBe(false);
});
