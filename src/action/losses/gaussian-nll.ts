/** @file Negative log-likelihood of action chunks under a Gaussian of predicted mean and variance. */

import { add, assertDtype, assertShape, clip, exp, mul, neg, square, stopGradient, type Tensor } from "#engine/graph";
import { chunkError, selectCounted, weightedMean, type ChunkWeights } from "./weighted-mean.ts";

export interface GaussianPrediction {
  /** f32[B, H, A] μ */
  readonly mean: Tensor;
  /** f32[B, H, A] s = ln σ² */
  readonly logVariance: Tensor;
  /** f32[B, H, A] a, in the unit of the mean. */
  readonly target: Tensor;
}

export interface GaussianNllOptions extends ChunkWeights {
  /** s is clamped to this interval. Default [-10, 2]: σ between 0.0067 and 2.7 in normalized units. */
  readonly logVarianceRange?: readonly [low: number, high: number];
  /** β in [0, 1] of β-NLL: 0 is the plain likelihood, 1 gives the mean the gradient of a squared error. Default 0. */
  readonly beta?: number;
}

/**
 * Weighted mean of ½·((a - μ)²·e^(-s) + s)·⌊σ^(2β)⌋ over valid steps and dimensions; ⌊·⌋ passes no gradient.
 *
 * s itself is clamped, so both terms and the gradient see the same variance: outside the range s has no gradient. Where only
 * the variance of the first term is clamped, s → -∞ lowers the loss without bound.
 *
 * The constant ½·ln 2π is left out; add it to compare with a log-likelihood such as that of `gmmNll`. The loss may be
 * negative. Under the plain likelihood, dimensions with a large variance teach their mean slowly; β = 0.5 cures that.
 *
 * @returns f32[]; 0 if nothing counts
 * @throws ShapeError when shapes or dtypes differ; RangeError for a β outside [0, 1]; otherwise as `weightedMean`
 *
 * Source: Nix and Weigend 1994; β-NLL: Seitzer et al. 2022, arXiv:2203.09168. Summed over dimensions there, averaged here.
 */
export function gaussianNll(prediction: GaussianPrediction, options: GaussianNllOptions): Tensor {
  const { mean, logVariance, target } = prediction;
  const { logVarianceRange: [low, high] = [-10, 2], beta = 0, ...weights } = options;
  if (!(beta >= 0 && beta <= 1)) throw new RangeError(`gaussianNll: beta is ${beta}, expected a number in [0, 1]`);
  assertShape(logVariance, mean.shape, "gaussianNll: logVariance");
  assertDtype(logVariance, mean.dtype, "gaussianNll: logVariance");

  const error = chunkError(mean, target, weights, "gaussianNll");
  const s = clip(selectCounted(logVariance, weights, "gaussianNll"), low, high);
  const nll = mul(add(mul(square(error), exp(neg(s))), s), 0.5);
  return weightedMean(beta === 0 ? nll : mul(nll, stopGradient(exp(mul(s, beta)))), weights, "gaussianNll");
}
