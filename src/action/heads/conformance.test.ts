/** @file Laws that every action head obeys. A new head is tested by standing in the list. */

import { expect, test } from "vitest";
import { hostTensor, rng, sizeOf, tensorFrom, toNumbers, type HostTensor } from "#engine/array";
import { emit, gradients, input, type Program, type Tensor } from "#engine/graph";
import { mapParameters, namedParameters, type ParameterTree } from "#engine/nn";
import { fusedAdamW, parameterArena } from "#engine/optim";
import { openSession } from "#engine/runtime/node";
import { HEAD_NAMES } from "#policy/policies";
import { normals, relativeError } from "#testing";
import { flowMatchingHead } from "./flow-matching.ts";
import type { ActionHead, ChunkSpec } from "./head.ts";
import { residualMlp } from "./residual-mlp.ts";

const [B, H, A, C] = [3, 4, 2, 5] as const;
const chunk: ChunkSpec = { horizon: H, actionSize: A };

/** A head whose tree of parameters is not known. */
type AnyHead = ActionHead<ParameterTree, string>;
const erased = <P extends ParameterTree, D extends string>(head: ActionHead<P, D>): AnyHead => head as unknown as AnyHead;

const network = { condSize: C, width: 8, hidden: 12, blocks: 2, timeSize: 8 };
const heads: readonly (readonly [name: string, head: AnyHead])[] = [
  ["flow", erased(flowMatchingHead(residualMlp(chunk, network), chunk, { integrationSteps: 3 }))],
];

type Values = Record<string, HostTensor>;

const numbersOf = (values: Values, name: string): number[] => {
  const tensor = values[name];
  if (tensor === undefined) throw new Error(`there is no ${name}`);
  return toNumbers(tensor);
};

/** Parameters with values of about the size of trained ones, those that start at 0 included. */
function randomParameters(head: AnyHead): Values {
  return Object.fromEntries(
    namedParameters(head.parameters).map(({ name, shape }, i) => {
      const spread = 1 / Math.sqrt(shape.at(-1) ?? 1);
      return [name, tensorFrom("f32", shape, normals(sizeOf(shape), 10 + i).map((value) => value * spread))];
    }),
  );
}

/** Conditioning, targets and draws of a batch; nothing is padded. */
function randomBatch(head: AnyHead, batch: number): Values {
  const draws = Object.entries(head.draws).map(([name, draw]) => {
    const data = new Float32Array(sizeOf(draw.shape(batch)));
    draw.fill(rng(3, name), data);
    return [`draw/${name}`, { dtype: "f32" as const, shape: draw.shape(batch), data }] as const;
  });
  return {
    cond: tensorFrom("f32", [batch, C], normals(batch * C, 1)),
    actions: tensorFrom("f32", [batch, H, A], normals(batch * H * A, 2)),
    isPad: tensorFrom("bool", [batch, H], Array<number>(batch * H).fill(0)),
    ...Object.fromEntries(draws),
  };
}

/** Loss and gradients `g/…` of every parameter, and of nothing else. */
function lossProgram(head: AnyHead, batch: number, withGradients: boolean = true): Program {
  const inputs: Record<string, Tensor> = {};
  const declare = (name: string, dtype: "f32" | "bool", shape: readonly number[]): Tensor => (inputs[name] = input(name, dtype, shape));
  const parameters = mapParameters(head.parameters, ({ name, shape }) => declare(name, "f32", shape));
  const names = Object.keys(inputs);
  const cond = declare("cond", "f32", [batch, C]);
  const targets = { actions: declare("actions", "f32", [batch, H, A]), isPad: declare("isPad", "bool", [batch, H]) };
  const draws = Object.fromEntries(
    Object.entries(head.draws).map(([name, draw]) => [name, declare(`draw/${name}`, "f32", draw.shape(batch))]),
  );
  const loss = head.loss(parameters, cond, targets, draws);
  const derivatives = withGradients ? gradients(loss, names.map((name) => inputs[name] ?? loss)) : [];
  const outputs = Object.fromEntries(derivatives.map((tensor, i) => [`g/${names[i]}`, tensor]));
  return { name: "loss", inputs, outputs: { loss, ...outputs } };
}

