/** @file Co-training: one step on examples of different kinds, each term by its own count. */

import { add, cast, mul, sum, type Tensor } from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";
import { validMask } from "./valid-mask.ts";

/** One term of a mixed batch, such as text tokens or robot actions. */
export interface CoTrainingTerm {
  /** f32[...] loss of every example, token or step; may hold anything where it does not count. */
  readonly values: Tensor;
  /** bool, broadcast to [...]: true where this term applies. */
  readonly isValid: Tensor;
  /** Default 1. */
  readonly weight?: number;
}

export interface CoTrainingLoss {
  /** f32[], minimized. */
  readonly loss: Tensor;
  /** f32[] each: for every term NAME its mean before its weight, and `NAMECount`, how many entries it is the mean of. */
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/**
 * Σ_i w_i·(Σ m_i·ℓ_i / max(1, Σ m_i)).
 *
 * Every term is divided by its own count, so the share of robot data in a batch does not set its weight. A term that a batch has no
 * entry for is exactly 0, with gradient 0.
 *
 * The values come from outside, so NaN behind a mask stays away from the loss, and from the gradient of `values`; what made the values has
 * to select before operations such as a square. To keep the gradient of one term from reaching a shared trunk, as π0.5 does for its
 * actions, cut the trunk's features with `stopGradient`; a mask does not do that.
 *
 * @throws ShapeError when a mask does not go with its values; RangeError when there is no term, a weight is not finite and ≥ 0, or two
 *   metrics would have one name
 *
 * Source: Driess et al. 2025, arXiv:2505.23705 (text and flow terms, each with a mask and a weight).
 */
export function coTrainingLoss(terms: Readonly<Record<string, CoTrainingTerm>>): CoTrainingLoss {
  const metrics: Record<string, Tensor> = {};
  const weighted: Tensor[] = [];
  for (const [name, { values, isValid, weight = 1 }] of Object.entries(terms)) {
    if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`coTrainingLoss: the weight of ${name} is ${weight}, expected a finite number ≥ 0`);
    const mask = validMask(isValid, values.shape, `coTrainingLoss: ${name}`);
    const term = maskedMean(values, mask);
    weighted.push(mul(term, weight));
    for (const [key, metric] of [[name, term], [`${name}Count`, sum(cast(mask, values.dtype))]] as const) {
      if (Object.hasOwn(metrics, key)) throw new RangeError(`coTrainingLoss: two metrics are named ${key}; rename a term`);
      metrics[key] = metric;
    }
  }
  if (weighted.length === 0) throw new RangeError("coTrainingLoss: there is no term, expected at least one");
  return { loss: weighted.reduce((a, b) => add(a, b)), metrics };
}
