/** @file DDPM: the reverse process that adds fresh noise in every step but the last. */

import type { NoiseSchedule } from "#action/losses";
import { alphaBarBehind } from "./ddim.ts";
import { ratesOf, type ReverseProcess } from "./reverse-process.ts";
import { samplerTimes } from "./sampler-times.ts";

export interface DdpmOptions {
  /** Network calls. Default all steps of the schedule. */
  readonly inferenceSteps?: number;
  /** Variance of the fresh noise: `"small"` β̃, the default and the posterior's own, or `"large"` β. */
  readonly variance?: "small" | "large";
  /** Limit of the estimated clean chunk. Default 1. */
  readonly clipActions?: number;
}

/**
 * With s the next step, α = ᾱ_k/ᾱ_s and β = 1 - α:
 *
 *     x_s = √ᾱ_s·β/(1 - ᾱ_k)·â + √α·(1 - ᾱ_s)/(1 - ᾱ_k)·x_k + σ·z        σ² = β·(1 - ᾱ_s)/(1 - ᾱ_k), or β
 *
 * @throws RangeError when the steps do not fit the schedule
 *
 * Source: Ho et al. 2020, arXiv:2006.11239, eq. 7; huggingface/diffusers at 58eb52c, schedulers/scheduling_ddpm.py
 * (`fixed_small`, `fixed_large`).
 */
export function ddpm(schedule: NoiseSchedule, options: DdpmOptions = {}): ReverseProcess {
  const { inferenceSteps = schedule.steps, variance = "small", clipActions = 1 } = options;
  const times = samplerTimes(schedule.steps, inferenceSteps, "leading");
  const steps = times.map((k, i) => {
    const alphaBar = schedule.alphaBars[k] ?? NaN;
    const next = alphaBarBehind(schedule, times[i + 1]);
    const beta = 1 - alphaBar / next;
    const posterior = (beta * (1 - next)) / (1 - alphaBar);
    const isLast = i === times.length - 1;
    return {
      k,
      rates: ratesOf(alphaBar),
      fromChunk: (Math.sqrt(1 - beta) * (1 - next)) / (1 - alphaBar),
      fromActions: (Math.sqrt(next) * beta) / (1 - alphaBar),
      fromNoise: 0,
      fresh: isLast ? 0 : Math.sqrt(variance === "small" ? posterior : beta),
    };
  });
  return { steps, clipActions };
}

/**
 * The same process as Octo writes it: the mean is built from the predicted noise, nothing limits the estimated actions,
 * and the chunk is limited after every step.
 *
 *     x ← clip(1/√α_k·(x - β_k/√(1 - ᾱ_k)·ε̂) + √β_k·z)        z = 0 in the last step
 *
 * @param clipChunk default 5
 *
 * Source: octo-models/octo at 241fb35, octo/model/components/action_heads.py `DiffusionActionHead.predict_action`.
 */
export function octoDdpm(schedule: NoiseSchedule, clipChunk: number = 5): ReverseProcess {
  const times = samplerTimes(schedule.steps, schedule.steps, "leading");
  const steps = times.map((k) => {
    const [beta = NaN, alphaBar = NaN] = [schedule.betas[k], schedule.alphaBars[k]];
    const fromChunk = 1 / Math.sqrt(1 - beta);
    const rates = ratesOf(alphaBar);
    const fromNoise = (-fromChunk * beta) / rates.noise;
    return { k, rates, fromChunk, fromActions: 0, fromNoise, fresh: k === 0 ? 0 : Math.sqrt(beta) };
  });
  return { steps, clipActions: Infinity, clipChunk };
}
