/** @file Laws that every action head obeys. A new head is tested by standing in the list. */

import { expect, test } from "vitest";
import { hostTensor, rng, sizeOf, tensorFrom, toNumbers, zeros, type Dtype } from "#engine/array";
import type { SteppedHead } from "#action/heads";
import { emit, gradients, input, type Program, type Tensor } from "#engine/graph";
import { mapParameters, namedParameters } from "#engine/nn";
import { fusedAdamW, parameterArena } from "#engine/optim";
import { openSession } from "#engine/runtime/node";
import { noiseSchedule } from "#action/losses";
import { HEAD_NAMES, headKind } from "#policy/policies";
import {
  inDouble, lossProgram, noiseOf, normals, programInDouble, randomBatch, randomParameters, relativeError, sampleProgram, stoppedGradients,
  TINY, tinyHead, type AnyHead, type Values,
} from "#testing";

const { batch: B, horizon: H, actionSize: A, condSize: C } = TINY;

const heads: readonly (readonly [name: string, head: AnyHead])[] = HEAD_NAMES.map((name) => [name, tinyHead(name)]);

const numbersOf = (values: Values, name: string): number[] => {
  const tensor = values[name];
  if (tensor === undefined) throw new Error(`there is no ${name}`);
  return toNumbers(tensor);
};

/** The outputs of a program as tensors; nothing for a program without any. */
async function valuesOf(program: Program, values: Values): Promise<Values> {
  if (Object.keys(program.outputs).length === 0) return {};
  // Some of the runtime's fusions exist in float32 only.
  const isDouble = Object.values(program.inputs).some(({ dtype }) => dtype === "f64");
  await using session = await openSession(emit(program).bytes, { threads: 1, optimization: isDouble ? "basic" : "all" });
  return await session.run(Object.fromEntries(session.inputNames.map((name) => [name, values[name] ?? tensorFrom("f32", [0], [])])));
}

async function run(program: Program, values: Values): Promise<Record<string, number[]>> {
  const results = await valuesOf(program, values);
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toNumbers(tensor)]));
}

const sampleOf = async (head: AnyHead, batch: number, values: Values): Promise<number[]> =>
  (await run(sampleProgram(head, batch), { ...randomParameters(head), ...values }))["chunk"] ?? [];

/** Of central differences in float64: so short that no kink of an absolute error or a ReLU lies between the two ends. */
const STEP = 1e-6;
/** Of a loss of about 1, divided by the step. */
const ROUNDING = 1e-9;

const allInDouble = (values: Values): Values => Object.fromEntries(Object.entries(values).map(([name, tensor]) => [name, inDouble(tensor)]));

/** Gradients `g/…` of the loss by every parameter, in the precision of the program. */
function gradientsOf(program: Program, head: AnyHead): Program {
  const { loss } = program.outputs;
  const names = namedParameters(head.parameters).map(({ name }) => name);
  if (loss === undefined) throw new Error("the program has no loss");
  const derivatives = gradients(loss, names.map((name) => program.inputs[name] ?? loss));
  return { ...program, outputs: Object.fromEntries(derivatives.map((tensor, i) => [`g/${names[i]}`, tensor])) };
}

/** Gradients of the loss, without the loss and the metrics. */
const slopesIn = (results: Record<string, number[]>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(results).filter(([name]) => name.startsWith("g/")));

const lossOf = (head: AnyHead, batch: number, values: Values): Promise<Record<string, number[]>> =>
  run(lossProgram(head, batch), { ...randomParameters(head), ...values });

test.each(heads)("%s has a scalar loss and metrics, chunk-shaped samples, and host inputs of the batch's size", (_name, head) => {
  expect(lossProgram(head, B).outputs["loss"]).toMatchObject({ dtype: "f32", shape: [] });
  expect(sampleProgram(head, B).outputs["chunk"]).toMatchObject({ dtype: "f32", shape: [B, H, A] });
  const metrics = Object.entries(lossProgram(head, B).outputs).filter(([name]) => name.startsWith("metric/"));
  for (const [, metric] of metrics) expect(metric).toMatchObject({ dtype: "f32", shape: [] });
  for (const hostInput of Object.values(head.hostInputs)) expect(hostInput.shape(7)[0]).toBe(7);
  expect(head.chunk).toEqual({ horizon: H, actionSize: A });
});

