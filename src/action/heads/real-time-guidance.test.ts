/** @file Tests of real-time guidance: its weights, its two ways of carrying errors back, and what it is for. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { add, constant, mul, sub, type Tensor } from "#engine/graph";
import { evaluate, f32, normals } from "#testing";
import { guidanceWeight, guidedEuler, type GuidanceOptions } from "./real-time-guidance.ts";

const STEPS = 10;
/** By step, or by step and dimension of chunks of 4 steps. */
const vector = (values: readonly number[]): Tensor => constant(tensorFrom("f32", values.length === 8 ? [4, 2] : [values.length], values));

/** A field that leads every chunk to one target, as a network that has learned one. */
const towards = (target: Tensor) => (x: Tensor, step: number): Tensor => mul(sub(target, x), 1 / (1 - step / STEPS));

async function drawn(weights: readonly number[], options: GuidanceOptions & { readonly slope?: number }): Promise<number[]> {
  const { slope, ...rest } = options;
  const [chunk = []] = await evaluate((noise, previous, target) => {
    const field = slope === undefined ? towards(target) : (x: Tensor): Tensor => mul(x, slope);
    return guidedEuler(field, noise, STEPS, { previous, weights: vector(weights), ...rest });
  }, [f32(1, 4, 2), f32(1, 4, 2), f32(1, 4, 2)], [normals(8, 1), Array<number>(8).fill(0.5), Array<number>(8).fill(-0.5)]);
  return chunk;
}

test("the weight of the correction falls from its limit and rises again", () => {
  const weights = Array.from({ length: STEPS }, (_, i) => guidanceWeight(i / STEPS, 10));
  // t = 1.0, 0.9, … 0.1 in LeRobot.
  [10, 9.1111, 4.25, 2.7619, 2.1667, 2, 2.1667, 2.7619, 4.25, 9.1111].forEach((value, i) => expect(weights[i]).toBeCloseTo(value, 4));
});

test("without weights the chunk is the one that is drawn without guidance", async () => {
  (await drawn([0, 0, 0, 0], {})).forEach((value) => expect(value).toBeCloseTo(-0.5, 4));
});

test("where the error goes straight back, steps that are to stay come near to what was to be done, and others do not move", async () => {
  const chunk = await drawn([1, 1, 0, 0], { jacobian: "identity" });
  chunk.slice(0, 4).forEach((value) => expect(value).toBeGreaterThan(0));
  chunk.slice(4).forEach((value) => expect(value).toBeCloseTo(-0.5, 4));
});

test("by dimension, one is bound and the other goes where it goes without", async () => {
  const [both, first] = [await drawn([1, 1, 1, 1], { jacobian: "identity" }), await drawn([1, 0, 1, 0, 1, 0, 1, 0], { jacobian: "identity" })];
  first.forEach((value, i) => expect(value).toBeCloseTo(i % 2 === 0 ? (both[i] ?? NaN) : -0.5, 4));
});

test("through the network, an error counts as much as the chunk follows the point: not at all where all lead to one", async () => {
  // â is the target, whatever x is, so nothing can be corrected by moving x.
  (await drawn([1, 1, 1, 1], { jacobian: "network" })).forEach((value) => expect(value).toBeCloseTo(-0.5, 4));
  // v = c·x: ∂â/∂x = 1 + (1 - τ)·c, the same for all.
  const [slope, steps] = [0.3, STEPS];
  const start = normals(8, 1);
  const expected = start.map((noise) => {
    let x = noise;
    for (let i = 0; i < steps; i++) {
      const tau = i / steps;
      const along = 1 + (1 - tau) * slope;
      x += (slope * x + guidanceWeight(tau, 10) * along * (0.5 - along * x)) / steps;
    }
    return x;
  });
  (await drawn([1, 1, 1, 1], { slope })).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 4));
});

test("what does not go with the chunk is refused", async () => {
  await expect(evaluate((noise) => guidedEuler((x) => x, noise, 2, { previous: add(noise, 0), weights: vector([1]) }), [f32(1, 4, 2)], [normals(8, 1)])).rejects.toThrow("guidedEuler: weights is f32[1], expected [4]");
});
