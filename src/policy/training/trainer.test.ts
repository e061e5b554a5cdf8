/** @file Laws of the trainer: determinism, resuming, and what happens when numbers go bad. */

import { expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import { tinyConfig, tinyRows } from "#testing";
import { encodeCheckpoint } from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { NonFiniteError } from "./non-finite.ts";
import { openTrainer, type StepMetrics, type Trainer } from "./trainer.ts";

const rows = tinyRows();
const open = (overrides: Partial<RunConfig> = {}): Promise<Trainer> => openTrainer({ config: tinyConfig(overrides), rows, openSession });
const bytesOf = (trainer: Trainer): Uint8Array => encodeCheckpoint(trainer, { lossSum: 0, metricSums: {}, count: 0 });

async function advance(trainer: Trainer, steps: number): Promise<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  for (let step = 0; step < steps; step++) metrics.push(await trainer.advance());
  return metrics;
}

/** A copy of the state that later steps leave alone. */
function savedState(trainer: Trainer): ReturnType<Trainer["state"]> {
  return Object.fromEntries(Object.entries(trainer.state()).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
}

test("the same seed gives the same bytes after five steps, another seed others", async () => {
  const runs = [];
  for (const seed of [3, 3, 4]) {
    await using trainer = await open({ seed });
    runs.push({ metrics: await advance(trainer, 5), bytes: bytesOf(trainer) });
  }
  const [first, same, other] = runs;
  expect(same).toEqual(first);
  expect(other?.bytes).not.toEqual(first?.bytes);
  expect(first?.metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
});

test("a restored state continues bit for bit", async () => {
  await using whole = await open();
  await advance(whole, 3);
  const state = savedState(whole);
  const rest = await advance(whole, 4);
  await using resumed = await open();
  resumed.restore(3, state);
  expect(resumed.step).toBe(3);
  expect(bytesOf(resumed)).not.toEqual(bytesOf(whole));
  expect(await advance(resumed, 4)).toEqual(rest);
  expect(bytesOf(resumed)).toEqual(bytesOf(whole));
});

test("the state holds weights, averages and both moments of every parameter, averages and weights the same at first", async () => {
  await using trainer = await open();
  const state = trainer.state();
  const sections = (prefix: string): string[] =>
    Object.keys(state).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  expect(sections("params/").length).toBeGreaterThan(10);
  for (const prefix of ["ema/", "m/", "v/"]) expect(sections(prefix)).toEqual(sections("params/"));
  for (const name of sections("params/")) expect(state[`ema/${name}`]?.data).toEqual(state[`params/${name}`]?.data);
  expect(trainer.parameters).toBe(sections("params/").reduce((total, name) => total + (state[`params/${name}`]?.data.length ?? 0), 0));
});

test("training lowers the loss, and the average trails the weights", async () => {
  await using trainer = await open({ steps: 150, learningRate: 1e-2 });
  const metrics = await advance(trainer, 150);
  const meanOf = (part: StepMetrics[]): number => part.reduce((total, { loss }) => total + loss, 0) / part.length;
  expect(meanOf(metrics.slice(-20))).toBeLessThan(0.7 * meanOf(metrics.slice(0, 5)));
  const state = trainer.state();
  expect(state["ema/head.output.weight"]?.data).not.toEqual(state["params/head.output.weight"]?.data);
});

test("the learning rate rises linearly, peaks, and falls", async () => {
  await using trainer = await open({ steps: 8, warmupSteps: 4, learningRate: 1e-2 });
  const rates = (await advance(trainer, 8)).map(({ lr }) => lr);
  expect(rates.slice(0, 4)).toEqual([0.25e-2, 0.5e-2, 0.75e-2, 1e-2]);
  for (let i = 4; i < 8; i++) expect(rates[i]).toBeLessThan(rates[i - 1] ?? NaN);
});

test("a step whose gradient is not finite names itself and the tensor, and changes nothing", async () => {
  await using trainer = await open({ learningRate: 1e30, warmupSteps: 0 });
  const failure = await advance(trainer, 20).then(() => undefined, (error: unknown) => error);
  const doneSteps = trainer.step;
  expect(failure).toBeInstanceOf(NonFiniteError);
  expect(failure).toMatchObject({ step: doneSteps + 1 });
  expect(String(failure)).toContain(`step ${doneSteps + 1}: the loss or a gradient is not finite; the first bad tensor is `);
  const bad = Object.entries(trainer.state()).filter(([, { data }]) => !data.every(Number.isFinite));
  expect(bad.map(([name]) => name)).toEqual([]);
  const before = bytesOf(trainer);
  await expect(trainer.advance()).rejects.toThrow(NonFiniteError);
  expect(bytesOf(trainer)).toEqual(before);
});

test("a parameter that an update made infinite is found in the next step, and named", async () => {
  // 1e39 is finite as a number and infinite as f32.
  await using trainer = await open({ learningRate: 1e39, warmupSteps: 0 });
  const failure = await advance(trainer, 3).then(() => undefined, (error: unknown) => error);
  const [first] = Object.entries(trainer.state()).filter(([, { data }]) => !data.every(Number.isFinite));
  expect(failure).toBeInstanceOf(NonFiniteError);
  expect(failure).toMatchObject({ step: 1, finding: `${first?.[0]} is not finite after this step` });
  expect(first?.[0]).toMatch(/^params\//);
  expect(trainer.step).toBe(1);
});

test("of bad numbers that were there before the step, the parameter is named", async () => {
  await using trainer = await open();
  const state = savedState(trainer);
  state["params/head.stem.bias"]?.data.fill(NaN);
  trainer.restore(7, state);
  await expect(trainer.advance()).rejects.toThrow("step 7: params/head.stem.bias is not finite after this step.");
});

test("NaN in the rows is refused before anything is built", async () => {
  const broken = tinyRows();
  broken.actions[1]?.fill(NaN, 3, 4);
  const opening = openTrainer({ config: tinyConfig(), rows: broken, openSession });
  await expect(opening).rejects.toThrow("dimension 1 is NaN, expected finite values");
});

test("three hundred steps do not grow memory", async () => {
  await using trainer = await open({ steps: 600 });
  await advance(trainer, 100);
  const before = process.memoryUsage();
  await advance(trainer, 300);
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(4e6);
  expect(after.rss - before.rss).toBeLessThan(40e6);
});
