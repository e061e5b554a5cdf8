/** @file Tests of the whole step: one graph, two graphs and the fused pass train alike. */

import { describe, expect, it } from "vitest";
import { hostTensor, type HostTensor } from "#engine/array";
import { emit, input, ShapeError, type Program } from "#engine/graph";
import type { HostTensors, Session } from "#engine/runtime";
import { openSession } from "#engine/runtime/node";
import {
  batchOf, gradientProgram, initialState, mlpSpecs, operatorCounts, ratesOf, relativeError, updateProgram, wholeStepProgram, type HostState,
} from "#testing";
import { parameterArena, startEma } from "./fused/arena.ts";
import { fusedAdamW } from "./fused/fused-adamw.ts";
import { updateGraph, type UpdateEntry } from "./update-graph.ts";

const STEPS = 8;
const LR = 1e-2;
const EMA_DECAY = 0.9;
const options = { betas: [0.9, 0.99], eps: 1e-6, weightDecay: 0.1, clipNorm: 0.5 } as const;

const open = (program: Program): Promise<Session> => openSession(emit(program).bytes, { threads: 1 });
const pick = (from: HostTensors, names: readonly string[]): HostTensors =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
const nextState = (results: HostTensors): HostState =>
  Object.fromEntries(
    Object.entries(results).flatMap(([name, tensor]) =>
      name.startsWith("next/") ? [[name.slice(5), tensor as HostTensor<"f32">] as const] : [],
    ),
  );

interface Trained {
  readonly state: HostState;
  readonly losses: number[];
  readonly norms: number[];
}

async function trainInOneGraph(): Promise<Trained> {
  await using session = await open(wholeStepProgram(options));
  let state = initialState(1);
  const [losses, norms]: [number[], number[]] = [[], []];
  for (let step = 1; step <= STEPS; step++) {
    const results = await session.run({ ...state, ...batchOf(step), ...ratesOf(step, LR, EMA_DECAY, options.betas) });
    losses.push(Number(results["loss"]?.data[0]));
    norms.push(Number(results["gradNorm"]?.data[0]));
    state = nextState(results);
  }
  return { state, losses, norms };
}

async function trainInTwoGraphs(): Promise<Trained> {
  await using forward = await open(gradientProgram());
  await using update = await open(updateProgram(options));
  let state = initialState(1);
  const [losses, norms]: [number[], number[]] = [[], []];
  for (let step = 1; step <= STEPS; step++) {
    const { loss, ...gradients } = await forward.run(pick({ ...state, ...batchOf(step) }, forward.inputNames));
    const results = await update.run({ ...state, ...gradients, ...ratesOf(step, LR, EMA_DECAY, options.betas) });
    losses.push(Number(loss?.data[0]));
    norms.push(Number(results["gradNorm"]?.data[0]));
    state = nextState(results);
  }
  return { state, losses, norms };
}

/** The graph writes gradients straight into the arena; the fused pass updates in place. */
async function trainFused(): Promise<Trained> {
  const arena = parameterArena(mlpSpecs, { ema: true });
  const start = initialState(1);
  for (const [name, values] of arena.params) values.set(start[`p/${name}`]?.data ?? []);
  startEma(arena);
  const adamW = fusedAdamW(arena, options);
  const wrapped = (kind: string, arrays: ReadonlyMap<string, Float32Array<ArrayBuffer>>): HostState =>
    Object.fromEntries(mlpSpecs.map(({ name, shape }) => [`${kind}/${name}`, hostTensor("f32", shape, arrays.get(name) ?? new Float32Array())]));
  await using session = await open(gradientProgram());
  const loss = hostTensor("f32", [], new Float32Array(1));
  const [losses, norms]: [number[], number[]] = [[], []];
  for (let step = 1; step <= STEPS; step++) {
    await session.bind({ ...wrapped("p", arena.params), ...batchOf(step) }, { loss, ...wrapped("g", arena.gradients) }).run();
    losses.push(loss.data[0] ?? NaN);
    norms.push(adamW.step({ lr: LR, step, emaDecay: EMA_DECAY }).gradNorm);
  }
  const { params, firstMoments, secondMoments, ema } = arena;
  const state = { ...wrapped("p", params), ...wrapped("m", firstMoments), ...wrapped("v", secondMoments), ...wrapped("ema", ema) };
  return { state, losses, norms };
}

function worstDifference(a: Trained, b: Trained): number {
  expect(Object.keys(a.state).sort()).toEqual(Object.keys(b.state).sort());
  const states = Object.entries(a.state).map(([name, { data }]) => relativeError([...data], [...(b.state[name]?.data ?? [])]));
  return Math.max(...states, relativeError(a.losses, b.losses), relativeError(a.norms, b.norms));
}

describe("eight steps of clipped AdamW with decay groups and moving averages", () => {
  it("end alike to 1e-5 in one graph, in two graphs, and with the fused pass", async () => {
    const [one, two, fused] = [await trainInOneGraph(), await trainInTwoGraphs(), await trainFused()];
    expect(worstDifference(two, one)).toBeLessThan(1e-5);
    expect(worstDifference(fused, two)).toBeLessThan(1e-5);
    // The comparison means something: steps were clipped, parameters moved, averages lag behind.
    expect(one.norms.some((norm) => norm > options.clipNorm)).toBe(true);
    const [name = ""] = mlpSpecs.map((spec) => spec.name);
    expect(one.state[`p/${name}`]?.data).not.toEqual(initialState(1)[`p/${name}`]?.data);
    expect(one.state[`ema/${name}`]?.data).not.toEqual(one.state[`p/${name}`]?.data);
  });
});

const entry = (): UpdateEntry => {
  const tensor = (name: string) => input(name, "f32", [2]);
  const moments = { firstMoment: tensor("m"), secondMoment: tensor("v") };
  return { name: "weight", decay: true, parameter: tensor("p"), gradient: tensor("g"), ...moments };
};
const rates = { lr: input("lr", "f32", []), correction1: input("c1", "f32", []), correction2: input("c2", "f32", []) };

describe("updateGraph", () => {
  it("computes the norm once, and not at all where neither clipping nor an output asks for it", () => {
    const { parameter, firstMoment, secondMoment, gradient } = entry();
    const inputs = { p: parameter, m: firstMoment, v: secondMoment, g: gradient, lr: rates.lr, c1: rates.correction1, c2: rates.correction2 };
    const given = { name: "weight", decay: true, parameter, firstMoment, secondMoment, gradient };
    const reductions = (clipNorm: number | undefined): number => {
      const { entries, gradNorm } = updateGraph([given], rates, clipNorm === undefined ? {} : { clipNorm });
      const next = entries[0]?.parameter ?? parameter;
      return operatorCounts({ name: "p", inputs, outputs: clipNorm === undefined ? { next } : { next, gradNorm } })["ReduceSum"] ?? 0;
    };
    expect([reductions(undefined), reductions(1)]).toEqual([0, 1]);
  });

  it("keeps no average where none is given, and asks for the decay where one is", () => {
    expect(updateGraph([entry()], rates).entries[0]).not.toHaveProperty("ema");
    expect(() => updateGraph([{ ...entry(), ema: input("ema", "f32", [2]) }], rates)).toThrow(
      new ShapeError("updateGraph: weight has a moving average, but rates.emaDecay is missing"),
    );
  });

  it("names the tensor whose shape does not fit", () => {
    expect(() => updateGraph([{ ...entry(), secondMoment: input("v", "f32", [1]) }], rates)).toThrow(
      new ShapeError("updateGraph: secondMoment of weight is [1], expected [2]"),
    );
  });
});
