/** @file Estimates of a divergence between policies from the log-probabilities of samples. */

import { assertDtype, assertShape, exp, mul, neg, square, sub, where, type Tensor } from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";
import { validMask } from "./valid-mask.ts";

/** Log-probabilities of the same samples under two policies. */
export interface KlSamples {
  /** f32[...] ln p, of the policy p that drew the samples. */
  readonly logProb: Tensor;
  /** f32[...] ln q, of the policy q to compare with. */
  readonly otherLogProb: Tensor;
  /** bool, broadcast to [...]: true where a sample counts. Default: everywhere. */
  readonly isValid?: Tensor | undefined;
}

/** The term whose mean estimates KL(p ‖ q), from ln r = ln q - ln p. */
const ESTIMATORS = {
  k1: (logRatio: Tensor): Tensor => neg(logRatio),
  k2: (logRatio: Tensor): Tensor => mul(square(logRatio), 0.5),
  k3: (logRatio: Tensor): Tensor => sub(sub(exp(logRatio), 1), logRatio),
} as const;

export type KlEstimator = keyof typeof ESTIMATORS;

/**
 * Estimate of KL(p ‖ q) from samples of p, averaged over those that count; with r = q/p:
 *
 *     k1 = -ln r      unbiased, may be negative, noisy
 *     k2 = ½·(ln r)²  ≥ 0, biased, little noise
 *     k3 = r - 1 - ln r   ≥ 0, unbiased, little noise
 *
 * That is about values. As a loss, k3 has the gradient (1 - r)·∇ln p, whose mean over samples of p is the gradient of the other
 * direction, KL(q ‖ p); k2 has that of KL(p ‖ q). All three pull p towards q.
 *
 * k3 is infinite where r overflows: in float32 where q is e⁸⁸ times as likely as p.
 *
 * @returns f32[]; 0 if no sample counts
 * @throws ShapeError when the tensors do not go together
 *
 * Source: Schulman 2020, "Approximating KL divergence", http://joschu.net/blog/kl-approx.html; the gradients follow from
 * E_p[∇ln p] = 0.
 */
export function klEstimate(samples: KlSamples, estimator: KlEstimator = "k3"): Tensor {
  const { logProb, otherLogProb } = samples;
  assertShape(otherLogProb, logProb.shape, "klEstimate: otherLogProb");
  assertDtype(otherLogProb, logProb.dtype, "klEstimate: otherLogProb");
  const isValid = validMask(samples.isValid, logProb.shape, "klEstimate");
  return maskedMean(ESTIMATORS[estimator](where(isValid, sub(otherLogProb, logProb), 0)), isValid);
}