test.each(heads)("%s gives the same chunk for the same noise, and another one for other noise and other conditioning", async (_name, head) => {
  const { cond = noiseOf(head, 0, 0) } = randomBatch(head, B);
  const other = tensorFrom("f32", [B, C], normals(B * C, 99));
  const first = await sampleOf(head, B, { cond, noise: noiseOf(head, B, 5) });
  expect(first).toHaveLength(B * H * A);
  expect(first.every(Number.isFinite)).toBe(true);
  expect(await sampleOf(head, B, { cond, noise: noiseOf(head, B, 5) })).toEqual(first);
  const redrawn = await sampleOf(head, B, { cond, noise: noiseOf(head, B, 6) });
  const drawsNothing = sizeOf(head.noiseShape) === 0;
  expect(JSON.stringify(redrawn) === JSON.stringify(first)).toBe(drawsNothing);
  expect(await sampleOf(head, B, { cond: other, noise: noiseOf(head, B, 5) })).not.toEqual(first);
});

test.each(heads)("%s samples every element of a batch by itself", async (_name, head) => {
  const cond = normals(B * C, 1);
  const size = sizeOf(head.noiseShape);
  const noise = normals(B * size, 5);
  const together = await sampleOf(head, B, { cond: tensorFrom("f32", [B, C], cond), noise: tensorFrom("f32", [B, ...head.noiseShape], noise) });
  const alone = await sampleOf(head, 1, {
    cond: tensorFrom("f32", [1, C], cond.slice(C, 2 * C)),
    noise: tensorFrom("f32", [1, ...head.noiseShape], noise.slice(size, 2 * size)),
  });
  alone.forEach((value, i) => expect(value).toBeCloseTo(together[H * A + i] ?? NaN, 5));
});

test.each(heads)("%s sends a gradient into every parameter", async (_name, head) => {
  const slopes = slopesIn(await lossOf(head, B, randomBatch(head, B)));
  expect(Object.keys(slopes)).toHaveLength(namedParameters(head.parameters).length);
  const dead = Object.entries(slopes).filter(([, values]) => !(Math.hypot(...values) > 1e-7));
  expect(dead).toEqual([]);
});

test.each(heads)("%s has gradients that match central differences, small ones as well", async (_name, head) => {
  const single = { ...randomParameters(head), ...randomBatch(head, B) };
  const [program, given] = [programInDouble(lossProgram(head, B, false)), allInDouble(single)];
  const slopes = await run(gradientsOf(program, head), given);
  // What the loss takes for constant, such as its own targets, stays as it is while parameters move.
  const { values: stopped, held } = stoppedGradients(program);
  const values = { ...given, ...(await valuesOf(stopped, given)) };
  await using session = await openSession(emit(held).bytes, { threads: 1, optimization: "basic" });
  const wrong: unknown[] = [];
  for (const { name, shape } of namedParameters(head.parameters)) {
    // Along one random direction: a single run each way tells about every entry.
    const direction = normals(sizeOf(shape), 77).map((value) => value / Math.sqrt(sizeOf(shape)));
    const at = async (distance: number): Promise<number> => {
      const data = numbersOf(values, name).map((value, i) => value + distance * (direction[i] ?? 0));
      const { loss } = await session.run({ ...values, [name]: tensorFrom("f64", shape, data) });
      return Number(loss?.data[0]);
    };
    const numeric = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
    const slope = slopes[`g/${name}`] ?? [];
    const exact = slope.reduce((total, value, i) => total + value * (direction[i] ?? 0), 0);
    // The slope along the direction is of this size, so that one wrong entry among many is seen too.
    const size = Math.hypot(...slope) / Math.sqrt(slope.length);
    if (!(Math.abs(numeric - exact) < 1e-5 * size + ROUNDING)) wrong.push({ name, numeric, exact, size });
  }
  expect(wrong).toEqual([]);
  // The same in float32, in which heads are trained and some ops are other nodes.
  const errors = Object.entries(await run(lossProgram(head, B), single)).flatMap(([name, values]) =>
    (name in slopes ? [[name, relativeError(values, slopes[name] ?? [])] as const] : []));
  expect(errors.filter(([, error]) => !(error < 1e-4))).toEqual([]);
  expect(errors).toHaveLength(namedParameters(head.parameters).length);
});

