/** @file Laws of a trunk that also writes its chunk in tokens: both losses fall, and insulated the trunk learns from tokens alone. */

import { expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import { loadPolicy, policyParameters, WHOLE_NAMES } from "#policy/policies";
import { tinyRows, tinyTrunkConfig, tinyTrunkRows } from "#testing";
import { decodeCheckpoint, encodeCheckpoint, policyOf } from "./checkpoint.ts";
import { clampedActions } from "./clamped-actions.ts";
import { resolveConfig, type RunConfig } from "./config.ts";
import { startFromPolicy } from "./policy-start.ts";
import { openTrainer, type StepMetrics, type Trainer } from "./trainer.ts";

const rows = tinyTrunkRows();
const PENDING = { lossSum: 0, metricSums: {}, count: 0 };
// Far above any gradient: clipping would tie the gradients of trunk and expert together.
const trainerOf = (head: string, overrides: Partial<RunConfig>): Promise<Trainer> => openTrainer({ config: tinyTrunkConfig(head, { clipNorm: 1e6, ...overrides }), rows, openSession });

/** Gradients of the first step, by the moments it leaves. */
async function firstGradients(overrides: Partial<RunConfig>): Promise<{ readonly metrics: StepMetrics["metrics"]; readonly of: (path: string) => number[] }> {
  await using trainer = await trainerOf("pi0", overrides);
  const { metrics } = await trainer.advance();
  const state = trainer.state();
  return { metrics, of: (path) => Array.from(state[`m/${path}`]?.data ?? [], Number) };
}

const distance = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((value, i) => value - (b[i] ?? NaN))) / Math.hypot(...b);
const TRUNK = "encoder.languageModel.layers.0.mlp.upProj.weight";
const EXPERT = "head.layers.0.mlp.upProj.weight";

test("insulated, the trunk's gradient is the tokens' alone, and the expert's is the flow's alone", async () => {
  const [one, three] = [await firstGradients({ tokenWeight: 1 }), await firstGradients({ tokenWeight: 3 })];
  expect(distance(three.of(TRUNK), one.of(TRUNK).map((value) => 3 * value))).toBeLessThan(1e-4);
  expect(distance(three.of(EXPERT), one.of(EXPERT))).toBeLessThan(1e-5);
  expect(one.metrics).toMatchObject({ flow: three.metrics["flow"], tokens: three.metrics["tokens"] });
});

test("without insulation the trunk learns from both", async () => {
  const trunkOf = async (overrides: Partial<RunConfig>): Promise<number[]> => (await firstGradients(overrides)).of(TRUNK);
  const [both, thrice, tokens] = [await trunkOf({ tokenWeight: 1, insulated: false }), await trunkOf({ tokenWeight: 3, insulated: false }), await trunkOf({ tokenWeight: 1 })];
  // Flow + w · tokens: without the tokens' share at w = 1 the flow's is left.
  const flow = both.map((value, i) => value - (tokens[i] ?? NaN));
  expect(distance(thrice, flow.map((value, i) => value + 3 * (tokens[i] ?? NaN)))).toBeLessThan(1e-3);
  expect(Math.hypot(...flow)).toBeGreaterThan(1e-3 * Math.hypot(...both));
});

