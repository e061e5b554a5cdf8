/** @file Laws of a trunk that is taught to point: it learns where things are, acts without being told, and goes on with or without. */

import { expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import { loadPolicy, policyParameters, WHOLE_NAMES } from "#policy/policies";
import { tinyTrunkConfig, tinyTrunkRows } from "#testing";
import type { Dataset } from "#world/data";
import { decodeCheckpoint, encodeCheckpoint, policyOf, restoreTrainer } from "./checkpoint.ts";
import { resolveConfig, type RunConfig } from "./config.ts";
import { startFromSelf } from "./head-start.ts";
import { startFromPolicy } from "./policy-start.ts";
import { taskOf } from "./tasks.ts";
import { openTrainer, type Trainer } from "./trainer.ts";
import { trainingRows, type TrainingRows } from "./training-rows.ts";

const PENDING = { lossSum: 0, metricSums: {}, count: 0 };
const silent = tinyTrunkRows();
/** Two points: one where the episode's instruction says, one that is nowhere in the second episode. */
const rows: TrainingRows = {
  ...silent,
  pointing: {
    points: 2,
    rows: silent.observations.map((states, episode) => {
      const other = episode === 1 ? [NaN, NaN, NaN] : [0.5, 0, 0.1];
      return Float32Array.from(Array.from({ length: states.length / silent.obsSize }, () => [0.4, 0.2 * (episode - 1), 0.02, ...other]).flat());
    }),
  },
};
const trainerOf = (head: string, overrides: Partial<RunConfig> = {}): Promise<Trainer> =>
  openTrainer({ config: tinyTrunkConfig(head, { pointingWeight: 0.3, learningRate: 3e-3, steps: 60, ...overrides }), rows, openSession });

test.each(WHOLE_NAMES)("%s learns to point, and acts without being told where anything is", async (head) => {
  await using trainer = await trainerOf(head);
  const first = await trainer.advance();
  let last = first;
  while (trainer.step < 60) last = await trainer.advance();
  expect(first.metrics["pointing"]).toBeGreaterThan(0.1);
  expect(last.metrics["pointing"]).toBeLessThan(0.03);
  const checkpoint = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  expect(checkpoint.header.spec).toMatchObject({ points: 2, pointingWeight: 0.3 });
  await using policy = loadPolicy(policyOf(checkpoint, "a"), openSession);
  const sampler = await policy.sampler(1);
  await sampler.run();
  expect(Object.keys(sampler.observations).sort()).toEqual(["image.front", "observation", "text"]);
  expect([...sampler.chunk].every(Number.isFinite)).toBe(true);
  // With another weight, or by actions alone from rows that say nothing of points, it is the same network.
  for (const [overrides, source] of [[{ pointingWeight: 1 }, rows], [{}, silent]] as const) {
    const config = tinyTrunkConfig(head, { from: "a", ...overrides });
    const start = startFromPolicy(checkpoint, "a", { config, rows: source });
    await using tuned = await openTrainer({ config, rows: source, openSession, start, mixture: [{ name: "more", config, rows: source }] });
    expect(policyParameters(tuned.network).map(({ name }) => name)).toEqual(policyParameters(trainer.network).map(({ name }) => name));
    expect(Object.keys((await tuned.advance()).metrics)).toEqual("pointingWeight" in overrides ? ["flow", "pointing"] : []);
  }
});

test("it points where words alone say", async () => {
  // The same frames and states in every episode. Whoever does not read answers the middle, and is 0.029 m off in the mean: 0.2 m along one axis of three, in 21 of the 48 points that are there.
  const [frames = new Uint8Array(), longest = new Float32Array()] = [silent.frames?.["front"]?.[2], silent.observations[2]];
  const ticks = longest.length / silent.obsSize;
  const alike: TrainingRows = {
    ...rows,
    observations: silent.observations.map(({ length }) => longest.slice(0, length)),
    frames: { front: silent.observations.map(({ length }) => frames.slice(0, (length / silent.obsSize / ticks) * frames.length)) },
  };
  await using trainer = await openTrainer({ config: tinyTrunkConfig("pi0", { pointingWeight: 0.3, learningRate: 3e-3, steps: 200, batch: 8 }), rows: alike, openSession });
  const errors: number[] = [];
  while (trainer.step < 200) errors.push((await trainer.advance()).metrics["pointing"] ?? NaN);
  expect(errors.slice(-20).reduce((sum, error) => sum + error, 0) / 20).toBeLessThan(0.01);
});

test("it goes with tokens of the chunk: each has its own loss", async () => {
  await using trainer = await trainerOf("pi0", { tokenWeight: 1 });
  const { loss, metrics } = await trainer.advance();
  expect(Object.keys(metrics).sort()).toEqual(["accuracy", "flow", "pointing", "tokens"]);
  // Two blocks: one answer, in units of 0.1 m in the loss, in metres in the metric.
  const { flow = NaN, tokens = NaN, pointing = NaN } = metrics;
  expect(loss).toBeCloseTo(flow + tokens + (0.3 * pointing) / 0.1, 3);
});

test("a run that goes on without the flag is resumed with its questions", async () => {
  await using trainer = await trainerOf("pi0");
  const config = tinyTrunkConfig("pi0", { from: "a" });
  const start = startFromPolicy(decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a"), "a", { config, rows: silent });
  await using tuned = await openTrainer({ config, rows: silent, openSession, start });
  const saved = decodeCheckpoint(encodeCheckpoint(tuned, PENDING), "b");
  await using resumed = await openTrainer({ config, rows: silent, openSession, start: startFromSelf(saved, config) });
  restoreTrainer(resumed, saved, "b");
  expect(resumed.network.spec).toEqual(tuned.network.spec);
  expect((await resumed.advance()).loss).toBe((await tuned.advance()).loss);
});

test("what says nothing of points, and what knows no question, are refused", async () => {
  const fork = taskOf("fork");
  expect(() => trainingRows(fork, fork.demonstrate?.() as Dataset, { mirror: false, horizon: 4, pointingWeight: 1 })).toThrow("task fork says nothing of points that could be pointed at; leave pointingWeight (--pointing-weight) out");
  expect(() => resolveConfig("smoke", { pointingWeight: 1 })).toThrow("flow-mlp: pointingWeight is 1, expected none: it is for policies with a trunk, pi0 and pi05");
  expect(() => resolveConfig("smoke", { task: "sort", head: "pi0", cameras: ["front"], imageSize: 64, blocks: 1, pointingWeight: 1 })).toThrow("pi0: blocks is 1, expected at least 2 where things are pointed at (--pointing-weight)");
  const frozen = { task: "sort", head: "pi0", cameras: ["front"], imageSize: 64, from: "a", pointingWeight: 1 };
  expect(() => resolveConfig("full", { ...frozen, freeze: "encoder" })).toThrow("pointingWeight (--pointing-weight) is 1, but the trunk that points is frozen; leave it out, or set trunkRank (--trunk-rank)");
  const config = tinyTrunkConfig("pi0", { from: "a", pointingWeight: 1 });
  await using plain = await openTrainer({ config: tinyTrunkConfig("pi0"), rows: silent, openSession });
  const checkpoint = decodeCheckpoint(encodeCheckpoint(plain, PENDING), "a");
  expect(() => startFromPolicy(checkpoint, "a", { config, rows })).toThrow("pi0: pointingWeight is 1, but the prompt asks for nothing: the policy that training goes on from was trained without");
  await using pointed = await trainerOf("pi0");
  const more = { ...rows, pointing: { points: 3, rows: rows.observations.map((states) => new Float32Array((9 * states.length) / rows.obsSize)) } };
  expect(() => startFromPolicy(decodeCheckpoint(encodeCheckpoint(pointed, PENDING), "a"), "a", { config, rows: more })).toThrow(
    "a: the policy asks where 2 points are, expected the 3 of the task; leave pointingWeight (--pointing-weight) out to go on by actions alone",
  );
});
