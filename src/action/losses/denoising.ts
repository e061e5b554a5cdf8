/** @file Denoising loss of diffusion on action chunks. */

import { assertDtype, assertShape, mul, square, type Tensor } from "#engine/graph";
import { mix, noiseRates, perStep, type ForwardBatch } from "./forward-process.ts";
import type { NoiseSchedule } from "./noise-schedule.ts";
import { predictionType, type PredictionName } from "./prediction-type.ts";
import { chunkError, weightedMean, type ChunkWeights } from "./weighted-mean.ts";

/** Predicts noise, actions or v, f32[B, H, A], for a noisy chunk f32[B, H, A] and its diffusion step i64[B]. */
export type StepDenoiser = (noisyActions: Tensor, step: Tensor) => Tensor;

/** `noise` and `step` are drawn by the caller, so that the graph stays deterministic: ε ~ N(0, I), k uniform in [0, steps). */
export interface DenoisingBatch extends ForwardBatch {
  /** bool[B, H] true where the chunk runs past the end of its episode. */
  readonly isPad: Tensor;
}

/** `timeWeights` and `dimWeights` are those of every loss on chunks. */
export interface DenoisingOptions extends Omit<ChunkWeights, "isPad"> {
  readonly schedule: NoiseSchedule;
  /** What the denoiser's output is read as. */
  readonly predicts: PredictionName;
  /** γ > 0 of min-SNR weights, 5 in the paper; without it all steps weigh 1. */
  readonly minSnrGamma?: number;
}

/**
 * Regress what was mixed into a noisy chunk:
 *
 *     x_k = √ᾱ_k·a + √(1 - ᾱ_k)·ε        loss = E w_k·‖d_θ(x_k, k) - target‖²        target: ε, a, or v = √ᾱ_k·ε - √(1 - ᾱ_k)·a
 *
 * The actions are to be normalized to [-1, 1], because samplers clip to that range. Padded steps are left out, whereas Diffusion
 * Policy and LeRobot count them by default.
 *
 * @returns f32[] weighted mean over the valid steps and the A dimensions; 0 if nothing counts. The weights w_k are not normalized:
 *   they are part of the loss, and their sum over a batch is chance
 * @throws ShapeError when noise, steps, mask or prediction do not go with the actions
 * @throws RangeError when `minSnrGamma` is not above 0, `predicts` is none of the prediction types, or for weights as `weightedMean`
 *
 * Source: Ho et al. 2020, arXiv:2006.11239, eq. 14; predictions and weights: see `PREDICTION_TYPES`; on action chunks: Chi et al.
 * 2023, arXiv:2303.04137.
 */
export function denoisingLoss(denoiser: StepDenoiser, batch: DenoisingBatch, options: DenoisingOptions): Tensor {
  const { actions, step, isPad } = batch;
  const { schedule, predicts, minSnrGamma, ...weights } = options;
  assertBatch(batch);
  const kind = predictionType(predicts, "denoisingLoss");
  const rates = noiseRates(schedule, step, actions.dtype);
  const prediction = denoiser(mix(batch, rates), step);
  assertShape(prediction, actions.shape, "denoisingLoss: prediction");

  const counted = { ...weights, isPad };
  const squared = square(chunkError(prediction, kind.target(batch, rates), counted, "denoisingLoss")); // [B, H, A]
  if (minSnrGamma === undefined) return weightedMean(squared, counted, "denoisingLoss");
  const perChunk = perStep(minSnrWeights(schedule, predicts, minSnrGamma), step, actions.dtype); // [B, 1, 1]
  return weightedMean(mul(perChunk, squared), counted, "denoisingLoss");
}

/**
 * w_k of every step of a schedule, float64: less weight where there is little noise and the task is easy.
 *
 * @param gamma cap on the signal-to-noise ratio, > 0
 * @throws RangeError when gamma is not above 0, or `predicts` is none of the prediction types
 *
 * Source: Hang et al. 2023, arXiv:2303.09556; the formulas stand at `PREDICTION_TYPES`.
 */
export function minSnrWeights({ alphaBars }: NoiseSchedule, predicts: PredictionName, gamma: number): Float64Array {
  if (!(gamma > 0)) throw new RangeError(`minSnrWeights: gamma is ${gamma}, expected a number above 0 (5 in the paper)`);
  const kind = predictionType(predicts, "minSnrWeights");
  return alphaBars.map((alphaBar) => kind.minSnrWeight(alphaBar / (1 - alphaBar), gamma));
}

function assertBatch({ actions, noise, step, isPad }: DenoisingBatch): void {
  const [B = 0, H = 0] = actions.shape;
  assertShape(noise, actions.shape, "denoisingLoss: noise");
  assertDtype(step, "i64", "denoisingLoss: step");
  assertShape(step, [B], "denoisingLoss: step");
  assertShape(isPad, [B, H], "denoisingLoss: isPad");
}