function sampleProgram(head: AnyHead, batch: number): Program {
  const inputs: Record<string, Tensor> = {};
  const parameters = mapParameters(head.parameters, ({ name, shape }) => (inputs[name] = input(name, "f32", shape)));
  const cond = (inputs["cond"] = input("cond", "f32", [batch, C]));
  const noise = (inputs["noise"] = input("noise", "f32", [batch, H, A]));
  return { name: "sample", inputs, outputs: { chunk: head.sample(parameters, cond, noise) } };
}

async function run(program: Program, values: Values): Promise<Record<string, number[]>> {
  await using session = await openSession(emit(program).bytes, { threads: 1 });
  const feeds = Object.fromEntries(session.inputNames.map((name) => [name, values[name] ?? tensorFrom("f32", [0], [])]));
  const results = await session.run(feeds);
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toNumbers(tensor)]));
}

const sampleOf = async (head: AnyHead, batch: number, values: Values): Promise<number[]> =>
  (await run(sampleProgram(head, batch), { ...randomParameters(head), ...values }))["chunk"] ?? [];

const lossOf = (head: AnyHead, batch: number, values: Values): Promise<Record<string, number[]>> =>
  run(lossProgram(head, batch), { ...randomParameters(head), ...values });

const noiseOf = (batch: number, seed: number): HostTensor => tensorFrom("f32", [batch, H, A], normals(batch * H * A, seed));

test("every head that a policy can be made with is in the list", () => {
  expect(heads.map(([name]) => name).sort()).toEqual([...HEAD_NAMES].sort());
});

test.each(heads)("%s has a scalar loss, chunk-shaped samples, and draws of the batch's size", (_name, head) => {
  expect(lossProgram(head, B).outputs["loss"]).toMatchObject({ dtype: "f32", shape: [] });
  expect(sampleProgram(head, B).outputs["chunk"]).toMatchObject({ dtype: "f32", shape: [B, H, A] });
  for (const draw of Object.values(head.draws)) expect(draw.shape(7)[0]).toBe(7);
  expect(head.chunk).toEqual(chunk);
});

test.each(heads)("%s gives the same chunk for the same noise, and another one for other noise and other conditioning", async (_name, head) => {
  const { cond = noiseOf(0, 0) } = randomBatch(head, B);
  const other = tensorFrom("f32", [B, C], normals(B * C, 99));
  const first = await sampleOf(head, B, { cond, noise: noiseOf(B, 5) });
  expect(first).toHaveLength(B * H * A);
  expect(first.every(Number.isFinite)).toBe(true);
  expect(await sampleOf(head, B, { cond, noise: noiseOf(B, 5) })).toEqual(first);
  expect(await sampleOf(head, B, { cond, noise: noiseOf(B, 6) })).not.toEqual(first);
  expect(await sampleOf(head, B, { cond: other, noise: noiseOf(B, 5) })).not.toEqual(first);
});

test.each(heads)("%s samples every element of a batch by itself", async (_name, head) => {
  const cond = normals(B * C, 1);
  const noise = normals(B * H * A, 5);
  const together = await sampleOf(head, B, { cond: tensorFrom("f32", [B, C], cond), noise: tensorFrom("f32", [B, H, A], noise) });
  const alone = await sampleOf(head, 1, {
    cond: tensorFrom("f32", [1, C], cond.slice(C, 2 * C)),
    noise: tensorFrom("f32", [1, H, A], noise.slice(H * A, 2 * H * A)),
  });
  alone.forEach((value, i) => expect(value).toBeCloseTo(together[H * A + i] ?? NaN, 5));
});

test.each(heads)("%s sends a gradient into every parameter", async (_name, head) => {
  const { loss: _, ...slopes } = await lossOf(head, B, randomBatch(head, B));
  expect(Object.keys(slopes)).toHaveLength(namedParameters(head.parameters).length);
  const dead = Object.entries(slopes).filter(([, values]) => !(Math.hypot(...values) > 1e-7));
  expect(dead).toEqual([]);
});

