/** @file Distributions of flow time τ: which parts of the path a network practises most. Host side. */

import type { Rng } from "#engine/array";

/** Draws one τ in [0, 1]; 0 = noise, 1 = action. */
export type FlowTimeSampler = (random: Rng) => number;

/** τ ~ U[0, 1). */
export const uniformTime: FlowTimeSampler = (random) => random.uniform();

export interface BetaTimeOptions {
  /** α > 0; default 1.5. */
  readonly alpha?: number;
  /** β > 0; default 1. */
  readonly beta?: number;
  /** s in (0, 1]: no τ above s is drawn; default 0.999. */
  readonly cutoff?: number;
}

/**
 * τ = s·(1 - z) with z ~ Beta(α, β). The defaults are those of π0: E τ = 0.4, more often near noise than near the action. Near noise a
 * network has to say the mean action given the observation, and on a robot that is the hard part.
 *
 * In the paper p(τ) = Beta((s - τ)/s; 1.5, 1) with time as ours. openpi draws t = 0.999·z + 0.001 with t = 1 at noise; τ = 1 - t is the
 * same distribution. α and β mean what they mean there.
 *
 * @throws RangeError when α or β is not above 0 or s is not in (0, 1]
 *
 * Source: Black et al. 2024, arXiv:2410.24164, appendix B; openpi at 15a9616, src/openpi/models/pi0.py.
 */
export function betaTime(options: BetaTimeOptions = {}): FlowTimeSampler {
  const { alpha = 1.5, beta = 1, cutoff = 0.999 } = options;
  for (const [name, value] of [["alpha", alpha], ["beta", beta]] as const) {
    if (!(value > 0 && value < Infinity)) throw new RangeError(`betaTime: ${name} is ${value}, expected a number above 0`);
  }
  if (!(cutoff > 0 && cutoff <= 1)) throw new RangeError(`betaTime: cutoff is ${cutoff}, expected a number in (0, 1]`);
  return (random) => cutoff * (1 - betaVariate(alpha, beta, random));
}

export interface LogitNormalTimeOptions {
  /** Mean of the logit; above 0 stresses times near the action, below 0 near noise. Default 0. */
  readonly mean?: number;
  /** Standard deviation of the logit, > 0; default 1. Small values crowd the middle of the path. */
  readonly scale?: number;
}

/**
 * τ = 1 / (1 + e^(-n)) with n ~ N(mean, scale²).
 *
 * The source has t = 1 at noise, so its location m is our `-mean`.
 *
 * @throws RangeError when `mean` is not finite or `scale` is not above 0
 *
 * Source: Esser et al. 2024, arXiv:2403.03206, section 3.1.
 */
export function logitNormalTime(options: LogitNormalTimeOptions = {}): FlowTimeSampler {
  const { mean = 0, scale = 1 } = options;
  if (!Number.isFinite(mean)) throw new RangeError(`logitNormalTime: mean is ${mean}, expected a finite number`);
  if (!(scale > 0 && scale < Infinity)) throw new RangeError(`logitNormalTime: scale is ${scale}, expected a number above 0`);
  return (random) => 1 / (1 + Math.exp(-(mean + scale * random.normal())));
}

/** z ~ Beta(α, β), in [0, 1]. */
function betaVariate(alpha: number, beta: number, random: Rng): number {
  // P(z < x) = x^α when β = 1: one draw, and the common case.
  if (beta === 1) return random.uniform() ** (1 / alpha);
  // In logarithms, because a variate of small shape may be below the smallest double.
  const log = logGammaVariate(alpha, random);
  const other = logGammaVariate(beta, random);
  return 1 / (1 + Math.exp(other - log));
}

/**
 * ln of a Gamma(shape, 1) variate.
 *
 * Source: Marsaglia and Tsang 2000, "A simple method for generating gamma variables", ACM TOMS 26(3); shapes below 1 by their
 * Gamma(a) = Gamma(a + 1)·U^(1/a).
 */
function logGammaVariate(shape: number, random: Rng): number {
  if (shape < 1) return logGammaVariate(shape + 1, random) + Math.log(1 - random.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return Math.log(d) + Math.log(v);
  }
}
