/** @file Smooth L1 loss of action chunks: L1 with a rounded tip. */

import { mul, type Tensor } from "#engine/graph";
import { huber } from "./huber.ts";
import { chunkError, weightedMean, type ChunkWeights } from "./weighted-mean.ts";

export interface SmoothL1Options extends ChunkWeights {
  /** β > 0, in the unit of the actions: below this error the tip is rounded. Default 1. */
  readonly beta?: number;
}

/**
 * Weighted mean of ½·e²/β for |e| ≤ β and |e| - ½·β beyond, with e = â - a.
 *
 * It is Huber's loss with δ = β, divided by β: the slope of large errors is 1 whatever β is, and as β goes to 0 it becomes L1.
 * Formula and code in the wild often mix the two; they agree at 1 only.
 *
 * @param prediction f32[B, H, A] â
 * @param target f32[B, H, A] a, in the same units
 * @returns f32[]; 0 if nothing counts
 * @throws ShapeError, RangeError as `weightedMean`; RangeError unless β > 0
 *
 * Source: Girshick 2015, arXiv:1504.08083, eq. 3, which has β = 1.
 */
export function smoothL1Loss(prediction: Tensor, target: Tensor, options: SmoothL1Options): Tensor {
  const { beta = 1, ...weights } = options;
  const error = chunkError(prediction, target, weights, "smoothL1Loss");
  return weightedMean(mul(huber(error, beta, "smoothL1Loss: beta"), 1 / beta), weights, "smoothL1Loss");
}
