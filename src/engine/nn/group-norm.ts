/** @file Group normalization of sequences and images with a learned gain and bias. */

import { groupNorm as normalize, groupNorm2d as normalizeImages, type Tensor } from "#engine/graph";
import { layerNormSpec, type LayerNormSpec } from "./layer-norm.ts";
import type { ParameterRole, Traced } from "./parameters.ts";

/** One gain and one bias per channel. */
export function groupNormSpec(channels: number, role: ParameterRole): LayerNormSpec {
  return layerNormSpec(channels, role);
}

/**
 * @param x f32[B, L, channels]
 * @param groups divides the channels
 *
 * Source: arXiv:1803.08494.
 */
export function groupNorm(p: Traced<LayerNormSpec>, x: Tensor, groups: number, epsilon: number = 1e-5): Tensor {
  return normalize(x, groups, p, epsilon);
}

/**
 * @param x f32[B, channels, h, w]
 * @param groups divides the channels
 *
 * Source: arXiv:1803.08494.
 */
export function groupNorm2d(p: Traced<LayerNormSpec>, x: Tensor, groups: number, epsilon: number = 1e-5): Tensor {
  return normalizeImages(x, groups, p, epsilon);
}
