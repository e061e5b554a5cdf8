/** @file Mean squared error of action chunks. */

import { square, type Tensor } from "#engine/graph";
import { chunkError, weightedMean, type ChunkWeights } from "./weighted-mean.ts";

/**
 * Weighted mean of (â - a)² over valid steps and dimensions.
 *
 * The mean runs over the A dimensions too. The form (1/N)·Σ‖â - a‖², with the squared norm of a whole action, is A times
 * as large.
 *
 * Angles that wrap are not to be regressed this way: use small differences of rotation, or the first two columns of the matrix.
 *
 * @param prediction f32[B, H, A] â
 * @param target f32[B, H, A] a, in the same units
 * @returns f32[]; 0 if nothing counts
 * @throws ShapeError, RangeError as `weightedMean`
 */
export function mseLoss(prediction: Tensor, target: Tensor, weights: ChunkWeights): Tensor {
  return weightedMean(square(chunkError(prediction, target, weights, "mseLoss")), weights, "mseLoss");
}
