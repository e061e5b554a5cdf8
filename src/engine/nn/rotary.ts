/** @file Rotary positions: queries and keys are turned by where they stand, so that scores depend on distances. */

import { tensorFrom } from "#engine/array";
import { add, concat, constant, cos, mul, reshape, ShapeError, sin, slice, sub, type Tensor } from "#engine/graph";

/** Cosines and sines of the angles of every token, f32[B, 1, N, d/2] each. */
export interface Rotation {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/**
 * Angles n·base^(-2i/d) of tokens at places n, for heads of d numbers.
 *
 * @param positions f32[B, N]
 * @param headSize d, even
 * @throws ShapeError when d is odd
 */
export function rotation(positions: Tensor, headSize: number, base: number = 10_000): Rotation {
  if (headSize % 2 !== 0) throw new ShapeError(`rotation: heads of ${headSize} numbers cannot be halved, expected an even size`);
  const [batch = 0, tokens = 0] = positions.shape;
  const rates = Array.from({ length: headSize / 2 }, (_, i) => base ** ((-2 * i) / headSize));
  const angles = mul(reshape(positions, [batch, 1, tokens, 1]), constant(tensorFrom(positions.dtype, [rates.length], rates)));
  return { cos: cos(angles), sin: sin(angles) };
}

/**
 * Turn every pair (x_i, x_{i + d/2}) by its angle: the halves of a head are the two coordinates, as in Gemma and LLaMA, not neighbours as
 * in the paper.
 *
 * @param x f32[B, heads, N, d]
 *
 * Source: Su et al. 2021, arXiv:2104.09864, eq. 34; halves as in openpi, src/openpi/models/gemma.py `_apply_rope` at 15a9616.
 */
export function rotate(x: Tensor, { cos: c, sin: s }: Rotation): Tensor {
  const size = x.shape.at(-1) ?? 0;
  const [first, second] = [slice(x, 3, 0, size / 2), slice(x, 3, size / 2, size)];
  return concat([sub(mul(first, c), mul(second, s)), add(mul(second, c), mul(first, s))], 3);
}
