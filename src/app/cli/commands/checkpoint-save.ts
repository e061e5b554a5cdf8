/** @file `tendon checkpoint save`: a trained π0 in the layout in which LeRobot keeps such policies. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { safetensorsHead, sizeOf, type HostTensor } from "#engine/array";
import { parameterCount } from "#engine/nn";
import { mergeAdapters, pi0NetworkOf, WEIGHT_DTYPES, writtenBytes, writtenFiles, writtenTensors, type WrittenTensor } from "#policy/policies";
import { loadRun } from "#policy/training/node";
import { writeDurably, writeFolderAtomic, writePiecesDurably } from "#world/data/node";
import { defineCommand, UsageError } from "../command.ts";
import { jsonFlag } from "../common-flags.ts";

export const checkpointSaveCommand = defineCommand({
  name: "checkpoint save",
  summary: "Write a π0 or π0.5 that was trained here as LeRobot keeps it: config.json, weights under its names, processors with statistics.",
  example: "tendon checkpoint save runs/pi0 --out runs/pi0-lerobot",
  positionals: ["run"],
  args: z.object({
    run: z.string().min(1).describe("run folder of `tendon train --head pi0`"),
    cropped: z.boolean().default(false).describe("save a policy that sees the middle of its frames (--crop-size of training): whoever calls it hands it that middle, for the layout cannot say it"),
    dtype: z.enum(WEIGHT_DTYPES).default("F32").describe("how weights are stored"),
    out: z.string().min(1).describe("folder to make"),
    json: jsonFlag,
  }),
  async run({ run, cropped, dtype, out, json }, io) {
    if (existsSync(out)) throw new UsageError(`--out: ${out} exists; name a folder that does not`);
    const { weights: trained } = await loadRun(run);
    const { normalizers } = trained;
    const { spec, weights } = mergeAdapters(trained.network.spec, trained.weights);
    const network = pi0NetworkOf(spec);
    const { imageSize = 0, cropSize = 0 } = spec.vision ?? {};
    if (cropSize !== imageSize && !cropped) {
      throw new UsageError(`${run}: the policy sees the middle ${cropSize} of ${imageSize} px, and LeRobot would shrink whole frames to ${cropSize} px instead; train with --crop-size ${imageSize}, or say --cropped and hand it the middle`);
    }
    const tensors = writtenTensors(network, dtype);
    const cameras = spec.vision?.cameras ?? [];
    await writeFolderAtomic(out, async (folder) => {
      const written = writtenFiles(network, { normalizers: { state: normalizers.observation, action: normalizers.action }, cameras, relative: spec.relativeActions });
      for (const [name, bytes] of written) await writeDurably(join(folder, name), bytes);
      await writePiecesDurably(join(folder, "model.safetensors"), pieces(tensors, weights));
    });
    const parameters = parameterCount(network.parameters);
    if (json) io.out(JSON.stringify({ checkpoint: out, model: network.variant, parameters, tensors: tensors.length }));
    else io.out(`${out}: ${parameters.toLocaleString("en-US")} parameters in ${tensors.length} tensors`);
    io.note(PROMPTS);
  },
});

/** A trunk that learned from nothing reads ids of its own; see `wordIds` of encoders and `trunkReader`. */
const PROMPTS =
  "weights, sizes and statistics are as LeRobot reads them; prompts are ids of Tendon (a hash of each word, behind them π0.5's bins of the state, then questions where the policy learned to point), " +
  "which LeRobot's tokenizer does not make: hand it ids";

/** The trunk is the policy's encoder, the expert its head. */
function pathInPolicy(path: string): string {
  return path.replace(/^trunk\./, "encoder.").replace(/^expert\./, "head.");
}

function weightOf(weights: Readonly<Record<string, HostTensor>>, path: string): Float32Array {
  const value = weights[path];
  if (value === undefined) throw new Error(`checkpoint save: the run has no weight "${path}"`);
  return value.data as Float32Array; // weights of policies are f32
}

function* pieces(tensors: readonly WrittenTensor[], weights: Readonly<Record<string, HostTensor>>): Generator<Uint8Array> {
  yield safetensorsHead(tensors, { format: "pt" });
  for (const tensor of tensors) {
    yield writtenBytes(tensor, tensor.isUnused === true ? new Float32Array(sizeOf(tensor.shape)) : weightOf(weights, pathInPolicy(tensor.spec.name)));
  }
}
