/** @file What a denoiser may predict (noise, actions or v), and the way from each to the others. */

import { add, div, mul, sub, type Operand, type Tensor } from "#engine/graph";

/** The two ends that the forward process mixes, both f32[B, H, A]. */
export interface ForwardEnds {
  /** a: clean chunk, normalized to about [-1, 1]. */
  readonly actions: Tensor;
  /** ε ~ N(0, I). */
  readonly noise: Tensor;
}

/** The mixture at a diffusion step: numbers where the step is known, f32[B, 1, 1] where every chunk has its own. */
export interface NoiseRates {
  /** √ᾱ_k in (0, 1). */
  readonly signal: Operand;
  /** √(1 - ᾱ_k) in (0, 1). */
  readonly noise: Operand;
}

export interface PredictionType {
  /** What the denoiser should say, f32[B, H, A]. */
  target(ends: ForwardEnds, rates: NoiseRates): Tensor;
  /** Estimate of the clean chunk from a prediction at `noisyActions`, f32[B, H, A]; not clipped. */
  toActions(prediction: Tensor, noisyActions: Tensor, rates: NoiseRates): Tensor;
  /** Estimate of ε from a prediction at `noisyActions`, f32[B, H, A]. */
  toNoise(prediction: Tensor, noisyActions: Tensor, rates: NoiseRates): Tensor;
  /** Weight of a squared error at signal-to-noise ratio ᾱ / (1 - ᾱ) ≥ 0 under min-SNR-γ. */
  minSnrWeight(snr: number, gamma: number): number;
}

/**
 * With x = √ᾱ·a + √(1-ᾱ)·ε:
 *
 *     epsilon    a = (x - √(1-ᾱ)·ε) / √ᾱ                                        weight min(SNR, γ) / SNR
 *     sample                                 ε = (x - √ᾱ·a) / √(1-ᾱ)            weight min(SNR, γ)
 *     v          a = √ᾱ·x - √(1-ᾱ)·v         ε = √(1-ᾱ)·x + √ᾱ·v                weight min(SNR, γ) / (SNR + 1)
 *
 * where v = √ᾱ·ε - √(1-ᾱ)·a. From ε, errors grow by 1/√ᾱ: 2000 times at the last of 100 cosine steps, so samplers clip the
 * estimated chunk to [-1, 1]. The three weights are one weighting of the error in a, said in other units.
 *
 * Source: Ho et al. 2020, arXiv:2006.11239, eq. 4 and 9; v: Salimans and Ho 2022, arXiv:2202.00512, section 4; weights: Hang et al.
 * 2023, arXiv:2303.09556 (γ = 5 there), as in huggingface/diffusers at 58eb52c, examples/text_to_image/train_text_to_image.py.
 */
export const PREDICTION_TYPES = {
  epsilon: {
    target: ({ noise }) => noise,
    toActions: (prediction, x, rates) => div(sub(x, mul(rates.noise, prediction)), rates.signal),
    toNoise: (prediction) => prediction,
    // min(SNR, γ) / SNR, written so that no signal at all gives 1 rather than 0 / 0.
    minSnrWeight: (snr, gamma) => Math.min(1, gamma / snr),
  },
  sample: {
    target: ({ actions }) => actions,
    toActions: (prediction) => prediction,
    toNoise: (prediction, x, rates) => div(sub(x, mul(rates.signal, prediction)), rates.noise),
    minSnrWeight: (snr, gamma) => Math.min(snr, gamma),
  },
  v: {
    target: ({ actions, noise }, rates) => sub(mul(rates.signal, noise), mul(rates.noise, actions)),
    toActions: (prediction, x, rates) => sub(mul(rates.signal, x), mul(rates.noise, prediction)),
    toNoise: (prediction, x, rates) => add(mul(rates.noise, x), mul(rates.signal, prediction)),
    minSnrWeight: (snr, gamma) => Math.min(snr, gamma) / (snr + 1),
  },
} as const satisfies Readonly<Record<string, PredictionType>>;

/** @throws RangeError for a name that is none of them, listing them */
export function predictionType(name: PredictionName, who: string): PredictionType {
  if (Object.hasOwn(PREDICTION_TYPES, name)) return PREDICTION_TYPES[name];
  throw new RangeError(`${who}: there is no prediction type "${name}"; they are ${Object.keys(PREDICTION_TYPES).join(", ")}`);
}

/** `"epsilon"`, `"sample"` (the clean chunk) or `"v"`. */
export type PredictionName = keyof typeof PREDICTION_TYPES;
