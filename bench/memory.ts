/** @file Resident memory over a long training run: it must stay flat. */

import { openSession } from "#engine/runtime/node";
import { openTrainer, resolveConfig, taskOf, trainingRows } from "#policy/training";
import { readDataset } from "#world/data/node";
import { rounded, type Benchmark } from "./benchmark.ts";

const STEPS = 5000;
const WARM_UP = 500;
const MEBIBYTE = 2 ** 20;

/** Trains the demo's network with a small batch, so that 5,000 steps take a minute or two, and samples the RSS. */
export const memoryBenchmark: Benchmark = {
  name: "memory",
  summary: `resident memory over ${STEPS} training steps`,
  async run() {
    const config = resolveConfig("demo", { steps: STEPS, batch: 64 });
    const rows = trainingRows(taskOf(config.task), await readDataset("datasets/push-t"), config);
    await using trainer = await openTrainer({ config, rows, openSession });
    const samples: number[] = [];
    for (let step = 1; step <= STEPS; step++) {
      await trainer.advance();
      if (step >= WARM_UP && step % 50 === 0) samples.push(process.memoryUsage.rss() / MEBIBYTE);
    }
    // Single samples move with garbage collection; the trend is what a leak would show.
    const tenth = Math.floor(samples.length / 10);
    const startMiB = average(samples.slice(0, tenth));
    const endMiB = average(samples.slice(-tenth));
    const growth = endMiB / startMiB - 1;
    return {
      json: { name: "memory", steps: STEPS, startMiB: rounded(startMiB), endMiB: rounded(endMiB), growth: rounded(growth) },
      lines: [`resident memory  ${startMiB.toFixed(0)} MiB after ${WARM_UP} steps, ${endMiB.toFixed(0)} MiB after ${STEPS} (${(100 * growth).toFixed(1)} %)`],
    };
  },
};

function average(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
