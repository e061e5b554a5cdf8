/** @file Decay schedules for the moving average of the parameters: ema ← d·ema + (1 − d)·parameter after each update. */

/** Decay d in [0, 1] for the update that follows `updates` earlier ones (0 for the first). */
export type EmaDecay = (updates: number) => number;

/** The same decay at every update. Averages have to start at the parameters' values. */
export function constantEma(decay: number): EmaDecay {
  if (!(decay >= 0 && decay <= 1)) throw new Error(`constantEma: decay is ${decay}, expected between 0 and 1`);
  return () => decay;
}

export interface PowerEmaOptions {
  /** Default 0.75. */
  readonly power?: number;
  /** Default 1. */
  readonly invGamma?: number;
  /** Largest decay; default 0.9999. */
  readonly max?: number;
}

/**
 * A decay that rises with training: 1 − (1 + (n − 1) / invGamma)^−power, kept within [0, max], where n counts earlier updates. It is 0
 * for the first two, so the average starts as a copy of the parameters.
 *
 * Source: `EMAModel.get_decay` in Diffusion Policy, `diffusion_policy/model/diffusion/ema_model.py`, with update_after_step = 0.
 */
export function powerEma({ power = 0.75, invGamma = 1, max = 0.9999 }: PowerEmaOptions = {}): EmaDecay {
  if (!(power > 0 && invGamma > 0)) throw new Error(`powerEma: power is ${power} and invGamma ${invGamma}, expected positive numbers`);
  if (!(max >= 0 && max <= 1)) throw new Error(`powerEma: max is ${max}, expected between 0 and 1`);
  return (updates) => {
    const since = updates - 1;
    if (since <= 0) return 0;
    return Math.min(max, 1 - (1 + since / invGamma) ** -power);
  };
}
