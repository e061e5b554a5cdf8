/** @file Adaptive ensembling: weights by likeness to the newest prediction. */

import type { ChunkExecution, ExecutionSizes } from "./chunk-execution.ts";
import { weightedAggregation, type Predictions } from "./weighted-aggregation.ts";

export interface AdaptiveEnsembleOptions extends Omit<ExecutionSizes, "executeSteps"> {
  /** E: ticks from one chunk to the next. Default 1: a chunk every tick. */
  readonly executeSteps?: number;
  /** α ≥ 0: how much likeness counts; 0 is the plain mean. Default 0.1. */
  readonly alpha?: number;
}

/**
 * Average all predictions for a tick with weights
 *
 *     w_i = exp(α·cos(a_i, a_new)) / Σ_j exp(α·cos(a_j, a_new))
 *
 * where a_new is the newest: predictions that point elsewhere, from before the robot changed its mind, count less.
 *
 * @throws RangeError unless 1 ≤ executeSteps ≤ horizon and alpha is finite and not below 0
 *
 * Source: Li et al. 2024 (CogACT), arXiv:2411.19650 (adaptive action ensemble); microsoft/CogACT `adaptive_ensemble.py`,
 * whose 1e-7 stands under the cosine.
 */
export function adaptiveEnsemble(options: AdaptiveEnsembleOptions): ChunkExecution {
  const { alpha = 0.1, executeSteps = 1 } = options;
  if (!(Number.isFinite(alpha) && alpha >= 0)) {
    throw new RangeError(`adaptiveEnsemble: alpha is ${alpha}, expected a finite number of at least 0`);
  }
  return weightedAggregation("adaptiveEnsemble", { ...options, executeSteps }, (predictions, exponents) => {
    const newest = predictions.count - 1;
    for (let i = 0; i < predictions.count; i++) exponents[i] = alpha * cosine(predictions, i, newest);
  });
}

function cosine({ values, actionSize }: Predictions, i: number, j: number): number {
  let [product, ofI, ofJ] = [0, 0, 0];
  for (let a = 0; a < actionSize; a++) {
    const [x, y] = [values[i * actionSize + a] ?? 0, values[j * actionSize + a] ?? 0];
    product += x * y;
    ofI += x * x;
    ofJ += y * y;
  }
  return product / (Math.sqrt(ofI) * Math.sqrt(ofJ) + 1e-7);
}
