/** @file One step of a reverse diffusion process, as numbers: every sampler is a list of these. */

import { PREDICTION_TYPES, type NoiseRates, type PredictionName, type PredictionType } from "#action/losses";
import { add, clip, mul, type Operand, type Tensor } from "#engine/graph";

/**
 * How a sampler goes from diffusion step k to the next, less noisy one:
 *
 *     â = clip(estimate of the clean chunk)        ε̂ = estimate of the noise, from the prediction as it came
 *     x ← fromChunk·x + fromActions·â + fromNoise·ε̂ + fresh·z        z ~ N(0, I)
 *
 * Numbers where the step is known; tensors that broadcast to f32[B, H, A] where a host loop feeds them.
 */
export interface ReverseStep<Value extends Operand = number> {
  /** Diffusion step k at which the denoiser is asked. */
  readonly k: number;
  /** √ᾱ_k and √(1 - ᾱ_k). */
  readonly rates: { readonly signal: Value; readonly noise: Value };
  readonly fromChunk: Value;
  readonly fromActions: Value;
  readonly fromNoise: Value;
  readonly fresh: Value;
}

/** What a sampler does to its values beside the steps. */
export interface ReverseLimits {
  /** Largest absolute value of the estimated clean chunk; actions are normalized to [-1, 1]. */
  readonly clipActions: number;
  /** Largest absolute value of the chunk after every step, where the sampler limits that too. */
  readonly clipChunk?: number;
}

/** A whole reverse process, from noise to a chunk. */
export interface ReverseProcess extends ReverseLimits {
  readonly steps: readonly ReverseStep[];
}

/** A step's numbers, without the diffusion step that the denoiser was asked at. */
export type ReverseCoefficients<Value extends Operand = Operand> = Omit<ReverseStep<Value>, "k">;

export interface ReverseValues {
  /** f32[B, H, A] chunk at step k. */
  readonly x: Tensor;
  /** f32[B, H, A] what the denoiser says at step k. */
  readonly prediction: Tensor;
  /** f32[B, H, A] standard normals; left out in a step that adds none. */
  readonly z?: Tensor;
}

/** f32[B, H, A] the chunk after one step. Terms whose factor is the number 0 are not traced. */
export function reverseStep(
  { x, prediction, z }: ReverseValues,
  step: ReverseCoefficients,
  options: ReverseLimits & { readonly predicts: PredictionName },
): Tensor {
  const kind: PredictionType = PREDICTION_TYPES[options.predicts];
  const rates: NoiseRates = step.rates;
  const limit = options.clipActions;
  const terms: [Operand, () => Tensor | undefined][] = [
    [step.fromChunk, () => x],
    [step.fromActions, () => clip(kind.toActions(prediction, x, rates), -limit, limit)],
    [step.fromNoise, () => kind.toNoise(prediction, x, rates)],
    [step.fresh, () => z],
  ];
  const traced = terms.flatMap(([factor, value]) => {
    const tensor = factor === 0 ? undefined : value();
    return tensor === undefined ? [] : [mul(tensor, factor)];
  });
  const next = traced.reduce((total, term) => add(total, term));
  return options.clipChunk === undefined ? next : clip(next, -options.clipChunk, options.clipChunk);
}

/** How many of the steps add fresh noise. */
export function freshDraws({ steps }: ReverseProcess): number {
  return steps.filter(({ fresh }) => fresh !== 0).length;
}

/** √ᾱ and √(1 - ᾱ). */
export function ratesOf(alphaBar: number): { signal: number; noise: number } {
  return { signal: Math.sqrt(alphaBar), noise: Math.sqrt(1 - alphaBar) };
}
