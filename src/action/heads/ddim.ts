/** @file DDIM: a deterministic reverse process that skips diffusion steps. */

import type { NoiseSchedule } from "#action/losses";
import { ratesOf, type ReverseProcess } from "./reverse-process.ts";
import { samplerTimes, type StepSpacing } from "./sampler-times.ts";

export interface DdimOptions {
  /** Network calls. Default 10. */
  readonly inferenceSteps?: number;
  /** Default `"leading"`, as in the reference. */
  readonly spacing?: StepSpacing;
  /** 0: no fresh noise, the default; 1: as much as DDPM adds. */
  readonly eta?: number;
  /** Limit of the estimated clean chunk. Default 1. */
  readonly clipActions?: number;
  /**
   * Work the direction out of the clipped estimate instead of the prediction as it came. Default false, as in
   * diffusers; DPPO does it. Where the clip acts, the samples differ.
   */
  readonly clippedDirection?: boolean;
}

/**
 * With s the next step, ᾱ_s = 1 behind the last one:
 *
 *     x_s = √ᾱ_s·â + √(1 - ᾱ_s - σ²)·ε̂ + σ·z        σ = η·√((1 - ᾱ_s)/(1 - ᾱ_k))·√(1 - ᾱ_k/ᾱ_s)
 *
 * @throws RangeError when the steps do not fit the schedule or η is negative
 *
 * Source: Song et al. 2020, arXiv:2010.02502, eq. 12 and 16; huggingface/diffusers at 58eb52c, schedulers/scheduling_ddim.py
 * with `set_alpha_to_one`.
 */
export function ddim(schedule: NoiseSchedule, options: DdimOptions = {}): ReverseProcess {
  const { inferenceSteps = 10, spacing = "leading", eta = 0, clipActions = 1, clippedDirection = false } = options;
  if (!(eta >= 0)) throw new RangeError(`ddim: eta is ${eta}, expected a number of at least 0`);
  const times = samplerTimes(schedule.steps, inferenceSteps, spacing);
  const steps = times.map((k, i) => {
    const alphaBar = schedule.alphaBars[k] ?? NaN;
    const next = alphaBarBehind(schedule, times[i + 1]);
    const rates = ratesOf(alphaBar);
    const fresh = eta * Math.sqrt(((1 - next) / (1 - alphaBar)) * (1 - alphaBar / next));
    const direction = Math.sqrt(Math.max(0, 1 - next - fresh * fresh));
    const signal = Math.sqrt(next);
    if (!clippedDirection) return { k, rates, fromChunk: 0, fromActions: signal, fromNoise: direction, fresh };
    // ε̂ = (x - √ᾱ·â)/√(1 - ᾱ), written out.
    const fromChunk = direction / rates.noise;
    return { k, rates, fromChunk, fromActions: signal - fromChunk * rates.signal, fromNoise: 0, fresh };
  });
  return { steps, clipActions };
}

/** ᾱ of the step that comes next, 1 behind the last one. */
export function alphaBarBehind({ alphaBars }: NoiseSchedule, next: number | undefined): number {
  return next === undefined ? 1 : (alphaBars[next] ?? NaN);
}