test.each(heads)("%s has gradients that match central differences", async (_name, head) => {
  const values = { ...randomParameters(head), ...randomBatch(head, B) };
  const { loss: _, ...slopes } = await run(lossProgram(head, B), values);
  await using session = await openSession(emit(lossProgram(head, B, false)).bytes, { threads: 1 });
  const step = 1e-2;
  const wrong: unknown[] = [];
  for (const { name, shape } of namedParameters(head.parameters)) {
    // Along one random direction: a single run each way tells about every entry, in float32 as exactly as it can.
    const direction = normals(sizeOf(shape), 77).map((value) => value / Math.sqrt(sizeOf(shape)));
    const at = async (distance: number): Promise<number> => {
      const data = numbersOf(values, name).map((value, i) => value + distance * (direction[i] ?? 0));
      const { loss } = await session.run({ ...values, [name]: tensorFrom("f32", shape, data) });
      return Number(loss?.data[0]);
    };
    const numeric = ((await at(step)) - (await at(-step))) / (2 * step);
    const exact = (slopes[`g/${name}`] ?? []).reduce((total, slope, i) => total + slope * (direction[i] ?? 0), 0);
    if (!(Math.abs(numeric - exact) < 2e-3 * Math.max(1, Math.abs(exact)))) wrong.push({ name, numeric, exact });
  }
  expect(wrong).toEqual([]);
});

test.each(heads)("%s costs nothing and learns nothing where all is padding", async (_name, head) => {
  const batch = randomBatch(head, B);
  const isPad = tensorFrom("bool", [B, H], Array<number>(B * H).fill(1));
  const { loss, ...slopes } = await lossOf(head, B, { ...batch, isPad });
  expect(loss).toEqual([0]);
  expect(Object.values(slopes).flat().every((slope) => slope === 0)).toBe(true);
});

test.each(heads)("%s counts a padded element of the batch for nothing", async (_name, head) => {
  const batch = randomBatch(head, 2);
  const isPad = tensorFrom("bool", [2, H], [0, 0, 0, 1, 1, 1, 1, 1]);
  const changed = numbersOf(batch, "actions").map((value, i) => (i < H * A ? value : 5));
  const before = await lossOf(head, 2, { ...batch, isPad });
  const after = await lossOf(head, 2, { ...batch, isPad, actions: tensorFrom("f32", [2, H, A], changed) });
  expect(before["loss"]?.[0]).toBeGreaterThan(0);
  const changes = Object.entries(before).map(([name, values]) => relativeError(after[name] ?? [], values));
  expect(Math.max(...changes)).toBeLessThan(1e-5);
});

test.each(heads)("%s overfits one batch", async (_name, head) => {
  const specs = namedParameters(head.parameters);
  const arena = parameterArena(specs, { ema: false });
  for (const { name, shape, initialize } of specs) {
    const values = arena.params.get(name);
    if (values !== undefined) initialize(values, rng(0, name), shape);
  }
  const bound = (arrays: typeof arena.params, prefix: string): Values =>
    Object.fromEntries(specs.map(({ name, shape }) => [prefix + name, hostTensor("f32", shape, arrays.get(name) ?? new Float32Array())]));
  await using session = await openSession(emit(lossProgram(head, B)).bytes, { threads: 1 });
  const loss = { dtype: "f32" as const, shape: [], data: new Float32Array(1) };
  const call = session.bind({ ...randomBatch(head, B), ...bound(arena.params, "") }, { loss, ...bound(arena.gradients, "g/") });
  const optimizer = fusedAdamW(arena);
  await call.run();
  const before = loss.data[0] ?? NaN;
  for (let step = 1; step <= 200; step++) {
    optimizer.step({ lr: 1e-2, step });
    await call.run();
  }
  expect(loss.data[0]).toBeLessThan(before / 50);
});
