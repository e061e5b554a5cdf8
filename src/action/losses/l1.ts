/** @file Mean absolute error of action chunks. */

import { abs, type Tensor } from "#engine/graph";
import { chunkError, weightedMean, type ChunkWeights } from "./weighted-mean.ts";

/**
 * Weighted mean of |â - a| over valid steps and dimensions. The gradient at an error of 0 is 0.
 *
 * Its best constant answer is the median, so single bad demonstrations pull it less than they pull the mean.
 *
 * @param prediction f32[B, H, A] â
 * @param target f32[B, H, A] a, in the same units
 * @returns f32[]; 0 if nothing counts
 * @throws ShapeError, RangeError as `weightedMean`
 *
 * Source: Zhao et al. 2023 (ACT), arXiv:2304.13705, and Kim et al. 2025 (OpenVLA-OFT), arXiv:2502.19645, regress chunks so.
 * ACT averages over padded steps too; here they do not count.
 */
export function l1Loss(prediction: Tensor, target: Tensor, weights: ChunkWeights): Tensor {
  return weightedMean(abs(chunkError(prediction, target, weights, "l1Loss")), weights, "l1Loss");
}
