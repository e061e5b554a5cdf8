/** @file ResNet-18 with group normalization: from an image to a map of features. */

import { add, maxPool2d, relu, scope, type Tensor } from "#engine/graph";
import {
  conv2d,
  conv2dSpec,
  fanOut,
  groupNorm2d,
  groupNormSpec,
  type Conv2dSize,
  type Conv2dSpec,
  type LayerNormSpec,
  type Traced,
} from "#engine/nn";

/** A convolution without bias and the normalization behind it. */
export type NormalizedConvSpec = { readonly conv: Conv2dSpec; readonly norm: LayerNormSpec };

export type BasicBlockSpec = {
  readonly first: NormalizedConvSpec;
  readonly second: NormalizedConvSpec;
  /** Where the block halves the image or changes its channels. */
  readonly shortcut?: NormalizedConvSpec;
};

export type Resnet18Spec = {
  readonly stem: NormalizedConvSpec;
  /** Four stages of two blocks. */
  readonly stages: readonly (readonly BasicBlockSpec[])[];
};

export interface Resnet18Size {
  /** Channels of the image. */
  readonly channels: number;
  /** Channels of the four stages, multiples of 16; the stem has those of the first. */
  readonly widths: readonly number[];
}

/** The sizes of He et al.: 11.2 M parameters on images of three channels. */
export const RESNET18_WIDTHS: readonly number[] = [64, 128, 256, 512];

/** Channels that are normalized together. */
const GROUP = 16;

/**
 * Convolutions start normal with deviation √(2/(outputs·kernel²)), as torchvision's.
 *
 * @throws RangeError unless there are four widths, multiples of 16
 */
export function resnet18Spec({ channels, widths }: Resnet18Size): Resnet18Spec {
  if (widths.length !== 4 || !widths.every((width) => Number.isInteger(width / GROUP) && width > 0)) {
    throw new RangeError(`resnet18: widths are [${widths.join(", ")}], expected four positive multiples of ${GROUP}`);
  }
  const [stem = 0] = widths;
  return {
    stem: normalizedConvSpec({ inputs: channels, outputs: stem, kernel: 7 }),
    stages: widths.map((outputs, stage) => {
      const inputs = widths[stage - 1] ?? stem;
      return [basicBlockSpec({ inputs, outputs, halves: stage > 0 }), basicBlockSpec({ inputs: outputs, outputs, halves: false })];
    }),
  };
}

function basicBlockSpec({ inputs, outputs, halves }: { inputs: number; outputs: number; halves: boolean }): BasicBlockSpec {
  return {
    first: normalizedConvSpec({ inputs, outputs, kernel: 3 }),
    second: normalizedConvSpec({ inputs: outputs, outputs, kernel: 3 }),
    ...(halves || inputs !== outputs ? { shortcut: normalizedConvSpec({ inputs, outputs, kernel: 1 }) } : {}),
  };
}

function normalizedConvSpec(size: Conv2dSize): NormalizedConvSpec {
  const weight = fanOut(size.outputs * size.kernel ** 2);
  return { conv: conv2dSpec(size, { role: "encoder", bias: false, weight }), norm: groupNormSpec(size.outputs, "encoder") };
}

/** What the network makes of an image on its way. */
export interface Resnet18Features {
  /** f32[B, widths[0], h/4, w/4], after max-pooling. */
  readonly stem: Tensor;
  /** After each stage; the last is f32[B, widths[3], h/32, w/32]. Halves are rounded up. */
  readonly stages: readonly Tensor[];
}

/**
 * A stem that quarters the image, and four stages of two residual blocks, of which the later three halve it. Every convolution is
 * followed by group normalization with a group for 16 channels, in place of batch normalization: moving averages of weights do not go with
 * statistics of batches.
 *
 * @param images f32[B, channels, h, w], normalized to about [-1, 1]
 *
 * Sources: He et al. 2015, arXiv:1512.03385; torchvision/models/resnet.py for strides, padding and initial values; group normalization as in
 * Diffusion Policy, arXiv:2303.04137, section 3.
 */
export function resnet18(p: Traced<Resnet18Spec>, images: Tensor): Resnet18Features {
  const stem = scope("stem", () =>
    maxPool2d(relu(normalizedConv(p.stem, images, 2)), { kernel: 3, stride: 2, padding: 1 }),
  );
  const stages: Tensor[] = [];
  let x = stem;
  for (const [stage, blocks] of p.stages.entries()) {
    blocks.forEach((block, i) => (x = scope(`stages.${stage}.${i}`, () => basicBlock(block, x, stage > 0 && i === 0 ? 2 : 1))));
    stages.push(x);
  }
  return { stem, stages };
}

function basicBlock(p: Traced<BasicBlockSpec>, x: Tensor, stride: number): Tensor {
  const h = normalizedConv(p.second, relu(normalizedConv(p.first, x, stride)), 1);
  return relu(add(h, p.shortcut === undefined ? x : normalizedConv(p.shortcut, x, stride)));
}

/** Padded so that a stride of 1 keeps the image's size. */
function normalizedConv(p: Traced<NormalizedConvSpec>, x: Tensor, stride: number): Tensor {
  const [channels = 0, , kernel = 0] = p.conv.weight.shape;
  return groupNorm2d(p.norm, conv2d(p.conv, x, { stride, padding: (kernel - 1) / 2 }), channels / GROUP);
}
