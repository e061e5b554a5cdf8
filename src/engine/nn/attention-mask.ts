/** @file Who may look at whom: masks that are added to the scores of an attention. */

import { tensorFrom, type Dtype } from "#engine/array";
import { constant, type Tensor } from "#engine/graph";

/**
 * The score of a pair that may not look: its weight is exactly 0 after the softmax.
 *
 * Finite, where PyTorch has -∞: infinities are not portable to every execution provider.
 */
export const MASKED = -1e9;

/** A mask from a rule: f32[queries, keys], 0 where `mayLook`, `MASKED` elsewhere. */
export function attentionMask(
  queries: number,
  keys: number,
  mayLook: (query: number, key: number) => boolean,
  dtype: Dtype = "f32",
): Tensor {
  const values = Array.from({ length: queries * keys }, (_, i) => (mayLook(Math.floor(i / keys), i % keys) ? 0 : MASKED));
  return constant(tensorFrom(dtype, [queries, keys], values));
}

/**
 * Every token sees itself and those before it.
 *
 * @param cached tokens before the first query, which all see; default 0
 * @returns f32[N, cached + N]
 */
export function causalMask(tokens: number, cached: number = 0): Tensor {
  return attentionMask(tokens, cached + tokens, (query, key) => key <= cached + query);
}
