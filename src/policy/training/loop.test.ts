/** @file Laws of the training loop: when it logs, saves and stops. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { trainingLoop, type LoopOptions, type LoopSink } from "./loop.ts";
import { NonFiniteError } from "./non-finite.ts";
import type { StepMetrics, Trainer } from "./trainer.ts";

/** A trainer whose loss at step k is k, which fails at `failsAt`, and whose weights are bad from `overflowsAt` on. */
function countingTrainer(options: { readonly from?: number; readonly failsAt?: number; readonly overflowsAt?: number } = {}): Trainer {
  let step = options.from ?? 0;
  const trainer: Pick<Trainer, "step" | "advance" | "state"> = {
    get step() {
      return step;
    },
    async advance(): Promise<StepMetrics> {
      if (step + 1 === options.failsAt) throw new NonFiniteError(step + 1, "stem/gemm, f32[2, 3]");
      step += 1;
      return { step, loss: step, metrics: { twice: 2 * step }, lr: 0.1, gradNorm: 1 };
    },
    state: () => ({
      "params/a": tensorFrom("f32", [2], [0, 1]),
      "ema/a": tensorFrom("f32", [2], [0, step >= (options.overflowsAt ?? Infinity) ? Infinity : 1]),
    }),
  };
  // The loop reads no more of a trainer than these three.
  return trainer as Trainer;
}

interface Recorder extends LoopSink {
  readonly lines: StepMetrics[];
  readonly saved: string[];
}

function recorder(): Recorder {
  const lines: StepMetrics[] = [];
  const saved: string[] = [];
  return {
    lines,
    saved,
    onMetrics: async (line) => void lines.push(line),
    onCheckpoint: async ({ step }, { lossSum, count }) => void saved.push(`${step}: ${lossSum}/${count}`),
  };
}

const config = { steps: 12, logEvery: 3, checkpointEvery: 6 };
const run = (trainer: Trainer, sink: LoopSink, options: Partial<LoopOptions> = {}): Promise<void> =>
  trainingLoop(trainer, sink, { config, ...options });

test("a line is the mean loss since the line before", async () => {
  const sink = recorder();
  await run(countingTrainer(), sink);
  expect(sink.lines.map(({ step, loss }) => [step, loss])).toEqual([[3, 2], [6, 5], [9, 8], [12, 11]]);
  expect(sink.lines.map(({ metrics }) => metrics["twice"])).toEqual([4, 10, 16, 22]);
});

test("checkpoints are saved in their rhythm and at the end, each once", async () => {
  const sink = recorder();
  await run(countingTrainer(), sink);
  expect(sink.saved).toEqual(["6: 0/0", "12: 0/0"]);
  const odd = recorder();
  await run(countingTrainer(), odd, { config: { ...config, steps: 8 } });
  expect(odd.saved).toEqual(["6: 0/0", "8: 0/0"]);
  expect(odd.lines.at(-1)).toMatchObject({ step: 8, loss: 7.5 });
});

test("a line is written before the checkpoint that follows it", async () => {
  const order: string[] = [];
  await run(countingTrainer(), {
    onMetrics: async ({ step }) => void order.push(`line ${step}`),
    onCheckpoint: async ({ step }) => void order.push(`checkpoint ${step}`),
  });
  expect(order).toEqual(["line 3", "line 6", "checkpoint 6", "line 9", "line 12", "checkpoint 12"]);
});

test("an aborted run saves where it stands, with the losses not yet logged, and goes on from there as if nothing was", async () => {
  const stop = new AbortController();
  const sink = recorder();
  const stopping: LoopSink = { ...sink, onStep: ({ step }) => step === 8 && stop.abort(new Error("enough")) };
  await expect(run(countingTrainer(), stopping, { signal: stop.signal })).rejects.toThrow("enough");
  expect(sink.saved).toEqual(["6: 0/0", "8: 15/2"]);
  const rest = recorder();
  await run(countingTrainer({ from: 8 }), rest, { pending: { lossSum: 15, metricSums: { twice: 30 }, count: 2 } });
  const whole = recorder();
  await run(countingTrainer(), whole);
  expect([...sink.lines, ...rest.lines]).toEqual(whole.lines);
});

test("a run that was aborted before it began saves and steps not at all further", async () => {
  const sink = recorder();
  await expect(run(countingTrainer(), sink, { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
  expect(sink.saved).toEqual(["0: 0/0"]);
});

test("a loss that is not finite stops the run after the last good state is saved", async () => {
  const sink = recorder();
  await expect(run(countingTrainer({ failsAt: 8 }), sink)).rejects.toThrow(NonFiniteError);
  expect(sink.saved).toEqual(["6: 0/0", "7: 7/1"]);
  const atSave = recorder();
  await expect(run(countingTrainer({ failsAt: 7 }), atSave)).rejects.toThrow("step 7: ");
  expect(atSave.saved).toEqual(["6: 0/0"]);
});

test.each([
  ["at a checkpoint", { overflowsAt: 12 }, /^step 12: ema\/a is not finite after this step\. The checkpoint of step 6 is kept: lower/],
  ["when the loss is found bad", { overflowsAt: 8, failsAt: 9 }, /The checkpoint of step 6 is kept: /],
  ["before the first checkpoint", { overflowsAt: 2 }, /^step 6: ema\/a .* No checkpoint was saved: /],
  ["in a resumed run", { from: 4, overflowsAt: 5 }, /^step 6: ema\/a .* The checkpoint of step 4 is kept: /],
])("weights that are not finite are never saved: found %s", async (_when, options, message) => {
  const sink = recorder();
  const failure = await run(countingTrainer(options), sink).then(() => undefined, (error: unknown) => error);
  expect(failure).toBeInstanceOf(NonFiniteError);
  expect(String(failure).replace("NonFiniteError: ", "")).toMatch(message);
  expect(sink.saved).toEqual(options.overflowsAt > 6 ? ["6: 0/0"] : []);
});

test("a run that is stopped while its weights are bad saves nothing and says so", async () => {
  const stop = new AbortController();
  const sink = recorder();
  const stopping: LoopSink = { ...sink, onStep: ({ step }) => step === 8 && stop.abort(new Error("enough")) };
  await expect(run(countingTrainer({ overflowsAt: 7 }), stopping, { signal: stop.signal })).rejects.toThrow("step 8: ema/a is not finite");
  expect(sink.saved).toEqual(["6: 0/0"]);
});

test("a run that is finished does no step", async () => {
  const sink = recorder();
  await run(countingTrainer({ from: 12 }), sink);
  expect([sink.lines, sink.saved]).toEqual([[], ["12: 0/0"]]);
});