test.each(WHOLE_NAMES)("%s learns to write its chunks, and acts without doing so", async (head) => {
  await using trainer = await trainerOf(head, { tokenWeight: 1, learningRate: 3e-3, steps: 40 });
  const first = await trainer.advance();
  let last = first;
  while (trainer.step < 40) last = await trainer.advance();
  expect(last.metrics["tokens"]).toBeLessThan(0.8 * (first.metrics["tokens"] ?? NaN));
  expect(last.loss).toBeCloseTo((last.metrics["flow"] ?? NaN) + (last.metrics["tokens"] ?? NaN), 4);
  const checkpoint = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  await using policy = loadPolicy(policyOf(checkpoint, "a"), openSession);
  const sampler = await policy.sampler(1);
  await sampler.run();
  expect([...sampler.chunk].every(Number.isFinite)).toBe(true);
  // Fine-tuned without tokens, or with another weight, it is the same network.
  for (const overrides of [{}, { tokenWeight: 0.5, insulated: false }]) {
    const config = tinyTrunkConfig(head, { from: "a", ...overrides });
    await using tuned = await openTrainer({ config, rows, openSession, start: startFromPolicy(checkpoint, "a", { config, rows }) });
    expect(policyParameters(tuned.network).map(({ name }) => name)).toEqual(policyParameters(trainer.network).map(({ name }) => name));
    expect((await tuned.advance()).loss).toBeGreaterThan(0);
  }
});

test("tokens go on with other data: room for their longest chunk, alone or beside another source, but not for another robot", async () => {
  await using trainer = await trainerOf("pi0", { tokenWeight: 1, paddedSize: 6 });
  const checkpoint = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  const wild = { ...rows, actions: rows.actions.map((chunk) => chunk.map((value, i) => value + (i % 4 < 2 ? 40 : -40))) };
  const config = tinyTrunkConfig("pi0", { from: "a", tokenWeight: 1, paddedSize: 6 });
  const start = startFromPolicy(checkpoint, "a", { config, rows: wild });
  const [before, after] = [checkpoint.header.spec.codec, start.kept.codec] as { readonly longest: number }[];
  expect(after?.longest).toBeGreaterThan(before?.longest ?? Infinity);
  await using tuned = await openTrainer({ config, rows: wild, openSession, start });
  for (let step = 0; step < 8; step++) expect((await tuned.advance()).loss).toBeGreaterThan(0);

  const silent = tinyTrunkConfig("pi0", { from: "a", paddedSize: 6 });
  const mixed = { config: silent, rows, openSession, start: startFromPolicy(checkpoint, "a", { config: silent, rows }), mixture: [{ name: "wild", config: silent, rows: wild }] };
  await using both = await openTrainer(mixed);
  expect((await both.advance()).loss).toBeGreaterThan(0);
  expect(clampedActions(both, rows)).toBeNull();

  const larger = { ...rows, ...tinyRows({ obsSize: 5, actionSize: 4 }) };
  expect(() => startFromPolicy(checkpoint, "a", { config, rows: larger })).toThrow("a: its trunk writes chunks of 4 steps of 2, not of 4 of 4; train pi0 without tokenWeight (--token-weight)");
});

test("tokens without a trunk, a policy that knows none, and insulation from nothing are refused", async () => {
  const refused = (overrides: Partial<RunConfig>, why: string): void =>
    expect(() => resolveConfig("smoke", { task: "lift", head: "pi0", cameras: ["front"], imageSize: 64, cropSize: 56, ...overrides })).toThrow(why);
  refused({ insulated: true }, "insulated (--insulated) is on, but the trunk writes no tokens to learn from; set tokenWeight (--token-weight)");
  refused({ from: "a", tokenWeight: 1, freeze: "encoder" }, "tokenWeight (--token-weight) is 1, but the trunk that writes the tokens is frozen; leave it out, or set trunkRank (--trunk-rank)");
  refused({ from: "a", tokenWeight: 1, expertRank: 2 }, "tokenWeight (--token-weight) is 1, but the trunk that writes the tokens is frozen");
  expect(() => resolveConfig("smoke", { tokenWeight: 1 })).toThrow("flow-mlp: tokenWeight is 1, expected none: it is for policies with a trunk, pi0 and pi05");
  await using trainer = await trainerOf("pi0", {});
  const checkpoint = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  const config = tinyTrunkConfig("pi0", { from: "a", tokenWeight: 1 });
  expect(() => startFromPolicy(checkpoint, "a", { config, rows })).toThrow("pi0: tokenWeight is 1, but there are no tokens: the policy that training goes on from was trained without");
});
