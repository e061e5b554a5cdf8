/** @file Time of one chunk at batch 1, for the policies of the presets: `npm run bench -- inference`. */

import { rng, zeros } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { initialPolicy, policyNetwork, samplerModel } from "#policy/policies";
import { PRESETS, taskOf, type RunConfig } from "#policy/training";
import { median, millisecondsOf, rounded, type Benchmark } from "./benchmark.ts";

const WARM_UP = 50;
const CALLS = 500;

/** Weights do not change the time, so freshly initialised ones are measured. */
export const inferenceBenchmark: Benchmark = {
  name: "inference",
  summary: "time of one action chunk, batch 1, ten Euler steps in one graph",
  async run() {
    const results = [];
    for (const [preset, config] of Object.entries(PRESETS)) results.push({ preset, ...(await timesOf(config)) });
    return {
      json: { name: "inference", presets: results },
      lines: results.map(({ preset, medianMs, p99Ms }) => `${preset.padEnd(8)}${medianMs} ms median, ${p99Ms} ms 99th percentile`),
    };
  },
};

async function timesOf(config: RunConfig): Promise<{ medianMs: number; p99Ms: number }> {
  const { obsSize, actionSize } = taskOf(config.task);
  const network = policyNetwork({ ...config, obsSize, actionSize, codec: null });
  const unit = (width: number) => ({ kind: "limits" as const, scale: Array<number>(width).fill(1), offset: Array<number>(width).fill(0) });
  const normalizers = { observation: unit(obsSize), action: unit(actionSize) };
  await using session = await openSession(samplerModel({ network, weights: initialPolicy(network, 0), normalizers }, 1));
  const observation = zeros("f32", [1, config.obsSteps, obsSize]);
  const noise = zeros("f32", [1, config.horizon, actionSize]);
  const call = session.bind({ observation, noise }, { chunk: zeros("f32", noise.shape) });
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + CALLS; i++) {
    rng(i, "inference").fillNormal(noise.data);
    const ms = await millisecondsOf(() => call.run());
    if (i >= WARM_UP) times.push(ms);
  }
  return { medianMs: rounded(median(times)), p99Ms: rounded(times.toSorted((a, b) => a - b)[Math.floor(0.99 * CALLS)] ?? NaN) };
}
