/** @file Layer, group and root-mean-square normalization. */

import { assertShape, ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";
import { sqrt } from "./sqrt.ts";
import { standardize } from "./standardize.ts";
import { mean } from "./sum.ts";
import { transpose } from "./transpose.ts";

/** Gain and bias of a normalization, f32[D] each. */
export interface Affine {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/**
 * Normalize the last axis, then scale and shift each feature.
 *
 * @param x f32[..., D]
 * Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450.
 */
export function layerNorm(x: Tensor, affine: Affine, epsilon: number = 1e-5): Tensor {
  const width = x.shape.at(-1) ?? 0;
  assertShape(affine.weight, [width], "layerNorm: weight");
  assertShape(affine.bias, [width], "layerNorm: bias");
  return add(mul(standardize(x, epsilon), affine.weight), affine.bias);
}

/**
 * Normalize groups of channels over the whole sequence, then scale and shift each channel.
 *
 * @param x f32[B, L, C], channels last
 * @param groups how many; divides C
 * Source: Wu and He 2018, arXiv:1803.08494.
 */
export function groupNorm(x: Tensor, groups: number, affine: Affine, epsilon: number = 1e-5): Tensor {
  const [batch = 0, length = 0, channels = 0] = x.shape;
  if (x.shape.length !== 3 || channels % groups !== 0) {
    throw new ShapeError(`groupNorm: x is ${formatType(x)}, expected [B, L, C] with C a multiple of ${groups}`);
  }
  assertShape(affine.weight, [channels], "groupNorm: weight");
  assertShape(affine.bias, [channels], "groupNorm: bias");
  const width = channels / groups;
  const grouped = transpose(reshape(x, [batch, length, groups, width]), [0, 2, 1, 3]); // [B, G, L, C/G]
  const normal = standardize(reshape(grouped, [batch * groups, length * width]), epsilon);
  const back = transpose(reshape(normal, [batch, groups, length, width]), [0, 2, 1, 3]);
  return add(mul(reshape(back, x.shape), affine.weight), affine.bias);
}

/**
 * Normalize groups of channels of images over all their pixels, then scale and shift each channel.
 *
 * @param x f32[B, C, h, w]
 * @param groups how many; divides C
 * Source: Wu and He 2018, arXiv:1803.08494.
 */
export function groupNorm2d(x: Tensor, groups: number, affine: Affine, epsilon: number = 1e-5): Tensor {
  const [batch = 0, channels = 0] = x.shape;
  if (x.shape.length !== 4 || channels % groups !== 0) {
    throw new ShapeError(`groupNorm2d: x is ${formatType(x)}, expected [B, C, h, w] with C a multiple of ${groups}`);
  }
  assertShape(affine.weight, [channels], "groupNorm2d: weight");
  assertShape(affine.bias, [channels], "groupNorm2d: bias");
  const normal = reshape(standardize(reshape(x, [batch * groups, -1]), epsilon), x.shape);
  const perChannel = (parameter: Tensor): Tensor => reshape(parameter, [channels, 1, 1]);
  return add(mul(normal, perChannel(affine.weight)), perChannel(affine.bias));
}

/**
 * x / √(mean x² + ε) over the last axis.
 *
 * @param x f32[..., D]
 * Source: Zhang and Sennrich 2019, arXiv:1910.07467, without the gain.
 */
export function rmsNormalize(x: Tensor, epsilon: number = 1e-6): Tensor {
  const meanSquare = mean(mul(x, x), -1, { keepDims: true });
  return div(x, sqrt(add(meanSquare, epsilon)));
}

/** The same, scaled by a gain. @param weight f32[D] */
export function rmsNorm(x: Tensor, weight: Tensor, epsilon: number = 1e-6): Tensor {
  assertShape(weight, [x.shape.at(-1) ?? 0], "rmsNorm: weight");
  return mul(rmsNormalize(x, epsilon), weight);
}
