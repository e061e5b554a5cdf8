/** @file The training loop: steps, lines of metrics, checkpoints. Where they go is the caller's part. */

import type { CheckpointHeader } from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { brokenState, firstNonFiniteName, NonFiniteError } from "./non-finite.ts";
import type { StepMetrics, Trainer } from "./trainer.ts";

/** What a loop hands out as it goes. */
export interface LoopSink {
  /** Every step. */
  onStep?(metrics: StepMetrics): void;
  /** Every `logEvery` steps; the loss and the head's metrics are means since the line before. */
  onMetrics(line: StepMetrics): Promise<void>;
  /** Every `checkpointEvery` steps, at the end, and when training stops early. */
  onCheckpoint(trainer: Trainer, pending: CheckpointHeader["pending"]): Promise<void>;
}

export interface LoopOptions {
  readonly config: Pick<RunConfig, "steps" | "logEvery" | "checkpointEvery">;
  /** Losses and metrics not yet logged when the run was saved. */
  readonly pending?: CheckpointHeader["pending"];
  readonly signal?: AbortSignal;
}

/**
 * Advance a trainer to the configured number of steps.
 *
 * Stopped by the signal or by a loss that is not finite, it saves the last good state first. A state that is not
 * finite is never handed out.
 *
 * @throws the signal's reason, or NonFiniteError saying which checkpoint is left
 */
export async function trainingLoop(trainer: Trainer, sink: LoopSink, options: LoopOptions): Promise<void> {
  const { config, signal } = options;
  let pending = options.pending ?? NOTHING_PENDING;
  let savedAt = -1;
  // A trainer that starts behind step 0 was restored from a checkpoint.
  let kept = trainer.step > 0 ? trainer.step : undefined;
  const fail = ({ step, finding }: NonFiniteError): never => {
    throw new NonFiniteError(step, finding, kept === undefined ? "No checkpoint was saved" : `The checkpoint of step ${kept} is kept`);
  };
  const save = async (): Promise<void> => {
    if (savedAt === trainer.step) return;
    const broken = firstNonFiniteName(trainer.state());
    if (broken !== undefined) fail(brokenState(trainer.step, broken));
    await sink.onCheckpoint(trainer, pending);
    kept = savedAt = trainer.step;
  };
  const stopWith = async (reason: unknown): Promise<never> => {
    await save();
    if (reason instanceof NonFiniteError) fail(reason);
    throw reason;
  };

  while (trainer.step < config.steps) {
    if (signal?.aborted) await stopWith(signal.reason);
    const metrics = await trainer.advance().catch(stopWith);
    pending = addStep(pending, metrics);
    sink.onStep?.(metrics);
    if (metrics.step % config.logEvery === 0 || metrics.step === config.steps) {
      await sink.onMetrics({ ...metrics, ...meanOf(pending) });
      pending = NOTHING_PENDING;
    }
    if (metrics.step % config.checkpointEvery === 0) await save();
  }
  await save();
}

type Pending = CheckpointHeader["pending"];

const NOTHING_PENDING: Pending = { lossSum: 0, metricSums: {}, count: 0 };

function addStep({ lossSum, metricSums, count }: Pending, { loss, metrics }: StepMetrics): Pending {
  const sums = Object.entries(metrics).map(([name, value]) => [name, (metricSums[name] ?? 0) + value] as const);
  return { lossSum: lossSum + loss, metricSums: Object.fromEntries(sums), count: count + 1 };
}

function meanOf({ lossSum, metricSums, count }: Pending): Pick<StepMetrics, "loss" | "metrics"> {
  const metrics = Object.fromEntries(Object.entries(metricSums).map(([name, sum]) => [name, sum / count]));
  return { loss: lossSum / count, metrics };
}
