/** @file Noise schedules: how much of a chunk is left after k steps of noise. */

/** Host tables in float64, indexed by the diffusion step k in [0, steps); larger k is noisier. */
export interface NoiseSchedule {
  /** Number of diffusion steps K. */
  readonly steps: number;
  /** β_k in (0, 1): share of the variance that step k replaces with noise. */
  readonly betas: Float64Array;
  /** ᾱ_k = Π_{j ≤ k} (1 - β_j) in (0, 1): share of signal power left; falls with k. */
  readonly alphaBars: Float64Array;
}

interface ScheduleOptions {
  /** Number of diffusion steps K ≥ 1. */
  readonly steps: number;
  /** Largest ᾱ allowed at the last step; default 0.01. Raise it only to read weights trained on such a schedule. */
  readonly maxFinalAlphaBar?: number;
}

export interface CosineSchedule extends ScheduleOptions {
  readonly kind: "cosine";
  /** Largest β; default 0.999. Keeps ᾱ above 0, where the action could not be recovered from predicted noise. */
  readonly maxBeta?: number;
}

export interface LinearSchedule extends ScheduleOptions {
  readonly kind: "linear";
  /** β of the first step; default 1e-4. Stated for 1000 steps unless `rescale` is false. */
  readonly betaStart?: number;
  /** β of the last step; default 0.02. Stated for 1000 steps unless `rescale` is false. */
  readonly betaEnd?: number;
  /** Multiply β by 1000 / steps, so that fewer steps add the same noise in all; default true. */
  readonly rescale?: boolean;
}

/**
 * At ᾱ = 0.01 a tenth of the action's amplitude survives the last step. Samplers start from noise without it, so
 * more would shift what the network sees at the start by a visible part of the normalized range [-1, 1].
 */
const MAX_FINAL_ALPHA_BAR = 0.01;

/**
 * A table of β and ᾱ.
 *
 *     cosine    β_k = min(1 - f(k + 1) / f(k), 0.999)        f(k) = cos²((k / K + 0.008) / 1.008 · π / 2)
 *     linear    β_k = (1000 / K) · (1e-4 + (0.02 - 1e-4) · k / (K - 1))
 *
 * @throws RangeError when `steps` is no count, when a β is not in (0, 1), or when the last ᾱ leaves signal at the noise end
 *
 * Source: cosine: Nichol and Dhariwal 2021, arXiv:2102.09672, eq. 17 (`squaredcos_cap_v2` in huggingface/diffusers at
 * 58eb52c, schedulers/scheduling_ddpm.py). Linear: Ho et al. 2020, arXiv:2006.11239, section 4, for 1000 steps; the factor
 * 1000 / K is that of openai/guided-diffusion at 22e0df8, gaussian_diffusion.py. diffusers leaves it out, and at K = 100 its
 * table keeps 36 % of the signal power. Why the last ᾱ has to be small: Lin et al. 2023, arXiv:2305.08891.
 */
export function noiseSchedule(spec: CosineSchedule | LinearSchedule): NoiseSchedule {
  const { kind, steps, maxFinalAlphaBar = MAX_FINAL_ALPHA_BAR } = spec;
  if (kind !== "cosine" && kind !== "linear") {
    throw new RangeError(`noiseSchedule: there is no schedule "${String(kind)}"; schedules are cosine, linear`);
  }
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`noiseSchedule: steps is ${steps}, expected a whole number of at least 1`);
  }
  const betas = spec.kind === "cosine" ? cosineBetas(spec) : linearBetas(spec);
  const alphaBars = cumulativeProduct(betas);
  const last = alphaBars[steps - 1] ?? NaN;
  if (!(last <= maxFinalAlphaBar)) {
    throw new RangeError(
      `noiseSchedule: ${kind} with ${steps} steps leaves signal at its noise end: the last ᾱ is ${last.toPrecision(3)}, ` +
        `expected at most ${maxFinalAlphaBar}; use kind "cosine", more steps, or a larger betaEnd with rescale`,
    );
  }
  return { steps, betas, alphaBars };
}

function cosineBetas({ steps, maxBeta = 0.999 }: CosineSchedule): Float64Array {
  if (!(maxBeta > 0 && maxBeta < 1)) throw new RangeError(`noiseSchedule: maxBeta is ${maxBeta}, expected a number in (0, 1)`);
  const signal = (k: number): number => Math.cos(((k / steps + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  return Float64Array.from({ length: steps }, (_, k) => Math.min(1 - signal(k + 1) / signal(k), maxBeta));
}

function linearBetas({ steps, betaStart = 1e-4, betaEnd = 0.02, rescale = true }: LinearSchedule): Float64Array {
  const scale = rescale ? 1000 / steps : 1;
  const slope = (betaEnd - betaStart) / Math.max(1, steps - 1);
  const betas = Float64Array.from({ length: steps }, (_, k) => scale * (betaStart + slope * k));
  const wrong = betas.find((beta) => !(beta > 0 && beta < 1));
  if (wrong !== undefined) {
    throw new RangeError(
      `noiseSchedule: linear with ${steps} steps has a β of ${wrong.toPrecision(3)}, expected numbers in (0, 1); ` +
        `use kind "cosine", or more steps (at least 21 with the defaults)`,
    );
  }
  return betas;
}

function cumulativeProduct(betas: Float64Array): Float64Array {
  let product = 1;
  return betas.map((beta) => (product *= 1 - beta));
}
