/** @file Laws of the flow-matching head that do not depend on its network. */

import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { add, div, mul, reshape, square, sub, type Tensor } from "#engine/graph";
import { evaluate, f32, normals } from "#testing";
import { flowMatchingHead, gaussianChunk } from "./flow-matching.ts";
import type { Denoiser } from "./head.ts";

const [B, H, A] = [2, 3, 2] as const;
const chunk = { horizon: H, actionSize: A };
const noise = normals(B * H * A, 1);
const target = normals(B * H * A, 2);

/** A denoiser without parameters; the conditioning is chunk-shaped, so that a field can aim at it. */
function fieldOf(predict: (x: Tensor, tau: Tensor, cond: Tensor) => Tensor): Denoiser<Record<string, never>> {
  return { parameters: {}, predict: (_params, x, time, cond) => predict(x, time, cond) };
}

/** Straight lines that end in the conditioning: v = (a - x)/(1 - τ). */
const straight = fieldOf((x, tau, cond) => div(sub(cond, x), sub(1, reshape(tau, [B, 1, 1]))));

async function sample(field: Denoiser<Record<string, never>>, integrationSteps: number): Promise<number[]> {
  const head = flowMatchingHead(field, chunk, { integrationSteps });
  const traced = (cond: Tensor, x: Tensor): Tensor => head.sample({}, cond, x);
  const [result = []] = await evaluate(traced, [f32(B, H, A), f32(B, H, A)], [target, noise]);
  return result;
}

test.each([1, 4, 10])("sampling a straight field reaches its target in %i steps", async (steps) => {
  const reached = await sample(straight, steps);
  reached.forEach((value, i) => expect(value).toBeCloseTo(target[i] ?? NaN, 5));
});

test.each([1, 4, 10])("of %i Euler steps, each evaluates the field at its start: τ = k/n", async (steps) => {
  // Where v = 1 + 100·τ², both the sum of the times and how often each is met decide where the path ends.
  const field = fieldOf((x, tau) => add(mul(x, 0), reshape(add(mul(square(tau), 100), 1), [B, 1, 1])));
  const times = Array.from({ length: steps }, (_, k) => k / steps);
  const moved = times.reduce((total, tau) => total + (1 + 100 * tau ** 2) / steps, 0);
  const reached = await sample(field, steps);
  reached.forEach((value, i) => expect(value).toBeCloseTo((noise[i] ?? NaN) + moved, 4));
});

test("sampling unrolls: the network is traced once per integration step", () => {
  const times: Tensor[] = [];
  const counting = fieldOf((x, tau) => (times.push(tau), x));
  const head = flowMatchingHead(counting, chunk, { integrationSteps: 7 });
  return evaluate((cond, x) => head.sample({}, cond, x), [f32(B, H, A), f32(B, H, A)], [target, noise]).then(() => {
    expect(times.map(({ shape }) => shape)).toEqual(Array.from({ length: 7 }, () => [B]));
  });
});

test("one step goes along the field by Δτ, which each element of the batch has for itself", async () => {
  const head = flowMatchingHead(fieldOf((x, tau) => mul(x, reshape(tau, [B, 1, 1]))), chunk);
  const traced = (cond: Tensor, x: Tensor, tau: Tensor, delta: Tensor): Tensor => head.step({}, cond, x, tau, delta);
  const specs = [f32(B, H, A), f32(B, H, A), f32(B), f32(B)];
  const [next = []] = await evaluate(traced, specs, [target, noise, [0.5, 2], [0.1, 3]]);
  next.forEach((value, i) => expect(value).toBeCloseTo((noise[i] ?? NaN) * (i < H * A ? 1.05 : 7), 4));
});

test("ten integration steps are the default", () => {
  expect(flowMatchingHead(straight, chunk).integrationSteps).toBe(10);
});

test.each([0, -1, 2.5, NaN, Infinity])("%f integration steps are refused by name", (integrationSteps) => {
  expect(() => flowMatchingHead(straight, chunk, { integrationSteps })).toThrow(
    new RangeError(`flowMatchingHead: integrationSteps must be an integer ≥ 1, got ${integrationSteps}`),
  );
});

test("times are drawn evenly from [0, 1), one per element of the batch", () => {
  const { tau } = flowMatchingHead(straight, chunk).draws;
  expect(tau.shape(5)).toEqual([5]);
  const drawn = new Float32Array(4000);
  tau.fill(rng(0, "test"), drawn);
  expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
  for (const quarter of [0, 0.25, 0.5, 0.75]) {
    const share = drawn.filter((value) => value >= quarter && value < quarter + 0.25).length / drawn.length;
    expect(share).toBeCloseTo(0.25, 1);
  }
});

test("noise has the shape of a chunk, mean 0 and deviation 1", () => {
  const draw = gaussianChunk(chunk);
  expect(draw.shape(5)).toEqual([5, H, A]);
  const drawn = new Float32Array(20_000);
  draw.fill(rng(0, "test"), drawn);
  const mean = drawn.reduce((total, value) => total + value, 0) / drawn.length;
  const variance = drawn.reduce((total, value) => total + (value - mean) ** 2, 0) / drawn.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(variance).toBeCloseTo(1, 1);
});
