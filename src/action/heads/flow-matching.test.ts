/** @file Laws of the flow-matching head that do not depend on its network. */

import { expect, test } from "vitest";
import { trigonometricPath } from "#action/losses";
import { rng } from "#engine/array";
import { add, div, mul, reshape, square, sub, type Tensor } from "#engine/graph";
import { evaluate, f32, goldenVectors, normals, relativeError } from "#testing";
import type { Denoiser } from "./denoiser.ts";
import { flowMatchingHead } from "./flow-matching.ts";
import { gaussianChunk } from "./host-inputs.ts";

const [B, H, A] = [2, 3, 2] as const;
const chunk = { horizon: H, actionSize: A };
const noise = normals(B * H * A, 1);
const noTargets = { actions: new Float32Array(), isPad: new Uint8Array() };
const target = normals(B * H * A, 2);
/** Conditioning f32[B, H·A], noise. */
const specs = [f32(B, H * A), f32(B, H, A)];

/** v(x, τ, cond) without parameters; the conditioning has the size of a chunk, so that a field can aim at it. */
type Field = (x: Tensor, tau: Tensor, cond: Tensor) => Tensor;

function denoiserOf(field: Field): Denoiser<Record<string, never>> {
  return {
    chunk,
    condSize: H * A,
    parameters: {},
    condition: (_params, times, cond) => [...times, cond],
    predict: (_params, x, [tau, cond]) => field(x, reshape(tau as Tensor, [B, 1, 1]), reshape(cond as Tensor, [B, H, A])),
  };
}

/** Straight lines that end in the conditioning: v = (a - x)/(1 - τ). */
const straight: Field = (x, tau, cond) => div(sub(cond, x), sub(1, tau));

async function sample(field: Field, integrationSteps: number): Promise<number[]> {
  const head = flowMatchingHead(denoiserOf(field), chunk, { integrationSteps });
  const [result = []] = await evaluate((cond, x) => head.sample({}, cond, x), specs, [target, noise]);
  return result;
}

test.each([1, 4, 10])("sampling a straight field reaches its target in %i steps", async (steps) => {
  const reached = await sample(straight, steps);
  reached.forEach((value, i) => expect(value).toBeCloseTo(target[i] ?? NaN, 5));
});

test.each([1, 4, 10])("of %i Euler steps, each evaluates the field at its start: τ = k/n", async (steps) => {
  // With v = 2·x + 10·τ² it matters which times are met, how often, and in which order.
  const reached = await sample((x, tau) => add(mul(x, 2), mul(square(tau), 10)), steps);
  const expected = noise.map((start) => {
    let x = start;
    for (let k = 0; k < steps; k++) x += (2 * x + 10 * (k / steps) ** 2) / steps;
    return x;
  });
  reached.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 4));
});

test.each([
  ["euler", 10],
  ["heun", 5],
] as const)("%s in %i steps ends where the golden trace ends", async (integrator, integrationSteps) => {
  const ode = goldenVectors("loss_vectors/losses_flow");
  const start = ode("ode.x0");
  const expected = integrator === "heun" ? ode("ode.heun_fwd_5") : ode("ode.euler_fwd_10").slice(-start.length);
  const oneRow = { horizon: 1, actionSize: start.length };
  const field: Denoiser<Record<string, never>> = {
    chunk: oneRow,
    condSize: null,
    parameters: {},
    condition: (_params, times) => times,
    predict: (_params, x, [tau]) => sub(reshape(tau as Tensor, [1, 1, 1]), x),
  };
  const head = flowMatchingHead(field, oneRow, { integrator, integrationSteps });
  const [reached = []] = await evaluate((cond, z) => head.sample({}, cond, z), [f32(1, 1), f32(1, 1, start.length)], [[0], start]);
  expect(relativeError(reached, expected)).toBeLessThan(1e-6);
});

test("halving the step divides Euler's error by two and Heun's by four", async () => {
  // dx/dτ = x from x(0) = ε ends in e·ε.
  const errorOf = async (integrator: "euler" | "heun", integrationSteps: number): Promise<number> => {
    const head = flowMatchingHead(denoiserOf((x) => x), chunk, { integrator, integrationSteps });
    const [reached = []] = await evaluate((cond, z) => head.sample({}, cond, z), specs, [target, noise]);
    return Math.abs((reached[0] ?? NaN) - Math.E * (noise[0] ?? NaN));
  };
  expect((await errorOf("euler", 8)) / (await errorOf("euler", 16))).toBeCloseTo(2, 0);
  expect((await errorOf("heun", 8)) / (await errorOf("heun", 16))).toBeCloseTo(4, 0);
});

