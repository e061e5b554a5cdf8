/** @file Time of one chunk at batch 1, for the policies of the presets and for DP-MLP: `npm run bench -- inference`. */

import { rng, zeros } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { initialPolicy, policyNetwork, samplerModel, type PolicySpec } from "#policy/policies";
import { policySpecOf, PRESETS, taskOf } from "#policy/training";
import { median, millisecondsOf, rounded, type Benchmark } from "./benchmark.ts";

const WARM_UP = 50;
const CALLS = 500;

const dpMlp = { head: "flow-dp-mlp", obsSteps: 2, horizon: 16, integrationSteps: 10, codec: null };

/** The published size for MimicGen and for Push-T, and a small one. */
const DP_MLP: Readonly<Record<string, PolicySpec>> = {
  "DP-MLP, MimicGen": { ...dpMlp, width: 256, blocks: 8, obsSize: 137, actionSize: 10 },
  "DP-MLP, Push-T": { ...dpMlp, width: 256, blocks: 8, obsSize: 20, actionSize: 2 },
  "DP-MLP, small": { ...dpMlp, width: 128, blocks: 4, obsSize: 20, actionSize: 2 },
};

/** Weights do not change the time, so freshly initialised ones are measured. */
export const inferenceBenchmark: Benchmark = {
  name: "inference",
  summary: "time of one action chunk, batch 1, ten Euler steps in one graph",
  async run() {
    const results = [];
    for (const [policy, spec] of Object.entries({ ...presetSpecs(), ...DP_MLP })) results.push({ policy, ...(await timesOf(spec)) });
    return {
      json: { name: "inference", policies: results },
      lines: results.map(({ policy, medianMs, p99Ms }) => `${policy.padEnd(18)}${medianMs} ms median, ${p99Ms} ms 99th percentile`),
    };
  },
};

function presetSpecs(): Record<string, PolicySpec> {
  const specs = Object.entries(PRESETS).map(([preset, config]) => {
    const { view, actionSize } = taskOf(config.task);
    return [preset, policySpecOf(config, { obsSize: view.size, actionSize, codec: null })] as const;
  });
  return Object.fromEntries(specs);
}

async function timesOf(spec: PolicySpec): Promise<{ medianMs: number; p99Ms: number }> {
  const { obsSize, actionSize } = spec;
  const network = policyNetwork(spec);
  const unit = (width: number) => ({ kind: "limits" as const, scale: Array<number>(width).fill(1), offset: Array<number>(width).fill(0) });
  const normalizers = { observation: unit(obsSize), action: unit(actionSize) };
  await using session = await openSession(samplerModel({ network, weights: initialPolicy(network, 0), normalizers }, 1));
  const observation = zeros("f32", [1, spec.obsSteps, obsSize]);
  const noise = zeros("f32", [1, ...network.head.noiseShape]);
  const call = session.bind({ observation, noise }, { chunk: zeros("f32", noise.shape) });
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + CALLS; i++) {
    rng(i, "inference").fillNormal(noise.data);
    const ms = await millisecondsOf(() => call.run());
    if (i >= WARM_UP) times.push(ms);
  }
  return { medianMs: rounded(median(times)), p99Ms: rounded(times.toSorted((a, b) => a - b)[Math.floor(0.99 * CALLS)] ?? NaN) };
}