test.each(heads)("%s costs nothing and learns nothing where all is padding", async (_name, head) => {
  const results = await lossOf(head, B, randomBatch(head, B, { isPad: Array<number>(B * H).fill(1) }));
  expect(results["loss"]).toEqual([0]);
  expect(Object.values(results).flat().every(Number.isFinite)).toBe(true);
  expect(Object.values(slopesIn(results)).flat().every((slope) => slope === 0)).toBe(true);
});

test.each(heads)("%s counts a padded element of the batch for nothing", async (_name, head) => {
  const isPad = [0, 0, 0, 1, 1, 1, 1, 1];
  const batch = randomBatch(head, 2, { isPad });
  const changed = numbersOf(batch, "actions").map((value, i) => (i < H * A ? value : 5));
  const before = await lossOf(head, 2, batch);
  const after = await lossOf(head, 2, randomBatch(head, 2, { isPad, actions: changed }));
  expect(Math.abs(before["loss"]?.[0] ?? 0)).toBeGreaterThan(0);
  const changes = Object.entries(before).map(([name, values]) => relativeError(after[name] ?? [], values));
  expect(Math.max(...changes)).toBeLessThan(1e-5);
});

/** √ᾱ_k of the heads of diffusion, whose schedule is the default one. */
const signalAt = (k: number): number => Math.sqrt(noiseSchedule({ kind: "cosine", steps: 100 }).alphaBars[k] ?? NaN);

/**
 * The batch with other actions in the last step of its first element, which is padded, and all that a head derives from them.
 *
 * A generative head's network sees the noisy chunk, padded steps included. So the noise changes with the actions such that the
 * noisy chunk stays, and what is to be learned of that step alone is another. A step of the one-step head leads the whole chunk
 * on, padded steps included, unless it is of length 0.
 */
function withOtherPadding(head: AnyHead, isPad: readonly number[]): { readonly before: Values; readonly after: Values } {
  const begun = randomBatch(head, 2, { isPad });
  const before = "host/stepSize" in begun ? { ...begun, "host/stepSize": zeros("f32", [2]) } : begun;
  const isChanged = (i: number): boolean => Math.floor(i / A) === H - 1;
  const actions = numbersOf(before, "actions").map((value, i) => (isChanged(i) ? -value - 0.5 : value));
  const redrawn = randomBatch(head, 2, { isPad, actions });
  const after = "host/stepSize" in before ? { ...redrawn, "host/stepSize": before["host/stepSize"] } : redrawn;
  const time = ["host/tau", "host/start"].find((name) => name in before);
  const [first = NaN] = time === undefined ? [] : numbersOf(before, time);
  const signal = "host/step" in before ? signalAt(numbersOf(before, "host/step")[0] ?? NaN) : first;
  if (Number.isNaN(signal)) return { before, after };
  const fresh = "host/step" in before ? Math.sqrt(1 - signal ** 2) : 1 - signal;
  const shown = numbersOf(before, "actions");
  const noise = numbersOf(before, "host/noise").map((value, i) => value + ((shown[i] ?? NaN) - (actions[i] ?? NaN)) * (signal / fresh));
  return { before, after: { ...after, "host/noise": tensorFrom("f32", [2, H, A], noise) } };
}

test.each(heads)("%s counts a padded step of a chunk for nothing, unless it says why not", async (name, head) => {
  const { before, after } = withOtherPadding(head, [0, 0, 0, 1, 0, 0, 0, 0]);
  const [kept, changed] = [await lossOf(head, 2, before), await lossOf(head, 2, after)];
  const changes = Object.entries(kept).map(([output, values]) => relativeError(changed[output] ?? [], values));
  // Where the step is not padded, it counts: the change is one that a loss can see.
  const seen = withOtherPadding(head, Array<number>(2 * H).fill(0));
  const valueOf = async (values: Values) => (await run(lossProgram(head, 2, false), { ...randomParameters(head), ...values }))["loss"];
  expect(await valueOf(seen.before)).not.toEqual(await valueOf(seen.after));
  expect(Math.max(...changes) < 1e-4).toBe(headKind(name).countsPadding === undefined);
});

