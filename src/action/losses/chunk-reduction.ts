/** @file From costs per step and dimension to one number, by name. */

import { cast, div, max, maximum, mul, reshape, sum, where, type Tensor } from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";

/**
 * What is averaged; the rest is summed.
 *
 * - `"mean"`: steps and dimensions. The scale does not change with A or H. The default everywhere.
 * - `"sum-over-dims"`: steps only. An action that costs in two dimensions costs twice.
 * - `"sum-over-chunk"`: chunks only, those with a step that counts. A longer chunk costs more.
 */
export type ChunkReduction = "mean" | "sum-over-dims" | "sum-over-chunk";

export interface ReductionOptions {
  /** bool[B, T] */
  readonly isValid: Tensor;
  readonly reduction: ChunkReduction;
  /** How many of the A dimensions hold a cost; the others hold 0. */
  readonly dimensions: number;
}

/**
 * @param costs f32[B, T, A]; steps that are not valid may hold anything
 * @returns f32[]; 0 if no step is valid
 */
export function reduceChunk(costs: Tensor, { isValid, reduction, dimensions }: ReductionOptions): Tensor {
  const [B = 0, T = 0] = costs.shape;
  const perStep = sum(where(reshape(isValid, [B, T, 1]), costs, 0), -1); // [B, T]
  if (reduction === "sum-over-chunk") {
    const chunks = sum(max(cast(isValid, costs.dtype), 1));
    return div(sum(perStep), maximum(chunks, 1));
  }
  const overSteps = maskedMean(perStep, isValid);
  return reduction === "mean" ? mul(overSteps, 1 / dimensions) : overSteps;
}
