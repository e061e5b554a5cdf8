/** @file Image encoder: from camera images to keypoints to features. */

import { tensorFrom } from "#engine/array";
import { constant, div, formatType, relu, reshape, scope, ShapeError, sub, type Tensor } from "#engine/graph";
import { conv2d, conv2dSpec, linear, linearSpec, type Conv2dSpec, type LinearSpec, type Traced } from "#engine/nn";
import { resnet18, RESNET18_WIDTHS, resnet18Spec, type Resnet18Features, type Resnet18Spec } from "./resnet18.ts";
import { spatialSoftmax } from "./spatial-softmax.ts";
import type { Encoder } from "./state.ts";

export type ImageEncoderSpec = {
  readonly backbone: Resnet18Spec;
  /** A map for every keypoint. */
  readonly keypoints: Conv2dSpec;
  readonly output: LinearSpec;
};

export interface ImageEncoderOptions {
  /** Channels of the image. Default 3. */
  readonly channels?: number;
  /** Channels of the four stages of ResNet-18. Default 64, 128, 256, 512. */
  readonly widths?: readonly number[];
  /** Default 32. */
  readonly keypoints?: number;
  /** Length of the result. Default twice the keypoints. */
  readonly features?: number;
  /** Per channel, what is subtracted and what it is then divided by. Default ½ and ½, which maps [0, 1] to [-1, 1]. */
  readonly normalization?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  /** What follows the last linear layer: nothing in robomimic and the decoupled action head, ReLU in LeRobot. Default `"none"`. */
  readonly activation?: "none" | "relu";
}

/** What the encoder makes of images on its way. */
export interface ImageFeatures extends Resnet18Features {
  /** f32[B, K, 2], (x, y) in [-1, 1], from the left and from the top. */
  readonly keypoints: Tensor;
  /** f32[B, C] */
  readonly features: Tensor;
}

/** `encode` takes images f32[B, channels, h, w] in [0, 1], cropped, larger than 32 px. */
export interface ImageEncoder extends Encoder<ImageEncoderSpec> {
  /** The result of `encode` with all that leads to it. */
  activations(params: Traced<ImageEncoderSpec>, images: Tensor): ImageFeatures;
}

/**
 * Normalization, ResNet-18 with group normalization, a map and its expected place for each keypoint, and a linear layer. Observation steps
 * go into the batch; every camera has an encoder of its own, and their features stand side by side.
 *
 * Sources: Diffusion Policy, arXiv:2303.04137, section 3; huggingface/lerobot at 7427f31, policies/diffusion, `DiffusionRgbEncoder`;
 * robomimic's `VisualCore`, which the decoupled action head trains with 32 keypoints and 64 features.
 */
export function imageEncoder(options: ImageEncoderOptions = {}): ImageEncoder {
  const { channels = 3, widths = RESNET18_WIDTHS, keypoints = 32, features = 2 * keypoints } = options;
  const normalize = normalizer(channels, options.normalization);
  const parameters: ImageEncoderSpec = {
    backbone: resnet18Spec({ channels, widths }),
    keypoints: conv2dSpec({ inputs: widths.at(-1) ?? 0, outputs: keypoints, kernel: 1 }, { role: "encoder" }),
    output: linearSpec(2 * keypoints, features, { role: "encoder" }),
  };
  const activations = (p: Traced<ImageEncoderSpec>, images: Tensor): ImageFeatures => {
    if (images.shape.length !== 4 || images.shape[1] !== channels) {
      throw new ShapeError(`imageEncoder: images are ${formatType(images)}, expected [B, ${channels}, h, w]`);
    }
    if (Math.max(...images.shape.slice(2)) <= 32) {
      const problem = "which leaves one pixel to find keypoints in, expected more than 32 px";
      throw new ShapeError(`imageEncoder: images are ${formatType(images)}, ${problem}`);
    }
    const maps = scope("backbone", () => resnet18(p.backbone, normalize(images)));
    const last = maps.stages.at(-1) as Tensor; // the spec has four stages
    const places = scope("keypoints", () => spatialSoftmax(conv2d(p.keypoints, last)));
    const y = linear(p.output, reshape(places, [images.shape[0] ?? 0, 2 * keypoints]));
    return { ...maps, keypoints: places, features: options.activation === "relu" ? relu(y) : y };
  };
  return { parameters, condSize: features, activations, encode: (p, images) => activations(p, images).features };
}

/** @throws RangeError unless every channel has a mean and a deviation above 0 */
function normalizer(channels: number, normalization: ImageEncoderOptions["normalization"]): (images: Tensor) => Tensor {
  const half = Array<number>(channels).fill(0.5);
  const { mean, deviation } = normalization ?? { mean: half, deviation: half };
  if (mean.length !== channels || deviation.length !== channels || !deviation.every((value) => value > 0)) {
    const got = `means [${mean.join(", ")}], deviations [${deviation.join(", ")}]`;
    throw new RangeError(`imageEncoder: got ${got}, expected ${channels} of each, the deviations above 0`);
  }
  return (images) => {
    const perChannel = (values: readonly number[]): Tensor => constant(tensorFrom(images.dtype, [channels, 1, 1], values));
    return div(sub(images, perChannel(mean)), perChannel(deviation));
  };
}
