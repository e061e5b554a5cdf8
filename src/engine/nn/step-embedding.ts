/** @file Sinusoidal features of a diffusion step. */

import { tensorFrom } from "#engine/array";
import { concat, constant, cos, mul, reshape, ShapeError, sin, type Tensor } from "#engine/graph";

/**
 * sin and cos of k·10000^(-i/(half - 1)) for i = 0 … half - 1.
 *
 * @param step f32[B] diffusion steps 0 … K-1
 * @param width number of features, even, at least 4
 * @returns f32[B, width], sines first
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5, as in real-stanford/diffusion_policy,
 * diffusion_policy/model/diffusion/positional_embedding.py at 5ba07ac.
 */
export function stepEmbedding(step: Tensor, width: number): Tensor {
  if (width % 2 !== 0 || width < 4) throw new ShapeError(`stepEmbedding: width must be even and at least 4, got ${width}`);
  const half = width / 2;
  const rates = Array.from({ length: half }, (_, i) => 10_000 ** (-i / (half - 1)));
  const angle = mul(reshape(step, [-1, 1]), constant(tensorFrom(step.dtype, [half], rates)));
  return concat([sin(angle), cos(angle)], 1);
}
