/** @file Weights of real-stanford/diffusion_policy: its names and layouts, and ours. */

import type { ConditionalUnetParameters } from "#action/heads";
import type { HostTensor } from "#engine/array";
import type { NamedSpec, ParameterTree } from "#engine/nn";
import { importParameters, type ForeignPlace } from "./foreign-parameters.ts";

/** Parts of our paths and what stands for them there, tried in this order. */
const UNET_NAMES: readonly (readonly [ours: RegExp, theirs: string])[] = [
  [/^time1\./, "diffusion_step_encoder.1."],
  [/^time2\./, "diffusion_step_encoder.3."],
  [/^(down|up)\.(\d+)\.blocks\.(\d+)\./, "$1_modules.$2.$3."],
  [/^(down|up)\.(\d+)\.(?:halve|double)\./, "$1_modules.$2.2.conv."],
  [/^mid\.(\d+)\./, "mid_modules.$1."],
  [/^local\./, "local_cond_encoder.0."],
  [/^last\.conv\./, "final_conv.0.block.0."],
  [/^last\.norm\./, "final_conv.0.block.1."],
  [/^output\./, "final_conv.1."],
  [/\.first\.conv\./, ".blocks.0.block.0."],
  [/\.first\.norm\./, ".blocks.0.block.1."],
  [/\.second\.conv\./, ".blocks.1.block.0."],
  [/\.second\.norm\./, ".blocks.1.block.1."],
  [/\.film\./, ".cond_encoder.1."],
  [/\.residual\./, ".residual_conv."],
];

/**
 * Where a parameter of `conditionalUnet` stands in a `ConditionalUnet1D`. The weights of a convolution are one tensor there, [outputs,
 * inputs, kernel], of a transposed one [inputs, outputs, kernel], and a matrix [outputs, inputs] for every step of the kernel here.
 *
 * Source: diffusion_policy/model/diffusion/conditional_unet1d.py at 5ba07ac.
 */
export function conditionalUnetPlace({ name }: NamedSpec): ForeignPlace {
  const theirs = UNET_NAMES.reduce((path, [ours, place]) => path.replace(ours, place), name);
  const tap = /taps\.(\d+)$/.exec(theirs);
  if (tap === null) return { name: theirs };
  const axes = name.includes(".double.") ? [1, 0] : [0, 1];
  return { name: theirs.replace(tap[0], "weight"), axes, entry: { axis: 2, index: Number(tap[1]) } };
}

/** Of the block that upstream makes for the way up, and never uses. */
const UNUSED = /^local_cond_encoder\.1\./;

/**
 * Weights of a `ConditionalUnet1D` for the `conditionalUnet` of the same sizes.
 *
 * @param tensors as in the checkpoint's state dict, saved as safetensors
 * @param prefix of the names: `"model."` in a policy's state dict
 * @returns f32 values by our path
 * @throws Error naming every tensor under the prefix that is missing, left over, or of another shape
 */
export function importConditionalUnet(
  tensors: Readonly<Record<string, HostTensor>>,
  parameters: ConditionalUnetParameters,
  prefix: string = "",
): Record<string, HostTensor<"f32">> {
  const ignored = Object.keys(tensors).map((name) => name.slice(prefix.length)).filter((name) => UNUSED.test(name));
  return importParameters(tensors, parameters, conditionalUnetPlace, { prefix, ignored, who: "importConditionalUnet" });
}

/**
 * Where a parameter of `transformer` or `encoderTransformer` stands in a `TransformerForDiffusion`: our paths are its paths, in camel case.
 *
 * Source: diffusion_policy/model/diffusion/transformer_for_diffusion.py at 5ba07ac.
 */
export function transformerPlace({ name }: NamedSpec): ForeignPlace {
  return { name: name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) };
}

/** An empty parameter that tells the device, and attention masks, which follow from the sizes. */
const NO_WEIGHTS = ["_dummy_variable", "mask", "memory_mask"];

/** Weights of a `TransformerForDiffusion` for the `transformer` or `encoderTransformer` of the same sizes; arguments as of `importConditionalUnet`. */
export function importTransformer(
  tensors: Readonly<Record<string, HostTensor>>,
  parameters: ParameterTree,
  prefix: string = "",
): Record<string, HostTensor<"f32">> {
  return importParameters(tensors, parameters, transformerPlace, { prefix, ignored: NO_WEIGHTS, who: "importTransformer" });
}