/** What `loss`, `sample` and `step` of a head take, right but for one tensor. */
function givenTo(head: AnyHead, wrong: Readonly<Record<string, readonly [Dtype, ...number[]]>>) {
  const declare = (name: string, dtype: Dtype, shape: readonly number[]): Tensor => {
    const [type, ...other] = wrong[name] ?? [dtype, ...shape];
    return input(name, type, other);
  };
  const params = mapParameters(head.parameters, ({ name, shape }) => input(name, "f32", shape));
  const cond = declare("cond", "f32", [B, C]);
  const targets = { actions: declare("actions", "f32", [B, H, A]), isPad: declare("isPad", "bool", [B, H]) };
  const host = Object.fromEntries(Object.entries(head.hostInputs).map(([name, { dtype, shape }]) => [name, declare(name, dtype, shape(B))]));
  const noise = declare("noise", "f32", [B, ...head.noiseShape]);
  return {
    loss: () => head.loss(params, cond, targets, host),
    sample: () => head.sample(params, cond, noise),
    step: () => (head as SteppedHead).step(params, cond, { x: declare("x", "f32", [B, H, A]), numbers: input("numbers", "f32", [8]) }),
  };
}

test.each(heads)("%s names what does not fit, with what was got and what was expected", (_name, head) => {
  const wrong: [keyof ReturnType<typeof givenTo>, string, readonly [Dtype, ...number[]], string][] = [
    ["loss", "actions", ["f32", B, 2 * H, A], `actions is f32[${B}, ${2 * H}, ${A}], expected [${B}, ${H}, ${A}]`],
    ["loss", "actions", ["f32", B, H, A + 1], `actions is f32[${B}, ${H}, ${A + 1}], expected [${B}, ${H}, ${A}]`],
    ["loss", "actions", ["f32", 1, H, A], `actions is f32[1, ${H}, ${A}], expected [${B}, ${H}, ${A}]`],
    ["loss", "isPad", ["bool", B, H + 1], `isPad is bool[${B}, ${H + 1}], expected [${B}, ${H}]`],
    ["loss", "isPad", ["f32", B, H], `isPad is f32[${B}, ${H}], expected dtype bool`],
    ["loss", "cond", ["f32", B, C + 1], `cond is f32[${B}, ${C + 1}], expected [${B}, ${C}]`],
    ["sample", "cond", ["f32", B, C + 1], `cond is f32[${B}, ${C + 1}], expected [${B}, ${C}]`],
  ];
  for (const [name, { dtype, shape }] of Object.entries(head.hostInputs)) {
    const [batch = 0, ...rest] = shape(B);
    wrong.push(["loss", name, [dtype, batch + 1, ...rest], `${name} is ${dtype}[${[batch + 1, ...rest].join(", ")}], expected [${shape(B).join(", ")}]`]);
  }
  if (sizeOf(head.noiseShape) > 0) {
    const shape = [B, ...head.noiseShape.slice(0, -1), 2 * (head.noiseShape.at(-1) ?? 0)];
    wrong.push(["sample", "noise", ["f32", ...shape], `noise is f32[${shape.join(", ")}], expected [${[B, ...head.noiseShape].join(", ")}]`]);
  }
  if ("step" in head) wrong.push(["step", "x", ["f32", B, 2 * H, A], `x is f32[${B}, ${2 * H}, ${A}], expected [${B}, ${H}, ${A}]`]);
  for (const [method, name, type, message] of wrong) {
    expect(givenTo(head, { [name]: type })[method], `${method} with ${name} ${type}`).toThrow(new RegExp(`^\\w+Head: ${message.replace(/[[\]]/g, "\\$&")}$`));
  }
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
  const program = lossProgram(head, B);
  await using session = await openSession(emit(program).bytes, { threads: 1 });
  const metrics = Object.fromEntries(Object.keys(program.outputs).filter((name) => name.startsWith("metric/")).map((name) => [name, zeros("f32", [])]));
  const loss = { dtype: "f32" as const, shape: [], data: new Float32Array(1) };
  const call = session.bind({ ...randomBatch(head, B), ...bound(arena.params, "") }, { loss, ...bound(arena.gradients, "g/"), ...metrics });
  const optimizer = fusedAdamW(arena);
  await call.run();
  const before = loss.data[0] ?? NaN;
  // The rate falls to 0, or an absolute error would go on jumping over its minimum.
  const steps = 200;
  for (let step = 1; step <= steps; step++) {
    optimizer.step({ lr: 1e-2 * (1 - step / steps), step });
    await call.run();
  }
  expect(loss.data[0]).toBeLessThan(before / 50);
});
