/** @file Temporal ensembling: weights by age. */

import type { ChunkExecution, ExecutionSizes } from "./chunk-execution.ts";
import { weightedAggregation } from "./weighted-aggregation.ts";

export interface TemporalEnsembleOptions extends Omit<ExecutionSizes, "executeSteps"> {
  /** E: ticks from one chunk to the next. Default 1: a chunk every tick. */
  readonly executeSteps?: number;
  /** m, per chunk: above 0 the oldest prediction weighs most, below 0 the newest. Default 0.01. */
  readonly decay?: number;
}

/**
 * Average all predictions for a tick with weights
 *
 *     w_i = exp(-m·i) / Σ_j exp(-m·j)        i = 0 is the oldest
 *
 * ACT uses m = 0.01, so that older predictions weigh slightly more; SpatialVLA's evaluation m = -0.8, so that the
 * newest of four weighs 0.57. Every dimension is averaged, a gripper that is open or closed as well.
 *
 * Deviation: with E > 1 the chunks are E ticks apart, and i still counts chunks. ACT knows E = 1 alone.
 *
 * @throws RangeError unless 1 ≤ executeSteps ≤ horizon and the decay is finite
 *
 * Source: Zhao et al. 2023, arXiv:2304.13705, section IV-A; tonyzhaozh/act at 742c753, `imitate_episodes.py`;
 * DelinQu/SimplerEnv-OpenVLA at ccfe380, `action_ensemble.py` (`ActionEnsembler`), where m is called temperature.
 */
export function temporalEnsemble(options: TemporalEnsembleOptions): ChunkExecution {
  const { decay = 0.01, executeSteps = 1 } = options;
  if (!Number.isFinite(decay)) throw new RangeError(`temporalEnsemble: decay is ${decay}, expected a finite number`);
  return weightedAggregation("temporalEnsemble", { ...options, executeSteps }, ({ count }, exponents) => {
    for (let i = 0; i < count; i++) exponents[i] = -decay * i;
  });
}
