/** @file SigLIP: judge every pair of query and key by itself, as belonging together or not. */

import { add, assertShape, cast, div, exp, maximum, mul, neg, softplus, sum, where, type Operand, type Tensor } from "#engine/graph";
import { cosinePairs, type PairMasks } from "./cosine-pairs.ts";

export interface SiglipOptions extends PairMasks {
  /** Logarithm of the factor on the cosines: f32[] if it is a parameter. Default ln 10, where training starts. */
  readonly logScale?: Operand;
  /** Added to every logit: f32[] if it is a parameter. Default -10, where training starts: most pairs are negative. */
  readonly bias?: Operand;
}

/**
 * -Σ_ij ln σ(y_ij·(scale·cos(q_i, k_j) + bias)) / B, with y = 1 for i = j and -1 elsewhere.
 *
 * Pairs of the same episode are left out, as are pairs that do not count; the sum is divided by the number of valid anchors B,
 * not of pairs. Unlike InfoNCE it needs no softmax over the batch.
 *
 * @param query f32[B, C]
 * @param key f32[B, C]; key i belongs to query i
 * @returns f32[]; 0 if no pair is valid
 * @throws ShapeError when shapes or dtypes differ
 *
 * Source: Zhai et al. 2023, arXiv:2303.15343, algorithm 1.
 */
export function siglipLoss(query: Tensor, key: Tensor, options: SiglipOptions = {}): Tensor {
  const { logScale = Math.log(10), bias = -10 } = options;
  if (typeof logScale !== "number") assertShape(logScale, [], "siglipLoss: logScale");
  if (typeof bias !== "number") assertShape(bias, [], "siglipLoss: bias");
  const { cosines, isPositive, isCompared, isValid } = cosinePairs(query, key, options, "siglipLoss");

  const scale = typeof logScale === "number" ? Math.exp(logScale) : exp(logScale);
  const logits = add(mul(cosines, scale), bias); // [B, B]
  const cost = softplus(where(isPositive, neg(logits), logits)); // -ln σ(y·logit)
  const anchors = sum(cast(isValid, query.dtype));
  return div(sum(where(isCompared, cost, 0)), maximum(anchors, 1));
}
