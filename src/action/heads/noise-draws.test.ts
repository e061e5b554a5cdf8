/** @file Laws of several draws for each chunk: the loss is their mean, and each is drawn by itself. */

import { expect, test } from "vitest";
import { rng, sizeOf, tensorFrom } from "#engine/array";
import { constant, type Tensor } from "#engine/graph";
import { MASKED, type GemmaMemory } from "#engine/nn";
import { evaluate, f32, f64, fixedParameters, gradientError, normals, normalValues, parameterTypes, withParameters } from "#testing";
import { actionExpert } from "./action-expert.ts";
import { withNoiseDraws } from "./noise-draws.ts";
import { pi0Head } from "./pi0.ts";

const [B, K, H, A, M] = [2, 3, 3, 2, 2] as const;
const expert = actionExpert({ horizon: H, actionSize: A }, { width: 8, hidden: 6, depth: 1, heads: 2, kvHeads: 1, headSize: 4, stateSize: 3, time: "beside" });
const head = pi0Head(expert, { integrationSteps: 2 });
const many = withNoiseDraws(head, K);
const taus = [0.1, 0.5, 0.9, 0.2, 0.6, 0.8];

/** Of rows that are told apart: by what they hold, by padding, and by how long they are. */
function memoryOf([keys, values]: readonly Tensor[], rows: readonly number[] = [0, 1], dtype: "f32" | "f64" = "f32"): GemmaMemory {
  const mask = constant(tensorFrom(dtype, [rows.length, 1, 1, M], rows.flatMap((row) => [0, row === 0 ? 0 : MASKED])));
  return { layers: [{ keys: keys as Tensor, values: values as Tensor }], mask, next: constant(tensorFrom(dtype, [rows.length, 1], rows.map((row) => M - row))) };
}

test("the loss is the mean of what each noise and time gives with its chunk", async () => {
  const params = fixedParameters(head.parameters, normalValues(0.5));
  const [memory, state, actions, noise] = [[1, 2].map((seed) => normals(B * M * 4, seed)), normals(B * 3, 3), normals(B * H * A, 4), normals(B * K * H * A, 5)];
  const none = (rows: number): Tensor => constant(tensorFrom("bool", [rows, H], Array<number>(rows * H).fill(0)));
  const types = [f32(B, 1, M, 4), f32(B, 1, M, 4), f32(B, 3), f32(B, H, A), f32(B * K, H, A), f32(B * K)];
  const [[loss = NaN] = []] = await evaluate((keys, values, told, chunk, drawn, tau) => [
    many.loss(params, { memory: memoryOf([keys, values]), state: told }, { actions: chunk, isPad: none(B) }, { noise: drawn, tau }).loss,
  ], types, [...memory, state, actions, noise, taus]);
  const alone: number[] = [];
  for (let row = 0; row < B * K; row++) {
    const of = Math.floor(row / K);
    const part = (values: readonly number[], at: number, size: number): number[] => values.slice(at * size, (at + 1) * size);
    const given = [...memory.map((values) => part(values, of, M * 4)), part(state, of, 3), part(actions, of, H * A), part(noise, row, H * A), part(taus, row, 1)];
    const [[value = NaN] = []] = await evaluate((keys, values, told, chunk, drawn, tau) => [
      head.loss(params, { memory: memoryOf([keys, values], [of]), state: told }, { actions: chunk, isPad: none(1) }, { noise: drawn, tau }).loss,
    ], types.map(({ dtype, shape }) => ({ dtype, shape: [1, ...shape.slice(1)] })), given);
    alone.push(value);
  }
  expect(new Set(alone.map((value) => value.toFixed(4))).size).toBe(B * K);
  expect(loss).toBeCloseTo(alone.reduce((sum, value) => sum + value, 0) / alone.length, 5);
});

test("slopes of what the trunk knows agree with central differences: every draw adds to them", async () => {
  const fn = withParameters(head.parameters, (params, keys, values, state, actions, noise) => {
    const tau = constant(tensorFrom("f64", [B * K], taus));
    const isPad = constant(tensorFrom("bool", [B, H], [0, 0, 0, 0, 0, 1]));
    const memory = memoryOf([keys as Tensor, values as Tensor], [0, 1], "f64");
    return many.loss(params, { memory, state: state as Tensor }, { actions: actions as Tensor, isPad }, { noise: noise as Tensor, tau }).loss;
  });
  const types = [...parameterTypes(head.parameters, "f64"), f64(B, 1, M, 4), f64(B, 1, M, 4), f64(B, 3), f64(B, H, A), f64(B * K, H, A)];
  expect(await gradientError(fn, types, types.map(({ shape }, i) => normals(sizeOf(shape), 30 + i).map((value) => value / 2)))).toBeLessThan(1e-6);
});

test("every draw has a noise and a time of its own, and what is drawn of a policy stays as it was", () => {
  expect(Object.entries(many.hostInputs).map(([name, { shape }]) => [name, shape(B)])).toEqual([["noise", [B * K, H, A]], ["tau", [B * K]]]);
  const tau = new Float32Array(B * K);
  (many.hostInputs["tau"] as (typeof head.hostInputs)[string] | undefined)?.write(tau, rng(1), { actions: new Float32Array(), isPad: new Uint8Array() });
  expect(new Set(tau).size).toBe(B * K);
  expect([many.sample, many.noiseShape]).toEqual([head.sample, head.noiseShape]);
});

test("one draw is the head itself, none or a part of one is refused", () => {
  expect(withNoiseDraws(head, 1)).toBe(head);
  for (const draws of [0, 1.5]) expect(() => withNoiseDraws(head, draws)).toThrow(`withNoiseDraws: draws is ${draws}, expected a whole number of at least 1`);
});
