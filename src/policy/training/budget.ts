/** @file How many training steps fit into a time. */

import type { OpenSession } from "#engine/runtime";
import type { ChunkSource } from "#world/data";
import type { RunConfig } from "./config.ts";
import { mean } from "./summary-statistics.ts";
import { openTrainer } from "./trainer.ts";

export interface BudgetRequest {
  readonly config: RunConfig;
  readonly rows: ChunkSource;
  readonly openSession: OpenSession;
  /** Wall time of training, s. */
  readonly seconds: number;
  readonly signal?: AbortSignal;
  /** The time, ms. Default the wall clock. */
  readonly now?: () => number;
}

/** Untimed steps, while the runtime warms up. */
const WARM_UP = 3;
/** Share of the time spent on finding out, at most; ten steps are always timed. */
const TRIAL_SHARE = 0.05;
const TRIAL_STEPS = 10;

/**
 * Steps that a training of this configuration will do in so many seconds, from the mean time of a few steps on a
 * trainer that is thrown away. The time of the trial counts: it is taken off.
 *
 * A learning-rate schedule has to know its end, so the number is fixed before training; on a machine whose speed drifts
 * the training takes a little more or less than the time it was given.
 *
 * @throws RangeError when not even one step fits
 */
export async function stepsWithin(request: BudgetRequest): Promise<number> {
  const { config, rows, openSession, seconds, signal, now = () => performance.now() } = request;
  const begin = now();
  const spentS = (): number => (now() - begin) / 1000;
  const timesS: number[] = [];
  {
    await using trainer = await openTrainer({ config, rows, openSession });
    for (let step = 0; step < WARM_UP + TRIAL_STEPS || spentS() < TRIAL_SHARE * seconds; step++) {
      signal?.throwIfAborted();
      const start = now();
      await trainer.advance();
      if (step >= WARM_UP) timesS.push((now() - start) / 1000);
    }
  }
  const stepS = mean(timesS);
  const steps = Math.floor((seconds - spentS()) / stepS);
  if (steps < 1) {
    throw new RangeError(`a step of the ${config.head} head takes ${stepS.toFixed(2)} s, which leaves no step within ${seconds} s; give it more time, or a smaller --width`);
  }
  return steps;
}
