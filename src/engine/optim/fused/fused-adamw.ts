/** @file AdamW over a parameter arena: global gradient norm, clipping, update and moving average, in two passes over memory. */

import type { ArenaSegment, ParameterArena } from "./arena.ts";

export interface FusedAdamWOptions {
  /** Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Decoupled weight decay λ of the parameters marked `decay`; the others have none. Default 0.01. */
  readonly weightDecay?: number;
  /** Largest global L2 norm of the gradient; unlimited when absent. */
  readonly clipNorm?: number;
}

export interface FusedStep {
  readonly lr: number;
  /** Number of this step, from 1 on: the exponent of the bias corrections. */
  readonly step: number;
  /** Factor on every gradient before the norm is taken, such as 1 / micro-batches. Default 1. */
  readonly gradScale?: number;
  /** Decay of the moving averages in [0, 1]; when absent they stay as they are. */
  readonly emaDecay?: number;
}

export interface FusedStepResult {
  /** Global L2 norm of the scaled gradient, before clipping. */
  readonly gradNorm: number;
  /** False when the norm is not finite; then nothing was changed. */
  readonly finite: boolean;
}

export interface FusedAdamW {
  /**
   * One update from the accumulated gradients if there are any, else from `arena.gradients`. Allocates nothing but its result.
   * After a step with `finite: false` accumulation starts afresh as well.
   */
  step(options: FusedStep): FusedStepResult;
  /** Adds `arena.gradients` to the sums that the next `step` uses. The arena has to be made with `accumulate: true`. */
  accumulate(): void;
}

type Settings = Required<Omit<FusedAdamWOptions, "clipNorm">> & { readonly clipNorm: number };
type GradientSection = "gradients" | "accumulated";

/** Added to the norm before dividing by it, as in PyTorch's `clip_grad_norm_` (`torch/nn/utils/clip_grad.py`). */
const CLIP_EPS = 1e-6;

export function fusedAdamW(arena: ParameterArena, options: FusedAdamWOptions = {}): FusedAdamW {
  const settings = checkedSettings(options);
  let pending = 0;
  return {
    step(request) {
      checkStep(arena, request);
      const source = pending > 0 ? "accumulated" : "gradients";
      pending = 0;
      const gradNorm = Math.sqrt(sumOfSquares(arena, source)) * Math.abs(request.gradScale ?? 1);
      const finite = Number.isFinite(gradNorm);
      if (finite) for (const segment of arena.segments) update(segment, source, { ...settings, ...request, gradNorm });
      return { gradNorm, finite };
    },
    accumulate() {
      if (!arena.accumulates) throw new Error("fusedAdamW: this arena keeps no gradient sums; make it with accumulate: true");
      for (const segment of arena.segments) addGradients(segment, pending === 0);
      pending += 1;
    },
  };
}

function checkedSettings(options: FusedAdamWOptions): Settings {
  const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01, clipNorm = Infinity } = options;
  if (!betas.every((beta) => beta >= 0 && beta < 1)) throw new Error(`fusedAdamW: betas are ${betas.join(", ")}, expected [0, 1)`);
  // With ε = 0 a parameter that never had a gradient would become 0 / 0; below 1e-38 f32 rounds towards that.
  if (!(eps >= 1e-38 && eps < Infinity)) throw new Error(`fusedAdamW: eps is ${eps}, expected at least 1e-38`);
  if (!(weightDecay >= 0 && weightDecay < Infinity)) throw new Error(`fusedAdamW: weightDecay is ${weightDecay}, expected 0 or more`);
  if (!(clipNorm > 0)) throw new Error(`fusedAdamW: clipNorm is ${clipNorm}, expected a positive number`);
  return { betas, eps, weightDecay, clipNorm };
}

function checkStep(arena: ParameterArena, { lr, step, gradScale = 1, emaDecay }: FusedStep): void {
  if (!(lr >= 0 && lr < Infinity)) throw new Error(`fusedAdamW: lr is ${lr}, expected 0 or more`);
  if (!(Number.isInteger(step) && step >= 1)) throw new Error(`fusedAdamW: step is ${step}, expected a whole number from 1 on`);
  if (!Number.isFinite(gradScale)) throw new Error(`fusedAdamW: gradScale is ${gradScale}, expected a finite number`);
  if (emaDecay === undefined) return;
  if (!arena.hasEma) throw new Error("fusedAdamW: emaDecay is given, but this arena keeps no averages; make it with ema: true");
  if (!(emaDecay >= 0 && emaDecay <= 1)) throw new Error(`fusedAdamW: emaDecay is ${emaDecay}, expected [0, 1]`);
}

function sumOfSquares(arena: ParameterArena, source: GradientSection): number {
  let sum = 0;
  for (const { kernel, sections, ranges } of arena.segments) {
    for (const { offset, count } of ranges) sum += kernel.sumSquares(sections[source] + offset, count);
  }
  return sum;
}

function update(
  { kernel, sections, ranges }: ArenaSegment,
  source: GradientSection,
  request: Settings & FusedStep & { readonly gradNorm: number },
): void {
  const { lr, step, gradScale = 1, emaDecay, betas: [beta1, beta2], eps, weightDecay, clipNorm, gradNorm } = request;
  const clip = Math.min(1, clipNorm / (gradNorm + CLIP_EPS));
  for (const { offset, count, decay } of ranges) {
    kernel.adamw(
      sections.params + offset,
      sections[source] + offset,
      sections.firstMoments + offset,
      sections.secondMoments + offset,
      emaDecay === undefined ? 0 : sections.ema + offset,
      count,
      lr,
      beta1,
      beta2,
      eps,
      decay ? weightDecay : 0,
      1 - beta1 ** step,
      1 - beta2 ** step,
      gradScale * clip,
      emaDecay ?? 0,
    );
  }
}

function addGradients({ kernel, sections, ranges }: ArenaSegment, fresh: boolean): void {
  for (const { offset, count } of ranges) {
    if (fresh) kernel.clear(sections.accumulated + offset, count);
    kernel.scaleAdd(sections.accumulated + offset, sections.gradients + offset, count, 1);
  }
}
