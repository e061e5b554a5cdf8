/** @file `tendon checkpoint export`: a checkpoint of π0 as ONNX graphs that share one file of weights. */

import { existsSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { MAX_GUIDANCE } from "#action/heads";
import { sizeOf } from "#engine/array";
import { emit } from "#engine/graph";
import {
  EXPORT_FILE, EXPORT_VERSION, exportPlan, exportSchema, keyProblems, memoryTokens, openPi0Checkpoint, PI0_GRAPHS, pi0Program, placedBytes, readNormalizers, scalingWarnings, WEIGHTS_FILE, type ExportPlan,
  type Pi0Checkpoint, type Pi0Export, type PlacedBytes,
} from "#policy/policies";
import { folderStore, writeDurably, writeFolderAtomic } from "#world/data/node";
import { defineCommand, UsageError } from "../command.ts";
import { jsonFlag } from "../common-flags.ts";
import type { CommandIo } from "../io.ts";
import { statisticsFlags } from "../statistics-flags.ts";

export const checkpointExportCommand = defineCommand({
  name: "checkpoint export",
  summary: "Write a checkpoint of π0 or π0.5 as ONNX graphs for any runtime, with weights as floats or in 4 bits.",
  example: "tendon checkpoint export runs/pi0-random --format int4 --out runs/pi0-int4",
  positionals: ["folder"],
  args: z.object({
    folder: z.string().min(1).describe("folder of the checkpoint"),
    out: z.string().min(1).describe("folder to make"),
    format: z.enum(["f32", "int4"]).default("f32").describe("matrices of the layers as 32-bit floats, or in 4 bits with a scale for every 64"),
    cameras: z.string().regex(/^[^,]+(,[^,]+)*$/).transform((list) => list.split(",")).refine((list) => new Set(list).size === list.length, "a camera is named twice").optional().describe("names of the cameras, such as base,left, in the order of the model; default those that config.json names"),
    relative: z.string().regex(/^(none|all|\d+(,\d+)*)$/, "expected none, all, or dimensions such as 0,1,2").optional()
      .describe("dimensions of an action that are offsets from the state: none, all, or their numbers, as 0,1,2; default what the folder says"),
    tellsState: z.boolean().optional().describe("whether the prompt of π0.5 tells the state; default what the folder says, else yes; --no-tells-state for openpi's LIBERO"),
    ...statisticsFlags,
    json: jsonFlag,
  }),
  async run({ folder, out, format, cameras: named, relative, tellsState, json, ...choice }, io) {
    if (existsSync(out)) throw new UsageError(`--out: ${out} exists; name a folder that does not`);
    const checkpoint = await openPi0Checkpoint(await folderStore(folder, "checkpoint"));
    const { store, stored, config, network, report } = checkpoint;
    const problems = keyProblems(report);
    if (problems.length > 0) throw new Error(`${folder}: ${problems.length} keys do not fit, the first: ${problems[0]}; see tendon checkpoint inspect ${folder}`);
    const cameras = named ?? config.cameras.map((key) => key.replace(/^observation\.images\./, ""));
    if (cameras.length === 0) throw new UsageError("--cameras: config.json names none; say which the model was trained with, in their order");
    const statistics = await readNormalizers(store, stored, config, choice);
    const { state, action } = statistics;
    for (const warning of scalingWarnings(statistics)) io.note(io.color.yellow(`warning: ${warning}`));
    const { promptTokens } = config;
    // Matrices in 4 bits are read in one direction only, so errors cannot go back through them.
    const guidance = { maxGuidance: MAX_GUIDANCE, jacobian: format === "int4" ? "identity" : "network" } as const;
    const described = describedExport(checkpoint, {
      format, cameras: [...cameras], tellsState: config.variant === "pi05" && (tellsState ?? config.tellsState), relative: relativeOf(relative, config.relative, action.scale.length),
      guidance, normalizers: { state: copied(state), action: copied(action) },
    });
    const plan = exportPlan(network, format);
    const sizes = { cameras: cameras.length, promptTokens, guidance };
    await writeFolderAtomic(out, async (dir) => {
      for (const graph of PI0_GRAPHS) await writeDurably(join(dir, `${graph}.onnx`), emit(pi0Program(graph, network, plan.weights, sizes), plan.placeOf).bytes);
      await writeWeights(join(dir, WEIGHTS_FILE), checkpoint, plan, io);
      await writeDurably(join(dir, EXPORT_FILE), `${JSON.stringify(described, null, 2)}\n`);
    });
    const tokens = memoryTokens(network, { cameras: cameras.length, promptTokens });
    if (json) io.out(JSON.stringify({ out, format, bytes: plan.size, graphs: PI0_GRAPHS, tokens, statistics: statistics.source }));
    else io.out(`${out}: ${PI0_GRAPHS.map((graph) => `${graph}.onnx`).join(", ")}, and ${(plan.size / 1e9).toFixed(2)} GB of weights; a chunk looks at ${tokens} tokens; statistics of ${statistics.source}`);
  },
});

/** @throws Error for numbers that do not go together */
function describedExport({ config: { variant, promptTokens, origin }, network: { size } }: Pi0Checkpoint, chosen: Pick<Pi0Export, "format" | "cameras" | "tellsState" | "relative" | "guidance" | "normalizers">): Pi0Export {
  const { chunk: { horizon, actionSize }, stateSize = actionSize } = size;
  const described: Pi0Export = { version: EXPORT_VERSION, variant, promptTokens, origin, horizon, actionSize, stateSize, ...chosen };
  const result = exportSchema.safeParse(described);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`checkpoint export: ${issue?.path.join(".")}: ${issue?.message}`);
}

/** By the robot's own dimension. @throws UsageError where neither the flag nor the folder says it, or the flag names a dimension that is not there */
function relativeOf(flag: string | undefined, said: readonly boolean[] | null, size: number): boolean[] {
  const dimensions = Array.from({ length: size }, (_, i) => i);
  if (flag === undefined) {
    if (said !== null) return said.slice(0, size);
    throw new UsageError("--relative: the folder does not say for certain which actions are offsets from the state; say it: none, all, or dimensions such as 0,1,2");
  }
  if (flag === "none" || flag === "all") return dimensions.map(() => flag === "all");
  const named = flag.split(",").map(Number);
  const strange = named.find((dimension) => dimension >= size);
  if (strange !== undefined) throw new UsageError(`--relative: there is no dimension ${strange}; an action has ${size}, from 0`);
  return dimensions.map((dimension) => named.includes(dimension));
}

const copied = ({ kind, scale, offset }: { readonly kind: "limits" | "gaussian" | "quantiles"; readonly scale: readonly number[]; readonly offset: readonly number[] }) =>
  ({ kind, scale: [...scale], offset: [...offset] });

/** Parameter by parameter, each where the plan has it; what lies between is zeros. */
async function writeWeights(path: string, { stored, report }: Pi0Checkpoint, plan: ExportPlan, io: CommandIo): Promise<void> {
  const total = report.found.reduce((sum, { spec: { shape } }) => sum + sizeOf(shape), 0);
  using bar = io.progress({ label: "write", total: Math.ceil(total / 1e6), unit: "M parameter" });
  const file = await open(path, "wx");
  try {
    await file.truncate(plan.size);
    let done = 0;
    for (const found of report.found) {
      for await (const placed of placedBytes(stored, found, plan)) await writeAll(file, placed);
      done += sizeOf(found.spec.shape);
      bar.update(Math.floor(done / 1e6));
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A disk that is nearly full may take a part. */
async function writeAll(file: FileHandle, { offset, bytes }: PlacedBytes): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
}
