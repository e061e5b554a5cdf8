/** @file Time of one chunk at batch 1 for heads of every kind at one size: `npm run bench -- heads`. */

import { rng, zeros } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { headKind, initialPolicy, policyNetwork, samplerModel, type PolicySpec } from "#policy/policies";
import { median, millisecondsOf, rounded, type Benchmark } from "./benchmark.ts";

const HEADS = ["mse", "oft", "gmm", "rt1", "spatialvla", "fast", "openvla", "flow-mlp"];
const CHUNK = { horizon: 16, actionSize: 2 };
const SIZE = { ...CHUNK, obsSteps: 2, obsSize: 20, width: 128, blocks: 2, integrationSteps: 10 };
const WARM_UP = 20;
const ROUNDS = 300;

/** Heads take turns within each round, on one thread; freshly initialised weights take as long as trained ones. */
export const headsBenchmark: Benchmark = {
  name: "heads",
  summary: "time of one action chunk, batch 1, 16 steps of 2, width 128, two blocks, one thread, by head",
  async run() {
    const samplers = await Promise.all(HEADS.map(samplerOf));
    const times = samplers.map((): number[] => []);
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      for (const [i, { draw, call }] of samplers.entries()) {
        draw(round);
        const ms = await millisecondsOf(() => call.run());
        if (round >= WARM_UP) times[i]?.push(ms);
      }
    }
    await Promise.all(samplers.map(({ session }) => session.close()));
    const results = HEADS.map((head, i) => ({ head, normals: samplers[i]?.normals ?? 0, medianMs: rounded(median(times[i] ?? [])) }));
    return {
      json: { name: "heads", ...SIZE, results },
      lines: results.map(({ head, normals, medianMs }) => `${head.padEnd(12)}${String(medianMs).padStart(8)} ms median, ${normals} normals drawn`),
    };
  },
};

async function samplerOf(head: string) {
  const codec = headKind(head).fitCodec?.([1, 2, 3, 4].map(walk), CHUNK) ?? null;
  const spec: PolicySpec = { ...SIZE, head, codec };
  const network = policyNetwork(spec);
  const unit = (width: number) => ({ kind: "limits" as const, scale: Array<number>(width).fill(1), offset: Array<number>(width).fill(0) });
  const normalizers = { observation: unit(spec.obsSize), action: unit(spec.actionSize) };
  const session = await openSession(samplerModel({ network, weights: initialPolicy(network, 0), normalizers }, 1), { threads: 1 });
  const observation = zeros("f32", [1, spec.obsSteps, spec.obsSize]);
  const noise = zeros("f32", [1, ...network.head.noiseShape]);
  const call = session.bind({ observation, noise }, { chunk: zeros("f32", [1, spec.horizon, spec.actionSize]) });
  const draw = (round: number): void => {
    rng(round, "observation").fillNormal(observation.data);
    rng(round, "noise").fillNormal(noise.data);
  };
  return { session, call, draw, normals: noise.data.length };
}

/** A smooth random walk of 300 actions within [-1, 1]: what tokenizers are fitted to. */
function walk(seed: number): Float32Array {
  const random = rng(seed, "walk");
  const rows = new Float32Array(300 * CHUNK.actionSize);
  for (let i = CHUNK.actionSize; i < rows.length; i++) rows[i] = Math.tanh(0.97 * (rows[i - CHUNK.actionSize] ?? 0) + 0.08 * random.normal());
  return rows;
}
