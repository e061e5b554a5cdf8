/** @file Distillation by regression: a student says what a teacher says, about actions or about noisy actions. */

import { assertShape, square, stopGradient, type Tensor } from "#engine/graph";
import { chunkError, weightedMean, type ChunkWeights } from "./weighted-mean.ts";

/**
 * Weighted mean of (student - teacher)² over valid steps and dimensions.
 *
 * For policies that answer with a chunk. A policy that samples one of several chunks is not to be distilled this way: the mean of its
 * samples is none of them. Use `matchedDistillation` for flow and diffusion, `distillationKl` for tokens.
 *
 * @param student f32[B, H, A]
 * @param teacher f32[B, H, A]; no gradient passes
 * @returns f32[]; 0 if nothing counts
 * @throws ShapeError, RangeError as `weightedMean`
 */
export function regressionDistillation(student: Tensor, teacher: Tensor, weights: ChunkWeights): Tensor {
  return meanSquare(student, teacher, weights, "regressionDistillation");
}

/** A network inside a flow or diffusion head: a velocity, noise, actions or v, f32[B, H, A]. */
export type TimedDenoiser = (noisyActions: Tensor, time: Tensor) => Tensor;

export interface MatchedBatch extends ChunkWeights {
  /** f32[B, H, A] x at the time; from `addNoise`, or from the `interpolate` of a flow path. */
  readonly noisyActions: Tensor;
  /** i64[B] diffusion step or f32[B] flow time, whichever the networks take. */
  readonly time: Tensor;
}

/**
 * Weighted mean of (student(x, t) - teacher(x, t))²: both are asked about the same noisy chunk at the same time. That distils the
 * distribution, since the field decides what is sampled; comparing samples would compare chance.
 *
 * Both have to predict the same thing (velocity, ε, a or v) on the same path or schedule.
 *
 * @returns f32[]; 0 if nothing counts
 * @throws ShapeError when a prediction is not shaped as the chunk; otherwise as `weightedMean`
 */
export function matchedDistillation(student: TimedDenoiser, teacher: TimedDenoiser, batch: MatchedBatch): Tensor {
  const { noisyActions, time } = batch;
  const [ours, theirs] = [student(noisyActions, time), teacher(noisyActions, time)];
  assertShape(ours, noisyActions.shape, "matchedDistillation: student");
  assertShape(theirs, noisyActions.shape, "matchedDistillation: teacher");
  return meanSquare(ours, theirs, batch, "matchedDistillation");
}

function meanSquare(student: Tensor, teacher: Tensor, weights: ChunkWeights, who: string): Tensor {
  return weightedMean(square(chunkError(student, stopGradient(teacher), weights, who)), weights, who);
}
