/** @file Laws of adapters: they start as nothing, alone are trained, and merged they are the same policy. */

import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { loadPolicy, mergeAdapters, policyNetwork, policyParameters, type PolicyWeights } from "#policy/policies";
import { tinyTrunkConfig, tinyTrunkRows } from "#testing";
import { decodeCheckpoint, encodeCheckpoint, policyOf, type Checkpoint } from "./checkpoint.ts";
import { resolveConfig, type RunConfig } from "./config.ts";
import { startFromPolicy } from "./policy-start.ts";
import { openTrainer, type Trainer } from "./trainer.ts";

const rows = tinyTrunkRows();
const PENDING = { lossSum: 0, metricSums: {}, count: 0 };

async function base(): Promise<Checkpoint> {
  await using trainer = await openTrainer({ config: tinyTrunkConfig("pi0"), rows, openSession });
  for (let step = 0; step < 3; step++) await trainer.advance();
  return decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "base");
}

async function adapting(checkpoint: Checkpoint, overrides: Partial<RunConfig>): Promise<Trainer> {
  const config = tinyTrunkConfig("pi0", { from: "base", ...overrides });
  return await openTrainer({ config, rows, openSession, start: startFromPolicy(checkpoint, "base", { config, rows }) });
}

async function chunkOf(weights: PolicyWeights): Promise<number[]> {
  await using policy = loadPolicy(weights, openSession);
  const sampler = await policy.sampler(1);
  for (const [name, { data, dtype }] of Object.entries(sampler.observations)) {
    if (dtype === "f32") rng(7, name).fillNormal(data as Float32Array);
  }
  rng(1, "noise").fillNormal(sampler.noise);
  await sampler.run();
  return [...sampler.chunk];
}

const distance = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN))));
const weightsOf = (trainer: Trainer): PolicyWeights => policyOf(decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "it"), "it");

test("adapters start as the policy they are beside, and it stays to the bit while they are trained", async () => {
  const checkpoint = await base();
  const before = await chunkOf(policyOf(checkpoint, "base"));
  await using trainer = await adapting(checkpoint, { freeze: "base", trunkRank: 2, expertRank: 3 });
  expect(distance(await chunkOf(weightsOf(trainer)), before)).toBeLessThan(1e-4 * Math.max(...before.map(Math.abs)));
  for (let step = 0; step < 3; step++) await trainer.advance();
  const roles = new Map(policyParameters(trainer.network).map(({ name, role }) => [name, role]));
  const state = trainer.state();
  const still = [...roles].filter(([, role]) => role === "encoder" || role === "trunk").map(([name]) => `ema/${name}`);
  for (const name of still) expect([name, state[name]?.data]).toEqual([name, checkpoint.tensors[name]?.data]);
  const moved = [...roles.keys()].filter((name) => name.endsWith("loraB") && state[`params/${name}`]?.data.some((value) => value !== 0));
  // In each of two layers seven, in trunk and expert; the last of the trunk only tells keys and values.
  expect(moved).toHaveLength(2 * 7 + 7 + 2);
  expect(distance(await chunkOf(weightsOf(trainer)), before)).toBeGreaterThan(1e-4);
  expect(trainer.frozen).toBeGreaterThan(10 * trainer.parameters);
});

test("merged, adapters are gone and the policy is the same", async () => {
  await using trainer = await adapting(await base(), { freeze: "base", trunkRank: 2, expertRank: 3 });
  for (let step = 0; step < 5; step++) await trainer.advance();
  const trained = weightsOf(trainer);
  const { spec, weights } = mergeAdapters(trained.network.spec, trained.weights);
  const network = policyNetwork(spec);
  expect(Object.keys(weights).sort()).toEqual(policyParameters(network).map(({ name }) => name).sort());
  const [apart, merged] = [await chunkOf(trained), await chunkOf({ ...trained, network, weights: weights as PolicyWeights["weights"] })];
  expect(distance(apart, merged)).toBeLessThan(1e-4 * Math.max(...apart.map(Math.abs)));
  expect(distance(apart, await chunkOf({ ...trained, network, weights: Object.fromEntries(Object.entries(trained.weights).filter(([name]) => !name.includes(".lora"))) }))).toBeGreaterThan(1e-3);
});

test("going on with the same ranks trains the adapters on, with others they are part of the weights first", async () => {
  await using trainer = await adapting(await base(), { freeze: "base", trunkRank: 2, expertRank: 3 });
  for (let step = 0; step < 3; step++) await trainer.advance();
  const checkpoint = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  const chunk = await chunkOf(policyOf(checkpoint, "a"));
  await using on = await adapting(checkpoint, { freeze: "base", trunkRank: 2, expertRank: 3 });
  const name = "head.layers.0.mlp.upProj.loraB";
  expect(on.state()[`params/${name}`]?.data).toEqual(checkpoint.tensors[`ema/${name}`]?.data);
  for (const overrides of [{}, { freeze: "base", expertRank: 1 }] as const) {
    await using next = await adapting(checkpoint, overrides);
    expect(distance(await chunkOf(weightsOf(next)), chunk)).toBeLessThan(1e-4 * Math.max(...chunk.map(Math.abs)));
    expect(next.state()[`params/${name}`]?.data.length).toBe("expertRank" in overrides ? next.network.spec.width * 4 : undefined);
  }
});

test("over a frozen trunk with adapters the expert can be trained whole", async () => {
  await using trainer = await adapting(await base(), { freeze: "encoder", trunkRank: 2 });
  const trained = policyParameters(trainer.network).filter(({ name }) => trainer.state()[`m/${name}`] !== undefined);
  expect(new Set(trained.map(({ role }) => role))).toEqual(new Set(["adapter", "modulation", "stem", "time", "trunk", "output"]));
});

test("adapters without a policy, beside what is trained, or in a head without a trunk are refused", () => {
  const refused = (overrides: Partial<RunConfig>, why: string): void =>
    expect(() => resolveConfig("smoke", { task: "lift", head: "pi0", cameras: ["front"], imageSize: 64, cropSize: 56, ...overrides })).toThrow(why);
  refused({ trunkRank: 4 }, "trunkRank (--trunk-rank) is set, but there is nothing to adapt; name a policy with from (--from)");
  refused({ from: "a", expertRank: 4, freeze: "none" }, "freeze (--freeze) is none, but expertRank (--expert-rank) is set; choose base");
  refused({ from: "a", trunkRank: 4, freeze: "base" }, "freeze (--freeze) is base, but trunkRank (--trunk-rank) is set; choose encoder");
  refused({ from: "a", freeze: "base" }, "freeze (--freeze) is base, but there are no adapters; set expertRank (--expert-rank)");
  expect(() => resolveConfig("smoke", { from: "a", expertRank: 4 })).toThrow("flow-mlp: expertRank is 4, expected none: it is for policies with a trunk, pi0 and pi05");
  expect(resolveConfig("smoke", { task: "lift", head: "pi0", cameras: ["front"], imageSize: 64, cropSize: 56, from: "a", expertRank: 4 })).toMatchObject({ freeze: "base" });
  expect(resolveConfig("smoke", { task: "lift", head: "pi0", cameras: ["front"], imageSize: 64, cropSize: 56, from: "a", trunkRank: 4 })).toMatchObject({ freeze: "encoder" });
});
