/** @file Laws of going on from a policy: its weights and its scaling are taken over whole, and what is frozen stays. */

import { expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import { policyParameters } from "#policy/policies";
import { tinyConfig, tinyRows } from "#testing";
import { decodeCheckpoint, encodeCheckpoint, restoreTrainer, type Checkpoint } from "./checkpoint.ts";
import { resolveConfig, type RunConfig } from "./config.ts";
import { startFromSelf } from "./head-start.ts";
import { startFromPolicy } from "./policy-start.ts";
import { openTrainer, type Trainer } from "./trainer.ts";

const PENDING = { lossSum: 0, metricSums: {}, count: 0 };
const rows = tinyRows();
/** Half as far, and elsewhere: normalizers fitted to these would be others. */
const other = { ...rows, actions: rows.actions.map((chunk) => chunk.map((value) => value / 2 + 100)) };
const config = (overrides: Partial<RunConfig> = {}): RunConfig => tinyConfig({ stateFeatures: 6, ...overrides });

async function policy(overrides: Partial<RunConfig> = {}): Promise<Checkpoint> {
  await using trainer = await openTrainer({ config: config(overrides), rows, openSession });
  for (let step = 0; step < 3; step++) await trainer.advance();
  return decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
}

const valuesOf = (trainer: Trainer, prefix: string): Map<string, Float32Array> =>
  new Map(policyParameters(trainer.network).flatMap(({ name }) => {
    const tensor = trainer.state()[prefix + name];
    return tensor === undefined ? [] : [[name, tensor.data.slice()]];
  }));

test.each(["flow-mlp", "openvla"])("%s goes on from the averaged weights, behind the normalizers and the tokenizer that they know", async (head) => {
  const checkpoint = await policy({ head });
  const settings = config({ head });
  await using trainer = await openTrainer({ config: settings, rows: other, openSession, start: startFromPolicy(checkpoint, "runs/a", { config: settings, rows: other }) });
  for (const [name, values] of valuesOf(trainer, "params/")) expect([name, values]).toEqual([name, checkpoint.tensors[`ema/${name}`]?.data]);
  expect(trainer.normalizers).toEqual(checkpoint.header.normalizers);
  expect(trainer.network.spec.codec).toEqual(checkpoint.header.spec.codec);
  expect(trainer.provenance).toEqual({ stage: 3, freeze: "none", from: "runs/a" });
  expect((await trainer.advance()).loss).toBeGreaterThan(0);
});

test("what reads observations stays where it is frozen, and has no gradient", async () => {
  const checkpoint = await policy();
  const settings = config({ freeze: "encoder", from: "runs/a" });
  await using trainer = await openTrainer({ config: settings, rows: other, openSession, start: startFromPolicy(checkpoint, "runs/a", { config: settings, rows: other }) });
  const before = valuesOf(trainer, "ema/");
  for (let step = 0; step < 3; step++) await trainer.advance();
  const moved = [...valuesOf(trainer, "ema/")].filter(([name, values]) => values.some((value, i) => value !== before.get(name)?.[i])).map(([name]) => name);
  expect(moved.length).toBeGreaterThan(3);
  expect(moved.filter((name) => name.startsWith("encoder."))).toEqual([]);
  expect([...valuesOf(trainer, "m/").keys()].filter((name) => name.startsWith("encoder."))).toEqual([]);
  expect(trainer.frozen).toBeGreaterThan(0);
});

test("a run that went on from a policy is resumed without it, bit for bit", async () => {
  const settings = config({ freeze: "encoder", from: "runs/a" });
  const start = startFromPolicy(await policy(), "runs/a", { config: settings, rows: other });
  await using whole = await openTrainer({ config: settings, rows: other, openSession, start });
  for (let step = 0; step < 2; step++) await whole.advance();
  const saved = decodeCheckpoint(encodeCheckpoint(whole, PENDING), "b");
  await using resumed = await openTrainer({ config: settings, rows: other, openSession, start: startFromSelf(saved, settings) });
  restoreTrainer(resumed, saved, "b");
  await whole.advance();
  await resumed.advance();
  expect(encodeCheckpoint(resumed, PENDING)).toEqual(encodeCheckpoint(whole, PENDING));
});

test("another network is refused with each difference, and flags that contradict each other are", async () => {
  const checkpoint = await policy();
  const settings = config({ width: 16, horizon: 8 });
  expect(() => startFromPolicy(checkpoint, "runs/a", { config: settings, rows })).toThrow(/^runs\/a: the policy is another one: horizon is 4, expected 8; width is 8, expected 16; /);
  expect(() => startFromPolicy(checkpoint, "runs/a", { config: config({ normalizer: "gaussian" }), rows })).toThrow("runs/a: normalizer (--normalizer) is gaussian, the policy's is limits: it goes on behind the scaling that it knows");
  // How often the network is asked is no part of its weights.
  expect(startFromPolicy(checkpoint, "runs/a", { config: config({ integrationSteps: 7 }), rows }).source).toBe("runs/a");
  const refused = (overrides: Partial<RunConfig>, why: string): void => expect(() => resolveConfig("smoke", overrides)).toThrow(why);
  refused({ from: "a", headFrom: "b" }, "from (--from) and headFrom (--head-from) are both set; a policy brings its own head");
  refused({ from: "a", freeze: "head" }, "freeze (--freeze) is head, which goes with a head alone; over a policy choose none, encoder or base");
  refused({ freeze: "encoder" }, "freeze (--freeze) is encoder, but none has learned anything; name a policy with from (--from)");
});
