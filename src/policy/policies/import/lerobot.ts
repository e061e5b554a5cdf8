/** @file Weights of huggingface/lerobot: its names, and ours. */

import type { HostTensor } from "#engine/array";
import type { NamedSpec } from "#engine/nn";
import type { ImageEncoderSpec } from "#policy/encoders";
import { importParameters, type ForeignPlace } from "./foreign-parameters.ts";

/** Parts of our paths and what stands for them there, tried in this order. The backbone there is a sequence of torchvision's modules. */
const IMAGE_ENCODER_NAMES: readonly (readonly [ours: RegExp, theirs: string | ((...found: string[]) => string)])[] = [
  [/^backbone\.stem\.conv\./, "backbone.0."],
  [/^backbone\.stem\.norm\./, "backbone.1."],
  [/^backbone\.stages\.(\d)\./, (_, stage = "") => `backbone.${Number(stage) + 4}.`],
  [/\.first\.conv\./, ".conv1."],
  [/\.first\.norm\./, ".bn1."],
  [/\.second\.conv\./, ".conv2."],
  [/\.second\.norm\./, ".bn2."],
  [/\.shortcut\.conv\./, ".downsample.0."],
  [/\.shortcut\.norm\./, ".downsample.1."],
  [/^keypoints\./, "pool.nets."],
  [/^output\./, "out."],
];

/**
 * Where a parameter of `imageEncoder` stands in a `DiffusionRgbEncoder`.
 *
 * Source: policies/diffusion/modeling_diffusion.py of huggingface/lerobot at 7427f31.
 */
export function imageEncoderPlace({ name }: Pick<NamedSpec, "name">): ForeignPlace {
  return {
    // Both kinds of replacement are one argument of `replace`, which its types do not say.
    name: IMAGE_ENCODER_NAMES.reduce((path, [ours, theirs]) => path.replace(ours, theirs as string), name),
  };
}

/** The places of the pixels, which follow from the sizes. */
const NO_WEIGHTS = ["pool.pos_grid"];

/**
 * Weights of a `DiffusionRgbEncoder` for the `imageEncoder` of the same sizes.
 *
 * @param tensors of the checkpoint
 * @param prefix of the names: `"diffusion.rgb_encoder."` in a policy's checkpoint
 * @returns f32 values by our path
 * @throws Error naming every tensor under the prefix that is missing, left over, or of another shape
 */
export function importImageEncoder(
  tensors: Readonly<Record<string, HostTensor>>,
  parameters: ImageEncoderSpec,
  prefix: string = "",
): Record<string, HostTensor<"f32">> {
  return importParameters(tensors, parameters, imageEncoderPlace, { prefix, ignored: NO_WEIGHTS, who: "importImageEncoder" });
}
