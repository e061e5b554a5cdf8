/** @file A run small enough for tests: its configuration, its rows, and a policy with weights that do something. */

import { rng, tensorFrom, sizeOf, type HostTensor } from "#engine/array";
import { policyNetwork, policyParameters, type PolicyNetwork, type PolicyWeights } from "#policy/policies";
import { fitNormalizers, policySpecOf, type RunConfig } from "#policy/training";
import { ACTION, STATE, type ChunkSource, type Dataset } from "#world/data";
import { normals } from "./normals.ts";

const CONFIG: RunConfig = {
  task: "push-t",
  dataset: "push-t",
  head: "flow-mlp",
  seed: 0,
  steps: 20,
  batch: 8,
  learningRate: 1e-3,
  warmupSteps: 2,
  weightDecay: 1e-4,
  clipNorm: 1,
  emaDecay: 0.995,
  obsSteps: 2,
  horizon: 4,
  executeSteps: 2,
  width: 8,
  blocks: 1,
  integrationSteps: 3,
  normalizer: "limits",
  mirror: false,
  logEvery: 5,
  checkpointEvery: 10,
  keepCheckpoints: 3,
};

/** A whole configuration, a few fields set by the test. */
export function tinyConfig(overrides: Partial<RunConfig> = {}): RunConfig {
  return { ...CONFIG, ...overrides };
}

/** Random walks in physical units: some hundreds of px, as Push-T's, not normalized. */
export function tinyRows(sizes: { readonly obsSize: number; readonly actionSize: number } = { obsSize: 3, actionSize: 2 }): ChunkSource {
  const walk = (ticks: number, size: number, seed: number): Float32Array => {
    const rows = new Float32Array(ticks * size);
    const random = rng(seed, "tiny-rows");
    for (let i = 0; i < rows.length; i++) rows[i] = (i < size ? 256 : (rows[i - size] ?? 0)) + 20 * random.normal();
    return rows;
  };
  const lengths = [9, 6, 12];
  return {
    ...sizes,
    observations: lengths.map((ticks, i) => walk(ticks, sizes.obsSize, i)),
    actions: lengths.map((ticks, i) => walk(ticks, sizes.actionSize, 100 + i)),
  };
}

/** Three short Push-T episodes that show nothing in particular. */
export function tinyDataset(): Dataset {
  const { observations, actions } = tinyRows({ obsSize: 5, actionSize: 2 });
  const names = ["agent_x", "agent_y", "block_x", "block_y", "block_angle"];
  return {
    name: "tiny",
    fps: 10,
    robotType: null,
    license: null,
    features: {
      [STATE]: { dtype: "float32", shape: [5], names },
      [ACTION]: { dtype: "float32", shape: [2], names: ["x", "y"] },
    },
    episodes: observations.map((states, index) => ({
      index,
      length: states.length / 5,
      task: "push",
      columns: { [STATE]: states, [ACTION]: actions[index] ?? new Float32Array() },
    })),
    skippedFeatures: [],
  };
}

/** A policy that was never trained, with random weights also where training starts from 0. */
export function tinyPolicy(rows: ChunkSource = tinyRows(), overrides: Partial<RunConfig> = {}): PolicyWeights {
  const config = tinyConfig(overrides);
  const network = policyNetwork(policySpecOf(config, { ...rows, codec: null }));
  return { network, weights: randomWeights(network), normalizers: fitNormalizers(rows, config.normalizer) };
}

function randomWeights(network: PolicyNetwork): Record<string, HostTensor<"f32">> {
  return Object.fromEntries(
    policyParameters(network).map(({ name, shape }, i) => {
      const spread = 1 / Math.sqrt(shape.at(-1) ?? 1);
      return [name, tensorFrom("f32", shape, normals(sizeOf(shape), 500 + i).map((value) => value * spread))];
    }),
  );
}
