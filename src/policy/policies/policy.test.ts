/** @file Laws of a policy that runs: units, batches, sessions, and its two samplers. */

import { expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import type { OpenSession } from "#engine/runtime";
import { tensorFrom, toNumbers } from "#engine/array";
import { input, emit } from "#engine/graph";
import { normals, tinyPolicy, tinyRows } from "#testing";
import { denormalize, normalize, type NormalizerKind } from "#world/data";
import { applyNormalizer, removeNormalizer, samplerModel, type PolicyNormalizers } from "./models.ts";
import { HEAD_NAMES } from "./head-kinds.ts";
import { policyNetwork } from "./network.ts";
import { loadPolicy, type Policy } from "./policy.ts";
import { sampleInSteps, samplerStepModel } from "./sampler-step.ts";

const rows = tinyRows();
const weights = tinyPolicy(rows);
const [O, S, H, A] = [2, 3, 4, 2] as const;

/** B observations of the data, one episode's ticks after the other. */
const observationsOf = (batch: number): Float32Array =>
  Float32Array.from({ length: batch * O * S }, (_, i) => rows.observations[2]?.[i % (8 * O * S)] ?? 0);
const noiseOf = (batch: number): Float32Array => Float32Array.from(normals(batch * H * A, 5));

async function chunkOf(policy: Policy, observation: Float32Array, noise: Float32Array): Promise<number[]> {
  const sampler = await policy.sampler(noise.length / (H * A));
  sampler.observation.set(observation);
  sampler.noise.set(noise);
  await sampler.run();
  return [...sampler.chunk];
}

/** Counts the sessions that are open. */
function counted(): { readonly open: OpenSession; readonly opened: () => number; readonly closed: () => number } {
  let [opened, closed] = [0, 0];
  const open: OpenSession = async (model, options) => {
    const session = await openSession(model, options);
    opened += 1;
    return { ...session, close: () => ((closed += 1), session.close()) };
  };
  return { open, opened: () => opened, closed: () => closed };
}

test.each(["limits", "gaussian", "quantiles"] as const)("%s normalizers in a graph equal those on the host", async (kind: NormalizerKind) => {
  const { normalizers }: { normalizers: PolicyNormalizers } = tinyPolicy(rows, { normalizer: kind });
  const values = rows.observations[0] ?? new Float32Array();
  const x = input("x", "f32", [values.length / S, S]);
  const outputs = { normal: applyNormalizer(normalizers.observation, x), physical: removeNormalizer(normalizers.observation, x) };
  await using session = await openSession(emit({ name: "test", inputs: { x }, outputs }).bytes);
  const { normal, physical } = await session.run({ x: tensorFrom("f32", x.shape, values) });
  if (normal === undefined || physical === undefined) throw new Error("outputs are missing");
  const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN)) / Math.max(1, Math.abs(value))));
  expect(apart(toNumbers(normal), normalize(normalizers.observation, values))).toBeLessThan(2e-6);
  expect(apart(toNumbers(physical), denormalize(normalizers.observation, values))).toBeLessThan(2e-6);
});

test("a chunk is in physical units: scaling the actions' normalizer scales the chunk", async () => {
  const { action } = weights.normalizers;
  const halved = { ...action, scale: action.scale.map((s) => s / 2), offset: action.offset.map(() => 0) };
  const unit = { ...action, scale: action.scale.map(() => 1), offset: action.offset.map(() => 0) };
  const chunks = [];
  for (const normalizer of [halved, unit]) {
    await using policy = loadPolicy({ ...weights, normalizers: { ...weights.normalizers, action: normalizer } }, openSession);
    chunks.push(await chunkOf(policy, observationsOf(1), noiseOf(1)));
  }
  const [physical = [], normal = []] = chunks;
  physical.forEach((value, i) => expect(value * (halved.scale[i % A] ?? NaN)).toBeCloseTo(normal[i] ?? NaN, 4));
});

