/** @file Huber loss of action chunks: squared for small errors, absolute for large ones. */

import { clip, mul, sub, type Tensor } from "#engine/graph";
import { chunkError, weightedMean, type ChunkWeights } from "./weighted-mean.ts";

export interface HuberOptions extends ChunkWeights {
  /** δ > 0, in the unit of the actions: the error from which on the loss grows linearly. Default 1. */
  readonly delta?: number;
}

/**
 * Weighted mean of ½·e² for |e| ≤ δ and δ·(|e| - ½·δ) beyond, with e = â - a.
 *
 * The slope never exceeds δ, so a smaller δ also makes the loss smaller. `smoothL1Loss` is this divided by δ: its slope never
 * exceeds 1. The two are equal at δ = 1 only.
 *
 * @param prediction f32[B, H, A] â
 * @param target f32[B, H, A] a, in the same units
 * @returns f32[]; 0 if nothing counts
 * @throws ShapeError, RangeError as `weightedMean`; RangeError unless δ > 0
 *
 * Source: Huber 1964, "Robust Estimation of a Location Parameter", Ann. Math. Statist. 35.
 */
export function huberLoss(prediction: Tensor, target: Tensor, options: HuberOptions): Tensor {
  const { delta = 1, ...weights } = options;
  const error = chunkError(prediction, target, weights, "huberLoss");
  return weightedMean(huber(error, delta, "huberLoss: delta"), weights, "huberLoss");
}

/**
 * Huber's function of an error, element by element.
 *
 * @param error f32[...]
 * @throws RangeError unless δ > 0
 */
export function huber(error: Tensor, delta: number, who: string): Tensor {
  if (!(delta > 0 && Number.isFinite(delta))) throw new RangeError(`${who} is ${delta}, expected a number above 0`);
  // With c = clip(e, -δ, δ) both pieces are c·(e - ½·c), so neither has to be chosen, and no slope of the other leaks in.
  const clipped = clip(error, -delta, delta);
  return mul(clipped, sub(error, mul(clipped, 0.5)));
}