test("optimal coupling deals the same noise to the chunks so that the lines are shorter", () => {
  const batch = 16;
  const size = H * A;
  const targets = { actions: Float32Array.from(normals(batch * size, 4)), isPad: new Uint8Array(batch * H) };
  const drawn = (coupling: "independent" | "optimal"): Float32Array => {
    const out = new Float32Array(batch * size);
    flowMatchingHead(denoiserOf(straight), chunk, { coupling }).hostInputs.noise.write(out, rng(0, "test"), targets);
    return out;
  };
  const cost = (drawnNoise: Float32Array): number => drawnNoise.reduce((total, value, i) => total + (value - (targets.actions[i] ?? NaN)) ** 2, 0);
  const [free, dealt] = [drawn("independent"), drawn("optimal")];
  expect(cost(dealt)).toBeLessThan(0.9 * cost(free));
  expect([...dealt].sort()).toEqual([...free].sort());
});

test("ten integration steps are the default", () => {
  expect(flowMatchingHead(denoiserOf(straight), chunk).integrationSteps).toBe(10);
});

test.each([0, -1, 2.5, NaN, Infinity])("%f integration steps are refused by name", (integrationSteps) => {
  expect(() => flowMatchingHead(denoiserOf(straight), chunk, { integrationSteps })).toThrow(
    new RangeError(`flowMatchingHead: integrationSteps must be an integer ≥ 1, got ${integrationSteps}`),
  );
});

test("times are drawn evenly from [0, 1), one per element of the batch", () => {
  const { tau } = flowMatchingHead(denoiserOf(straight), chunk).hostInputs;
  expect(tau.shape(5)).toEqual([5]);
  const drawn = new Float32Array(4000);
  tau.write(drawn, rng(0, "test"), noTargets);
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
  draw.write(drawn, rng(0, "test"), noTargets);
  const mean = drawn.reduce((total, value) => total + value, 0) / drawn.length;
  const variance = drawn.reduce((total, value) => total + (value - mean) ** 2, 0) / drawn.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(variance).toBeCloseTo(1, 1);
});

test("an unknown integrator is refused with the ones there are", () => {
  // A name that comes out of a file has no type.
  const integrator = "rk4" as "euler";
  expect(() => flowMatchingHead(denoiserOf(straight), chunk, { integrator })).toThrow(
    new RangeError('flowMatchingHead: there is no integrator "rk4"; integrators are euler, heun'),
  );
});

test("guidance draws a chunk towards the one that is being executed, as far as its weights say", async () => {
  // v = cond - x/2 moves the chunk a little and is not bound to one end.
  const head = flowMatchingHead(denoiserOf((x, _tau, cond) => sub(mul(cond, 0.3), mul(x, 0.5))), chunk);
  const previous = normals(B * H * A, 3);
  const guided = async (weights: readonly number[]): Promise<number[]> =>
    (await evaluate((cond, x, before, w) => head.sampleGuided({}, cond, x, { previous: before, weights: w }), [...specs, f32(B, H, A), f32(H)], [target, noise, previous, weights]))[0] ?? [];
  const [plain = []] = await evaluate((cond, x) => head.sample({}, cond, x), specs, [target, noise]);
  const far = (a: readonly number[], b: readonly number[], step: number): number => Math.hypot(...[0, 1].map((i) => (a[step * A + i] ?? NaN) - (b[step * A + i] ?? NaN)));
  (await guided([0, 0, 0])).forEach((value, i) => expect(value).toBeCloseTo(plain[i] ?? NaN, 5));
  const bound = await guided([1, 0.3, 0]);
  expect(far(bound, previous, 0)).toBeLessThan(0.2 * far(plain, previous, 0));
  expect(far(bound, previous, 1)).toBeLessThan(far(plain, previous, 1));
  expect(far(bound, plain, 2)).toBeLessThan(1e-5);
  const curved = flowMatchingHead(denoiserOf(straight), chunk, { path: trigonometricPath });
  await expect(evaluate((cond, x) => curved.sampleGuided({}, cond, x, { previous: x, weights: cond }), specs, [target, noise])).rejects.toThrow("guidance corrects velocities of the straight path");
});
