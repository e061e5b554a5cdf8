/** @file Tests of π0's head: which way is which, what is averaged, one step at a time. */

import { describe, expect, it, test } from "vitest";
import { rng, sizeOf, tensorFrom } from "#engine/array";
import { broadcastTo, constant, div, input, mul, reshape, sub, type Tensor } from "#engine/graph";
import { MASKED, type GemmaMemory } from "#engine/nn";
import { evaluate, f32, f64, fixedParameters, gradientError, normals, normalValues, parameterTypes, withParameters } from "#testing";
import { actionExpert, type ActionExpert, type ActionExpertOptions, type ExpertTime } from "./action-expert.ts";
import type { TypedHostInput } from "./head.ts";
import { INTEGRATORS } from "./integrators.ts";
import { reduceErrors } from "./pi0-reduction.ts";
import { pi0Head } from "./pi0.ts";

const CHUNK = { horizon: 3, actionSize: 2 } as const;
const SIZE = { width: 8, hidden: 6, depth: 2, heads: 2, kvHeads: 1, headSize: 4 } as const;
const VARIANTS: readonly (readonly [string, ActionExpertOptions])[] = [
  ["with the state as a token and the time beside the actions", { ...SIZE, stateSize: 3, time: "beside" }],
  ["with neither, and the time in its norms", { ...SIZE, time: "normalization" }],
];
const [B, M] = [2, 3] as const;

/** Keys and values of a trunk of M tokens, of which the last is padding for the second element. */
function memoryOf(tensors: readonly Tensor[], dtype: "f32" | "f64" = "f32"): GemmaMemory {
  const layers = [0, 1].map((i) => ({ keys: tensors[2 * i] as Tensor, values: tensors[2 * i + 1] as Tensor }));
  const mask = constant(tensorFrom(dtype, [B, 1, 1, M], [0, 0, 0, 0, 0, MASKED]));
  return { layers, mask, next: constant(tensorFrom(dtype, [B, 1], [M, M - 1])) };
}
const memoryTypes = (of: typeof f32) => Array.from({ length: 4 }, () => of(B, 1, M, SIZE.headSize));
const memoryValues = [1, 2, 3, 4].map((seed) => normals(B * M * SIZE.headSize, seed));

describe("the sign of the flow", () => {
  const [actions, noise] = [[0.5, -0.25], [-1, 2]];
  const steps = 10;
  /** Follow a field from noise for ten Euler steps. */
  const follow = async (field: (x: Tensor, tau: number) => Tensor): Promise<number[]> => {
    const [end = []] = await evaluate((start) => {
      let x = start;
      for (let i = 0; i < steps; i++) x = INTEGRATORS.euler.advance(x, 1 / steps, (at) => field(at, i / steps));
      return x;
    }, [f32(2)], [noise]);
    return end;
  };
  const target = constant(tensorFrom("f32", [2], actions));

  it("as the source has it, x = τ·a + (1 - τ)·ε with target ε - a, leads away from the action: ten steps end eleven times as far off", async () => {
    // Where all demonstrations are one action, a perfect network says ε - a = (x - a) / (1 - τ).
    const end = await follow((x, tau) => mul(sub(x, target), 1 / (1 - tau)));
    end.forEach((value, i) => expect(value - (actions[i] ?? NaN)).toBeCloseTo(11 * ((noise[i] ?? NaN) - (actions[i] ?? NaN)), 4));
  });

  it("as here, with target a - ε, arrives", async () => {
    const end = await follow((x, tau) => mul(sub(target, x), 1 / (1 - tau)));
    end.forEach((value, i) => expect(value).toBeCloseTo(actions[i] ?? NaN, 5));
  });
});

describe("the head itself, over an expert that knows the one action there is", () => {
  const target = constant(tensorFrom("f32", [1, 3, 2], [0.5, -1, 0.2, 0.7, -0.4, 0.1]));
  const [, options = { ...SIZE, time: "beside" as const }] = VARIANTS[0] ?? [];
  // v = (a - x) / (1 - τ), with the flow time itself for its features.
  const knowing: ActionExpert = {
    ...actionExpert(CHUNK, options),
    remember: (_params, memory) => memory,
    times: (_params, tau) => ({ kind: "beside", features: tau }) as ExpertTime,
    velocity: (_params, x, { time }) => div(sub(target, x), sub(1, reshape((time as Extract<ExpertTime, { kind: "beside" }>).features, [-1, 1, 1]))),
  };
  const head = pi0Head(knowing, { integrationSteps: 10 });
  const params = fixedParameters(head.parameters, normalValues(0.5));

  it("draws that action from any noise, and finds no error in it at any time", async () => {
    const [chunk = [], errors = []] = await evaluate((noise, ...tensors) => {
      const memory = memoryOf(tensors);
      const tau = constant(tensorFrom("f32", [B], [0.2, 0.7]));
      return [head.sample(params, { memory }, noise), head.errors(params, { memory }, { actions: broadcastTo(target, [B, 3, 2]), noise, tau })];
    }, [f32(B, 3, 2), ...memoryTypes(f32)], [normals(B * 6, 9), ...memoryValues]);
    chunk.forEach((value, i) => expect(value).toBeCloseTo([0.5, -1, 0.2, 0.7, -0.4, 0.1][i % 6] ?? NaN, 5));
    expect(Math.max(...errors)).toBeLessThan(1e-9);
  });
});

