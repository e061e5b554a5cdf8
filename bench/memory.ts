/** @file Resident memory over a long training run: it must stay flat. */

import { openSession } from "#engine/runtime/node";
import { openTrainer, resolveConfig, taskOf, trainingRows } from "#policy/training";
import { readDataset } from "#world/data/node";
import { rounded, type Benchmark } from "./benchmark.ts";

const STEPS = 5000;
/** Memory is averaged over stretches of this many steps: single samples move with garbage collection. */
const STRETCH = 500;
/** What loading the data and building the session left behind is given back in the first stretches. */
const SETTLED = 2;
const MEBIBYTE = 2 ** 20;

/** Trains the demo's network with a small batch, so that 5,000 steps take a minute or two, and samples the RSS. */
export const memoryBenchmark: Benchmark = {
  name: "memory",
  summary: `resident memory over ${STEPS} training steps`,
  async run() {
    const config = resolveConfig("demo", { steps: STEPS, batch: 64 });
    const rows = trainingRows(taskOf(config.task), await readDataset("datasets/push-t"), config);
    await using trainer = await openTrainer({ config, rows, openSession });
    const stretches: number[] = [];
    let samples: number[] = [];
    for (let step = 1; step <= STEPS; step++) {
      await trainer.advance();
      if (step % 10 === 0) samples.push(process.memoryUsage.rss() / MEBIBYTE);
      if (step % STRETCH !== 0) continue;
      stretches.push(rounded(average(samples)));
      samples = [];
    }
    const growth = rounded((stretches.at(-1) ?? NaN) / (stretches[SETTLED] ?? NaN) - 1);
    return {
      json: { name: "memory", steps: STEPS, stretch: STRETCH, residentMiB: stretches, growth },
      lines: [
        `resident memory, MiB, mean of every ${STRETCH} steps: ${stretches.join(", ")}`,
        `from step ${SETTLED * STRETCH} on: ${(100 * growth).toFixed(1)} %`,
      ],
    };
  },
};

function average(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
