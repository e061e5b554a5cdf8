/** @file Learning-rate schedules: pure functions from the number of finished steps to a learning rate. */

/** Learning rate for the step that follows `step` finished ones (0 for the first). */
export type Schedule = (step: number) => number;

export interface WarmupCosineOptions {
  /** Learning rate at the end of the warm-up. */
  readonly peak: number;
  /** Steps of linear rise from 0. */
  readonly warmupSteps: number;
  /** Steps after which the rate stays at `floor`. */
  readonly totalSteps: number;
  /** Default 0. */
  readonly floor?: number;
}

/**
 * Linear warm-up from 0 to `peak`, then half a cosine down to `floor`.
 *
 * Source: `get_cosine_schedule_with_warmup` in Hugging Face `transformers/optimization.py`, which Diffusion Policy uses: the cosine part is
 * max(0, ½(1 + cos(π·progress))). Past `totalSteps` theirs rises again; here progress ends at 1. The floor is ours.
 */
export function warmupCosine({ peak, warmupSteps, totalSteps, floor = 0 }: WarmupCosineOptions): Schedule {
  checkWarmup("warmupCosine", warmupSteps);
  if (!(totalSteps > warmupSteps)) {
    throw new Error(`warmupCosine: totalSteps is ${totalSteps}, expected more than warmupSteps, ${warmupSteps}`);
  }
  if (!(floor >= 0 && floor <= peak)) throw new Error(`warmupCosine: floor is ${floor}, expected between 0 and peak, ${peak}`);
  return (step) => {
    if (step < warmupSteps) return (peak * step) / warmupSteps;
    const progress = Math.min(1, (step - warmupSteps) / (totalSteps - warmupSteps));
    return floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}

export interface ConstantWithWarmupOptions {
  /** Learning rate after the warm-up. */
  readonly peak: number;
  /** Steps of linear rise from 0; default 0. */
  readonly warmupSteps?: number;
}

/** Linear warm-up from 0 to `peak`, then constant. Source: `get_constant_schedule_with_warmup`, same file. */
export function constantWithWarmup({ peak, warmupSteps = 0 }: ConstantWithWarmupOptions): Schedule {
  checkWarmup("constantWithWarmup", warmupSteps);
  return (step) => (step < warmupSteps ? (peak * step) / warmupSteps : peak);
}

function checkWarmup(who: string, warmupSteps: number): void {
  if (!(warmupSteps >= 0 && warmupSteps < Infinity)) throw new Error(`${who}: warmupSteps is ${warmupSteps}, expected 0 or more`);
}