describe.each(VARIANTS)("an expert %s", (_, options) => {
  const head = pi0Head(actionExpert(CHUNK, options), { integrationSteps: 4 });
  const isTold = options.stateSize !== undefined;
  const state = [0.3, -0.2, 0.9, 0.1, 0.4, -0.7];
  const noise = normals(B * 6, 7);

  it("goes the same way in one graph and step by step", async () => {
    const params = fixedParameters(head.parameters, normalValues(0.5));
    const cond = (tensors: readonly Tensor[]) => ({ memory: memoryOf(tensors), ...(isTold ? { state: tensors[4] } : {}) });
    const given = [...memoryTypes(f32), f32(B, 3)];
    const [whole = []] = await evaluate((...tensors) => head.sample(params, cond(tensors), tensors[5] as Tensor), [...given, f32(B, 3, 2)], [...memoryValues, state, noise]);
    let x = noise;
    for (const numbers of head.stepNumbers(4)) {
      const step = (...tensors: Tensor[]): Tensor => head.step(params, cond(tensors), { x: tensors[5] as Tensor, numbers: tensors[6] as Tensor });
      x = (await evaluate(step, [...given, f32(B, 3, 2), f32(2)], [...memoryValues, state, x, [...numbers]]))[0] ?? [];
    }
    expect(whole).toHaveLength(x.length);
    whole.forEach((value, i) => expect(value).toBeCloseTo(x[i] ?? NaN, 4));
  });

  it("has slopes that agree with central differences, by its parameters and by what the trunk knows", async () => {
    const fn = withParameters(head.parameters, (params, ...tensors) => {
      const memory = memoryOf(tensors, "f64");
      const [told, actions, drawn] = tensors.slice(4) as [Tensor, Tensor, Tensor];
      // A constant: the features of a time turn so fast that differences would tell of their step.
      const tau = constant(tensorFrom("f64", [B], [0.2, 0.7]));
      return head.errors(params, { memory, ...(isTold ? { state: told } : {}) }, { actions, noise: drawn, tau });
    });
    const types = [...parameterTypes(head.parameters, "f64"), ...memoryTypes(f64), f64(B, 3), f64(B, 3, 2), f64(B, 3, 2)];
    const values = types.map(({ shape }, i) => normals(sizeOf(shape), 30 + i).map((value) => value / 2));
    expect(await gradientError(fn, types, values)).toBeLessThan(1e-6);
  });
});

