/** @file Constants per denoising step, where every step of a diffusion sampler is an action of its own (DPPO). Host side. */

export interface DenoisingClipOptions {
  /** Clip range of the first step, > 0; default 0.001. */
  readonly first?: number;
  /** Clip range of the last step; default 0.01. */
  readonly last?: number;
  /** Curvature of the way between them, > 0; default 3. */
  readonly rate?: number;
}

/**
 * ε_k = first + (last - first)·(e^(rate·t) - 1) / (e^rate - 1), t = k/(K - 1): the clip range of `ppoPolicyLoss` for step k of the
 * sampler, from 0 at noise to K - 1 at the action. Early steps get less room.
 *
 * @param steps K ≥ 1 steps that are fine-tuned; one step has the range `last`
 * @returns f64[K]
 * @throws RangeError when a number is outside its range
 *
 * Source: Ren et al. 2024 (DPPO), arXiv:2409.00588; irom-princeton/dppo at cc7234a, model/diffusion/diffusion_ppo.py.
 */
export function denoisingClips(steps: number, options: DenoisingClipOptions = {}): Float64Array {
  const { first = 0.001, last = 0.01, rate = 3 } = options;
  assertSteps(steps, "denoisingClips");
  if (!(first > 0 && last >= first && last < 1)) {
    throw new RangeError(`denoisingClips: from ${first} to ${last}, expected 0 < first ≤ last < 1`);
  }
  if (!(rate > 0 && rate < Infinity)) throw new RangeError(`denoisingClips: rate is ${rate}, expected a number above 0`);
  if (steps === 1) return Float64Array.of(last);
  return Float64Array.from({ length: steps }, (_, k) => first + ((last - first) * Math.expm1((rate * k) / (steps - 1))) / Math.expm1(rate));
}

/**
 * γ^(K-1-k): the share of a chunk's advantage that step k of the sampler gets; the last step gets all of it.
 *
 * @param steps K ≥ 1 steps that are fine-tuned
 * @param discount γ in (0, 1]; default 0.99
 * @returns f64[K]
 * @throws RangeError when a number is outside its range
 *
 * Source: as `denoisingClips`.
 */
export function denoisingDiscounts(steps: number, discount: number = 0.99): Float64Array {
  assertSteps(steps, "denoisingDiscounts");
  if (!(discount > 0 && discount <= 1)) throw new RangeError(`denoisingDiscounts: discount is ${discount}, expected a number in (0, 1]`);
  return Float64Array.from({ length: steps }, (_, k) => discount ** (steps - 1 - k));
}

function assertSteps(steps: number, who: string): void {
  if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`${who}: steps is ${steps}, expected a whole number of at least 1`);
}
