/** @file The law of checkpoints for every head: what was saved acts as what was held, bit for bit. */

import { expect, test } from "vitest";
import { rng, sizeOf, tensorFrom, type HostTensor } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { HEAD_NAMES, loadPolicy, policyParameters, type PolicyWeights } from "#policy/policies";
import { normals, tinyConfig, tinyRows } from "#testing";
import { decodeCheckpoint, encodeCheckpoint, policyOf } from "./checkpoint.ts";
import { openTrainer, type Trainer } from "./trainer.ts";

const rows = tinyRows();

/** Random weights in every section, also where training starts from 0, so that no weight could be lost unseen. */
function randomState(trainer: Trainer): Record<string, HostTensor<"f32">> {
  return Object.fromEntries(
    Object.entries(trainer.state()).map(([name, { shape }], i) => {
      const spread = 1 / Math.sqrt(shape.at(-1) ?? 1);
      return [name, tensorFrom("f32", shape, normals(sizeOf(shape), i).map((value) => value * spread))];
    }),
  );
}

/** The policy that a trainer holds: its averaged weights, copied. */
function heldPolicy({ network, normalizers, state }: Trainer): PolicyWeights {
  const all = state();
  const weights = policyParameters(network).map(({ name, shape }) => [name, tensorFrom("f32", shape, [...(all[`ema/${name}`]?.data ?? [])])]);
  return { network, normalizers, weights: Object.fromEntries(weights) };
}

/** Two chunks f32[2 * H * A], for observations from the data. */
async function chunksOf(weights: PolicyWeights): Promise<number[]> {
  await using policy = loadPolicy(weights, (model) => openSession(model, { threads: 1 }));
  const { observation, noise, chunk, run } = await policy.sampler(2);
  observation.set(rows.observations[0]?.subarray(0, observation.length) ?? []);
  rng(7, "noise").fillNormal(noise);
  await run();
  return [...chunk];
}

test.each(HEAD_NAMES)("%s, saved and loaded, has the same tokenizer and samples the same chunks", async (head) => {
  await using trainer = await openTrainer({ config: tinyConfig({ head }), rows, openSession });
  trainer.restore(1, randomState(trainer));
  const held = heldPolicy(trainer);
  const loaded = policyOf(decodeCheckpoint(encodeCheckpoint(trainer, { lossSum: 0, metricSums: {}, count: 0 }), "a"), "a");
  expect(loaded.network.spec.codec).toEqual(held.network.spec.codec);
  const expected = await chunksOf(held);
  expect(expected.every(Number.isFinite)).toBe(true);
  expect(await chunksOf(loaded)).toEqual(expected);
});