describe("going on from a chunk that is being executed", () => {
  const head = pi0Head(actionExpert(CHUNK, { ...SIZE, time: "normalization" }), { integrationSteps: 10, longestStart: 2 });
  // Small values: the field of a network that has learned nothing should not throw the chunk about.
  const params = fixedParameters(head.parameters, normalValues(0.3));
  const [noise, previous] = [normals(B * 6, 7), normals(B * 6, 8)];
  const types = [...memoryTypes(f32), f32(B, 3, 2), f32(B, 3, 2)];
  const run = async (fn: (memory: GemmaMemory, noise: Tensor, previous: Tensor) => Tensor, drawn: readonly number[] = noise): Promise<number[]> =>
    (await evaluate((...tensors) => fn(memoryOf(tensors), tensors[4] as Tensor, tensors[5] as Tensor), types, [...memoryValues, drawn, previous]))[0] ?? [];
  const known = (...steps: number[]): Tensor => constant(tensorFrom("bool", [B, 3], [...steps, ...steps]));
  const after = (...steps: number[]) => (memory: GemmaMemory, x: Tensor, actions: Tensor): Tensor => head.sampleAfter(params, memory, x, { actions, isKnown: known(...steps) });
  const far = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((value, i) => value - (b[i] ?? NaN)));

  it("behind a known beginning, that stays as it is and the rest is drawn for it", async () => {
    const chunk = await run(after(1, 0, 0));
    for (const element of [0, 6]) expect(chunk.slice(element, element + 2)).toEqual(previous.slice(element, element + 2).map(Math.fround));
    const plain = await run((memory, x) => head.sampleOver(params, memory, x));
    expect(far(chunk.slice(2, 6), plain.slice(2, 6))).toBeGreaterThan(0.01);
    // The noise of known steps is not looked at.
    const other = noise.map((value, i) => (i % 6 < 2 ? value + 3 : value));
    expect(far(await run(after(1, 0, 0), other), chunk)).toBe(0);
    expect(far(await run(after(0, 0, 0)), plain)).toBeLessThan(1e-5);
  });

  it("with guidance, the chunk comes nearer to the old one the more its steps weigh", async () => {
    const guided = (weight: number, jacobian: "network" | "identity") => run((memory, x, before) =>
      head.sampleOver(params, memory, x, { previous: before, weights: constant(tensorFrom("f32", [3], [weight, weight, 0])), jacobian }));
    const plain = await run((memory, x) => head.sampleOver(params, memory, x));
    const firstTwo = (chunk: readonly number[]): number[] => [...chunk.slice(0, 4), ...chunk.slice(6, 10)];
    for (const jacobian of ["network", "identity"] as const) {
      expect(far(await guided(0, jacobian), plain)).toBeLessThan(1e-5);
      const [half, whole] = [await guided(0.3, jacobian), await guided(1, jacobian)];
      const distance = (chunk: readonly number[]): number => far(firstTwo(chunk), firstTwo(previous));
      expect(distance(half)).toBeLessThan(distance(plain));
      expect(distance(whole)).toBeLessThan(distance(half));
    }
    expect(far(await guided(1, "network"), await guided(1, "identity"))).toBeGreaterThan(0.01);
  });

  it("in training, known steps tell no error, and how many there are is drawn", async () => {
    const loss = async (drawn: readonly number[], start: readonly number[]): Promise<number> =>
      (await evaluate((...tensors) => {
        const [x, actions, starts] = tensors.slice(4) as [Tensor, Tensor, Tensor];
        const targets = { actions, isPad: constant(tensorFrom("bool", [B, 3], Array<number>(6).fill(0))) };
        return head.loss(params, { memory: memoryOf(tensors) }, targets, { noise: x, tau: constant(tensorFrom("f32", [B], [0.2, 0.6])), start: starts }).loss;
      }, [...types, f32(B)], [...memoryValues, drawn, previous, start]))[0]?.[0] ?? NaN;
    const other = noise.map((value, i) => (i % 6 < 4 ? value - 2 : value));
    expect(await loss(other, [2, 2])).toBe(await loss(noise, [2, 2]));
    expect(await loss(other, [1, 2])).not.toBe(await loss(noise, [1, 2]));
    const starts = new Float32Array(200);
    (head.hostInputs["start"] as TypedHostInput<"f32">).write(starts, rng(1), { actions: new Float32Array(), isPad: new Uint8Array() });
    expect([...new Set(starts)].toSorted()).toEqual([0, 1, 2]);
    expect(() => pi0Head(head.expert, { longestStart: 3 })).toThrow("pi0Head: longestStart is 3, expected a whole number from 0 to below the chunk's 3 steps");
  });
});

test("the loss is a mean of valid errors, of those of real dimensions, or of all", async () => {
  const errors = Array.from({ length: 12 }, (_, i) => i);
  const means = await evaluate((all, isPad, isReal) => [
    reduceErrors(all, { isPad, isReal }, "valid"), reduceErrors(all, { isPad, isReal }, "real-dims"), reduceErrors(all, { isPad, isReal }, "all"), reduceErrors(all, { isPad }, "valid"),
  ], [f32(B, 3, 2), { dtype: "bool", shape: [B, 3] }, { dtype: "bool", shape: [B, 2] }], [errors, [0, 0, 1, 0, 1, 1], [1, 1, 1, 0]]);
  // Element 0: steps 0 and 1, both dimensions, 0…3. Element 1: step 0, the first dimension, 6.
  expect(means.flat().map((value) => Number(value.toFixed(4)))).toEqual([12 / 5, (0 + 1 + 2 + 3 + 4 + 5 + 6 + 8 + 10) / 9, 66 / 12, (0 + 1 + 2 + 3 + 6 + 7) / 6].map((value) => Number(value.toFixed(4))));
});

test("what does not go together is refused", () => {
  const expert = actionExpert(CHUNK, VARIANTS[0]?.[1] ?? { ...SIZE, time: "beside" });
  expect(() => pi0Head(expert, { integrationSteps: 0 })).toThrow(new RangeError("pi0Head: integrationSteps is 0, expected a whole number of at least 1"));
  const params = fixedParameters(expert.parameters, normalValues(1));
  const memory = memoryOf(memoryTypes(f32).map(({ shape }, i) => input(`m${i}`, "f32", shape)));
  expect(() => expert.remember(params, memory)).toThrow("actionExpert: there is no state, expected f32[B, 3]: this expert reads it as a token");
  expect(() => expert.remember(params, memory, input("state", "f32", [B, 4]))).toThrow("actionExpert: state is f32[2, 4], expected [2, 3]");
  expect(() => expert.velocity(params, input("x", "f32", [B, 4, 2]), { memory, time: expert.times(params, input("tau", "f32", [B])) })).toThrow("actionExpert: x is");
});
