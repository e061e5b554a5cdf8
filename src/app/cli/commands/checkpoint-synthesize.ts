/** @file `tendon checkpoint synthesize`: a checkpoint of random weights, with the keys, shapes and files of the published ones. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { rng, safetensorsHead, sizeOf } from "#engine/array";
import { PI0_3B, pi0Network, scaledSize, WEIGHT_DTYPES, writtenBytes, writtenFiles, writtenTensors, type Pi0Network, type Pi0Size, type WrittenTensor } from "#policy/policies";
import type { Normalizer } from "#world/data";
import { writeDurably, writeFolderAtomic, writePiecesDurably } from "#world/data/node";
import { defineCommand, UsageError } from "../command.ts";
import { jsonFlag } from "../common-flags.ts";
import type { CommandIo } from "../io.ts";

const VOCABULARY = PI0_3B.trunk.vocabulary;

/** As `scaledSize` has them; `3b` is the published model. */
const SIZES: Readonly<Record<"tiny" | "small" | "3b", Pi0Size>> = {
  tiny: { ...scaledSize({ width: 64, blocks: 4, image: 56, vocabulary: VOCABULARY }), chunk: PI0_3B.chunk },
  small: { ...scaledSize({ width: 256, blocks: 8, image: 224, vocabulary: VOCABULARY }), chunk: PI0_3B.chunk },
  "3b": PI0_3B,
};

/** Camera names of the published checkpoints. */
const CAMERAS = ["base_0_rgb", "left_wrist_0_rgb", "right_wrist_0_rgb"];

export const checkpointSynthesizeCommand = defineCommand({
  name: "checkpoint synthesize",
  summary: "Write a checkpoint of random weights with the keys, shapes and files of the published π0 or π0.5, to try things with.",
  example: "tendon checkpoint synthesize pi0 --size tiny --out runs/pi0-tiny",
  positionals: ["model"],
  args: z.object({
    model: z.enum(["pi0", "pi05"]).describe("which of the two models"),
    size: z.enum(["tiny", "small", "3b"]).default("3b").describe("how large: 3b has the 3.24 B parameters of the published model, 7.0 GB as BF16, with an output layer of the expert that says no words"),
    dtype: z.enum(WEIGHT_DTYPES).default("BF16").describe("how weights are stored"),
    seed: z.number().int().nonnegative().default(0).describe("seed of the weights"),
    out: z.string().min(1).describe("folder to make"),
    json: jsonFlag,
  }),
  async run({ model, size, dtype, seed, out, json }, io) {
    if (existsSync(out)) throw new UsageError(`--out: ${out} exists; name a folder that does not`);
    const network = pi0Network(model, SIZES[size]);
    const tensors = writtenTensors(network, dtype, true);
    await writeFolderAtomic(out, async (folder) => {
      const unit = unitNormalizer(network);
      for (const [name, bytes] of writtenFiles(network, { normalizers: { state: unit, action: unit }, cameras: CAMERAS })) await writeDurably(join(folder, name), bytes);
      await writePiecesDurably(join(folder, "model.safetensors"), pieces(tensors, seed, io));
    });
    const parameters = tensors.reduce((sum, { shape, isUnused = false }) => sum + (isUnused ? 0 : sizeOf(shape)), 0);
    if (json) io.out(JSON.stringify({ checkpoint: out, model, size, parameters, tensors: tensors.length }));
    else io.out(`${out}: ${parameters.toLocaleString("en-US")} parameters in ${tensors.length} tensors`);
  },
});

/** Numbers as they are: random weights were trained on no robot. */
function unitNormalizer({ size: { chunk } }: Pi0Network): Normalizer {
  return { kind: "gaussian", scale: Array<number>(chunk.actionSize).fill(1), offset: Array<number>(chunk.actionSize).fill(0) };
}

/** So many values of a tensor are drawn, and repeated where it has more: drawing three billion takes twenty minutes. */
const DRAWN = 2 ** 18;

/** The head of the file, then its tensors, each with draws of its own. */
function* pieces(tensors: readonly WrittenTensor[], seed: number, io: CommandIo): Generator<Uint8Array> {
  const total = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  using bar = io.progress({ label: "write", total: Math.ceil(total / 1e6), unit: "M parameter" });
  yield safetensorsHead(tensors, { format: "pt" });
  let done = 0;
  for (const tensor of tensors) {
    const { spec } = tensor;
    const values = new Float32Array(Math.min(DRAWN, sizeOf(spec.shape)));
    spec.initialize(values, rng(seed, "parameter", spec.name), spec.shape);
    const bytes = writtenBytes(tensor, values);
    for (let left = sizeOf(spec.shape); left > 0; left -= values.length) {
      const count = Math.min(left, values.length);
      yield bytes.subarray(0, (count * bytes.length) / values.length);
      done += count;
      bar.update(Math.floor(done / 1e6));
    }
  }
}
