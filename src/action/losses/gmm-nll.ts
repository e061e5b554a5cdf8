/** @file Negative log-likelihood of action chunks under a mixture of Gaussians. */

import {
  add, assertDtype, assertShape, clip, exp, formatType, logSoftmax, logSumExp, mul, neg, not, reshape, ShapeError, square, sub, sum, where,
  type Tensor,
} from "#engine/graph";
import { weightedMean, type ChunkWeights } from "./weighted-mean.ts";

/** M Gaussians with diagonal covariance per step. */
export interface GaussianMixture {
  /** f32[B, H, M] unnormalized ln π */
  readonly logits: Tensor;
  /** f32[B, H, M, A] μ */
  readonly means: Tensor;
  /** f32[B, H, M, A] ln σ */
  readonly logScales: Tensor;
}

export interface GmmNllOptions extends Omit<ChunkWeights, "dimWeights"> {
  /** ln σ is clamped to this interval, such as [-5, 2]. Default: as given, for heads that bound their scales themselves. */
  readonly logScaleRange?: readonly [low: number, high: number];
}

/**
 * Mean over valid steps of -ln Σ_m π_m·Π_d N(a_d; μ_md, σ_md).
 *
 * The sum over components is a log-sum-exp: an action far from all of them would make every density underflow and the loss
 * infinite. One component covers all A dimensions of a step, and the constant A·½·ln 2π is in, so this is a log-likelihood;
 * it may be negative. With scales that can go to 0 it has no lower bound: keep a floor under σ.
 *
 * @param actions f32[B, H, A]
 * @returns f32[]; 0 if no step is valid
 * @throws ShapeError when shapes or dtypes differ; RangeError for weights that are not finite, negative, or all 0
 *
 * Source: Bishop 1994, "Mixture Density Networks", with numerics of ARISE-Initiative/robomimic at d309eae,
 * models/policy_nets.py L494-541. Its tanh on means and softplus with a floor on scales belong to the head.
 */
export function gmmNll(mixture: GaussianMixture, actions: Tensor, options: GmmNllOptions): Tensor {
  const { logScaleRange, isPad, ...weights } = options;
  const [B = 0, H = 0] = actions.shape;
  assertMixture(mixture, actions, "gmmNll");
  assertDtype(isPad, "bool", "gmmNll: isPad");
  assertShape(isPad, [B, H], "gmmNll: isPad");

  // Selected before anything is squared, so that NaN in padding reaches no gradient.
  const isValid = not(isPad);
  const kept = (x: Tensor): Tensor => where(reshape(isValid, [B, H, ...x.shape.slice(2).map(() => 1)]), x, 0);
  const logScales = kept(mixture.logScales);
  const bounded = logScaleRange === undefined ? logScales : clip(logScales, ...logScaleRange);
  const logP = gmmLogProb({ logits: kept(mixture.logits), means: kept(mixture.means), logScales: bounded }, kept(actions)); // [B, H]
  return weightedMean(neg(reshape(logP, [B, H, 1])), { isPad, ...weights }, "gmmNll");
}

/**
 * ln p(a) of every step under its mixture.
 *
 * @param actions f32[B, H, A]
 * @returns f32[B, H]
 * @throws ShapeError when shapes or dtypes differ
 */
export function gmmLogProb(mixture: GaussianMixture, actions: Tensor): Tensor {
  assertMixture(mixture, actions, "gmmLogProb");
  return logSumExp(add(logSoftmax(mixture.logits), componentLogProb(mixture, actions)));
}

/** ln N(a; μ_m, σ_m) of every step and component, f32[B, H, M]. */
export function componentLogProb({ means, logScales }: GaussianMixture, actions: Tensor): Tensor {
  const [B = 0, H = 0, A = 0] = actions.shape;
  const z = mul(sub(reshape(actions, [B, H, 1, A]), means), exp(neg(logScales))); // [B, H, M, A]
  return sub(neg(sum(add(mul(square(z), 0.5), logScales), -1)), (A * Math.log(2 * Math.PI)) / 2);
}

function assertMixture({ logits, means, logScales }: GaussianMixture, actions: Tensor, who: string): void {
  const [B = 0, H = 0, A = 0] = actions.shape;
  if (actions.shape.length !== 3) throw new ShapeError(`${who}: actions are ${formatType(actions)}, expected [B, H, A]`);
  const M = logits.shape.at(-1) ?? 0;
  assertShape(logits, [B, H, M], `${who}: logits`);
  assertShape(means, [B, H, M, A], `${who}: means`);
  assertShape(logScales, [B, H, M, A], `${who}: logScales`);
  for (const [name, tensor] of Object.entries({ logits, means, logScales })) assertDtype(tensor, actions.dtype, `${who}: ${name}`);
}
