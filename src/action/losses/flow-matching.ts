/** @file Conditional flow matching on action chunks. */

import { assertDtype, assertShape, reshape, square, type Tensor } from "#engine/graph";
import { straightPath, type FlowPath, type PathEnds } from "./flow-path.ts";
import { chunkError, weightedMean, type ChunkWeights } from "./weighted-mean.ts";

/** v_θ(x_τ, τ): predicts the velocity of a noisy action chunk. */
export type VelocityField = (noisyActions: Tensor, tau: Tensor) => Tensor;

/** `noise` and `tau` are drawn by the caller, so that the graph stays deterministic. */
export interface FlowMatchingBatch extends PathEnds {
  /** f32[B] flow time in [0, 1]; `flow-time.ts` holds distributions for it. */
  readonly tau: Tensor;
  /** bool[B, H] true where the chunk runs past the end of its episode. */
  readonly isPad: Tensor;
}

/** `timeWeights` and `dimWeights` are those of every loss on chunks. */
export interface FlowMatchingLossOptions extends Omit<ChunkWeights, "isPad"> {
  /** How noise and action are mixed; default the straight line. Sampling has to integrate what was trained. */
  readonly path?: FlowPath;
}

/**
 * Regress the velocity that carries noise to an action chunk, by default along a straight line:
 *
 *     x_τ = (1 - τ)·ε + τ·a        u = a - ε        loss = E ‖v_θ(x_τ, τ) - u‖²
 *
 * τ runs from 0 (noise) to 1 (action). openpi and lerobot's pi0 run the other way; convert with
 * τ = 1 - t where their weights are read, and nowhere else. The π0 paper (arXiv:2410.24164) mixes the two: its x_τ runs as ours,
 * its target is ε - a, and following that from noise leads away from the action.
 *
 * @returns f32[] weighted mean over the valid steps and the A dimensions; 0 if nothing counts
 * @throws ShapeError when the mask, the noise, the times or the velocity do not go with the actions;
 *   RangeError for weights as `weightedMean`
 *
 * Source: Lipman et al. 2022, arXiv:2210.02747 (OT path, σ_min = 0);
 * Tong et al. 2023, arXiv:2302.00482, eq. 14-15 (independent coupling, σ = 0).
 */
export function flowMatchingLoss(
  velocity: VelocityField,
  batch: FlowMatchingBatch,
  options: FlowMatchingLossOptions = {},
): Tensor {
  const { actions, noise, tau, isPad } = batch;
  const { path = straightPath, ...weights } = options;
  const [B = 0, H = 0] = actions.shape;
  assertShape(noise, actions.shape, "flowMatchingLoss: noise");
  assertDtype(tau, actions.dtype, "flowMatchingLoss: tau");
  assertShape(tau, [B], "flowMatchingLoss: tau");
  assertShape(isPad, [B, H], "flowMatchingLoss: isPad");

  const t = reshape(tau, [B, 1, 1]);
  const predicted = velocity(path.interpolate(batch, t), tau);
  assertShape(predicted, actions.shape, "flowMatchingLoss: velocity");
  const counted = { ...weights, isPad };
  const error = chunkError(predicted, path.velocity(batch, t), counted, "flowMatchingLoss"); // [B, H, A]
  return weightedMean(square(error), counted, "flowMatchingLoss");
}
