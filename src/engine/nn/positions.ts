/** @file Where a token stands in its sequence: learned vectors, or sines and cosines. */

import { tensorFrom } from "#engine/array";
import { constant, ShapeError, type Tensor } from "#engine/graph";
import { normal } from "./initializers.ts";
import { parameter, type ParameterRole, type ParameterSpec } from "./parameters.ts";

/** A learned vector for every place, f32[1, N, D], N(0, 0.02²) as in GPT-2. */
export function learnedPositionsSpec(tokens: number, width: number, role: ParameterRole): ParameterSpec {
  return parameter([1, tokens, width], normal(0.02), { decay: false, role });
}

/**
 * sin and cos of n·10000^(-2i/D), interleaved: feature 2i is the sine, 2i + 1 the cosine.
 *
 * @param width even
 * @returns f32[N, D]
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5.
 */
export function sinusoidalPositions(tokens: number, width: number): Tensor {
  if (width % 2 !== 0) throw new ShapeError(`sinusoidalPositions: width must be even, got ${width}`);
  const values = Array.from({ length: tokens * width }, (_, at) => {
    const [token, feature] = [Math.floor(at / width), at % width];
    const angle = token * 10_000 ** (-(feature - (feature % 2)) / width);
    return feature % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return constant(tensorFrom("f32", [tokens, width], values));
}