test("the unrolled sampler equals the host loop over the one-step graph", async () => {
  await using policy = loadPolicy(weights, openSession);
  const [batch, steps] = [3, weights.network.spec.integrationSteps];
  const unrolled = await chunkOf(policy, observationsOf(batch), noiseOf(batch));
  const request = { batch, steps, observation: observationsOf(batch), noise: noiseOf(batch) };
  const looped = await sampleInSteps(weights, openSession, request);
  unrolled.forEach((value, i) => expect(looped[i]).toBeCloseTo(value, 3)); // px, of about 256
  const finer = await sampleInSteps(weights, openSession, { ...request, steps: steps + 1 });
  expect([...finer]).not.toEqual([...looped]);
});

test("a head without steps has no one-step graph and says so", () => {
  const { chunk, parameters, hostInputs, noiseShape, loss, sample } = weights.network.head;
  const policy = { ...weights, network: { ...weights.network, head: { chunk, parameters, hostInputs, noiseShape, loss, sample } } };
  expect(() => samplerStepModel(policy, 1)).toThrow('samplerStepModel: head "flow-mlp" is not sampled in steps');
});

test("the same weights give the same bytes", () => {
  expect(samplerModel(weights, 2)).toEqual(samplerModel(tinyPolicy(rows), 2));
});

test.each(["flwo", "constructor", "toString", "__proto__"])('a network with the head "%s" is refused, naming the heads there are', (head) => {
  expect(() => policyNetwork({ ...weights.network.spec, head })).toThrow(
    new RangeError(`policyNetwork: there is no head "${head}"; heads are ${HEAD_NAMES.join(", ")}`),
  );
});

test("a missing weight is named", () => {
  const { "head.stem.bias": _, ...others } = weights.weights;
  expect(() => samplerModel({ ...weights, weights: others }, 1)).toThrow('weight "head.stem.bias" is missing');
});

test("the same noise gives the same chunk, other noise another", async () => {
  await using policy = loadPolicy(weights, openSession);
  const first = await chunkOf(policy, observationsOf(2), noiseOf(2));
  expect(await chunkOf(policy, observationsOf(2), noiseOf(2))).toEqual(first);
  expect(await chunkOf(policy, observationsOf(2), noiseOf(2).fill(0))).not.toEqual(first);
});

test("a chunk at batch 1 equals the same row in a batch of 50", async () => {
  await using policy = loadPolicy(weights, openSession);
  const [observation, noise] = [observationsOf(50), noiseOf(50)];
  const all = await chunkOf(policy, observation, noise);
  for (const row of [0, 17, 49]) {
    const alone = await chunkOf(policy, observation.slice(row * O * S, (row + 1) * O * S), noise.slice(row * H * A, (row + 1) * H * A));
    alone.forEach((value, i) => expect(Math.abs(value / (all[row * H * A + i] ?? NaN) - 1)).toBeLessThan(1e-5));
  }
});

test("there is one session per batch size, and closing closes each", async () => {
  const { open, opened, closed } = counted();
  const policy = loadPolicy(weights, open);
  const [first, again] = await Promise.all([policy.sampler(1), policy.sampler(1)]);
  expect(again).toBe(first);
  await policy.sampler(2);
  expect(await policy.sampler(1)).toBe(first);
  expect([opened(), closed()]).toEqual([2, 0]);
  await policy.close();
  expect([opened(), closed()]).toEqual([2, 2]);
});

test("a session that did not open is tried again, and does not stand in the way of closing", async () => {
  let fails = true;
  const policy = loadPolicy(weights, (model, options) => (fails ? Promise.reject(new Error("no memory")) : openSession(model, options)));
  await expect(policy.sampler(1)).rejects.toThrow("no memory");
  fails = false;
  expect((await policy.sampler(1)).chunk).toHaveLength(H * A);
  await policy.close();
});
