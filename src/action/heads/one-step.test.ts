/** @file Laws of the one-step head, with formulas in place of the network. */

import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { add, input, mul, reshape, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, normals, relativeError } from "#testing";
import type { Denoiser } from "./denoiser.ts";
import { oneStepHead } from "./one-step.ts";

const [B, H, A] = [2, 3, 2] as const;
const chunk = { horizon: H, actionSize: A };
const actions = normals(B * H * A, 1).map(Math.tanh);
const noise = normals(B * H * A, 2);
const noTargets = { actions: new Float32Array(), isPad: new Uint8Array() };

type Output = (x: Tensor, tau: Tensor, size: Tensor, cond: Tensor) => Tensor;

function networkOf(output: Output): Denoiser<Record<string, never>> {
  return {
    chunk,
    condSize: H * A,
    parameters: {},
    condition: (_params, times, cond) => [...times, cond],
    predict(_params, x, [tau, size, cond]) {
      const spread = (time: Tensor | undefined): Tensor => reshape(time as Tensor, [B, 1, 1]);
      return output(x, spread(tau), spread(size), reshape(cond as Tensor, [B, H, A]));
    },
  };
}

/** A network that knows the chunk: it is the conditioning. */
const knowing = networkOf((_x, _tau, _size, cond) => cond);

test.each([1, 2, 4])("a network that knows the chunk is led there in %i steps", async (inferenceSteps) => {
  const head = oneStepHead(knowing, chunk, { inferenceSteps });
  const [reached = []] = await evaluate((cond, z) => head.sample({}, cond, z), [f32(B, H * A), f32(B, H, A)], [actions, noise]);
  expect(relativeError(reached, actions)).toBeLessThan(1e-6);
});

/** Loss and squared error for given step sizes and starts; nothing is padded. */
async function lossOf(network: Denoiser<Record<string, never>>, stepSize: readonly number[], start: readonly number[]): Promise<[number, number]> {
  const head = oneStepHead(network, chunk);
  const traced = (cond: Tensor, a: Tensor, isPad: Tensor, e: Tensor, size: Tensor, from: Tensor): Tensor[] => {
    const { loss, metrics } = head.loss({}, cond, { actions: a, isPad }, { noise: e, stepSize: size, start: from });
    return [loss, metrics["squaredError"] as Tensor];
  };
  const specs = [f32(B, H * A), f32(B, H, A), bool(B, H), f32(B, H, A), f32(B), f32(B)];
  const [loss, squaredError] = await evaluate(traced, specs, [actions, actions, Array(B * H).fill(0), noise, stepSize, start]);
  return [loss?.[0] ?? NaN, squaredError?.[0] ?? NaN];
}

test.each([
  ["no step", [0, 0], [0.2, 0.8]],
  ["long steps", [0.5, 1], [0.6, 0]],
])("the true mean velocity costs nothing: %s", async (_name, size, start) => {
  const [loss, squaredError] = await lossOf(knowing, size, start);
  expect(loss).toBeLessThan(1e-8);
  expect(squaredError).toBeLessThan(1e-8);
});

test("the loss is the one of the formula, worked out by hand", async () => {
  // The network says 3·d everywhere, so u = (3·d - x)/(1 - τ) up to τ = 0.9.
  const [size, start] = [[0.5, 0], [0.4, 0.3]];
  const u = (x: number, tau: number, d: number): number => (3 * d - x) / Math.max(1 - tau, 0.1);
  const errors = actions.map((a, i) => {
    const b = Math.floor(i / (H * A));
    const [d = 0, e = 0] = [size[b], noise[i]];
    const tau = (start[b] ?? 0) * (1 - d);
    const x = (1 - tau) * e + tau * a;
    const v = a - e;
    const h = 0.05;
    const change = (d * (u(x + v * h, tau + h, d - h) - u(x, tau, d))) / h;
    return (u(x, tau, d) - (d > 0 ? v + change : v)) ** 2;
  });
  const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
  const chunks = [errors.slice(0, H * A), errors.slice(H * A)].map(mean);
  const [loss, squaredError] = await lossOf(networkOf((x, _tau, d) => mul(add(mul(x, 0), d), 3)), size, start);
  expect(relativeError([squaredError], [mean(chunks)])).toBeLessThan(1e-4);
  expect(relativeError([loss], [mean(chunks.map((error) => error / (error + 0.05)))])).toBeLessThan(1e-4);
});

test("a chunk with padding weighs as much as its valid steps alone", async () => {
  const head = oneStepHead(networkOf((x) => mul(x, 0)), chunk);
  const traced = (cond: Tensor, a: Tensor, pad: Tensor, e: Tensor, size: Tensor, from: Tensor): Tensor =>
    head.loss({}, cond, { actions: a, isPad: pad }, { noise: e, stepSize: size, start: from }).loss;
  const specs = [f32(B, H * A), f32(B, H, A), bool(B, H), f32(B, H, A), f32(B), f32(B)];
  // Every step of a chunk is alike, so its mean error is the error of one step.
  const [a = [], e = []] = [0.5, -1].map((value) => Array<number>(B * H * A).fill(value));
  const lossWith = async (isPad: readonly number[]): Promise<number> => {
    const [loss] = await evaluate(traced, specs, [a, a, isPad, e, [0, 0], [0.5, 0.5]]);
    return loss?.[0] ?? NaN;
  };
  expect(await lossWith([0, 1, 1, 0, 0, 1])).toBeCloseTo(await lossWith([0, 0, 0, 0, 0, 0]), 5);
});

test("a mask for another horizon is named", () => {
  const head = oneStepHead(knowing, chunk);
  const declared = (name: string, shape: readonly number[]): Tensor => input(name, "f32", shape);
  const targets = { actions: declared("a", [B, H, A]), isPad: input("pad", "bool", [B, H + 1]) };
  const inputs = { noise: declared("e", [B, H, A]), stepSize: declared("d", [B]), start: declared("t", [B]) };
  expect(() => head.loss({}, declared("cond", [B, H * A]), targets, inputs)).toThrow("oneStepHead: isPad is bool[2, 4], expected [2, 3]");
});

test("the given share of a batch takes long steps, more often long than short, none shorter than the probe", () => {
  const { stepSize } = oneStepHead(knowing, chunk, { longShare: 0.25 }).hostInputs;
  const drawn = new Float32Array(8000);
  if (stepSize.dtype === "f32") stepSize.write(drawn, rng(0, "test"), noTargets);
  const long = drawn.filter((size) => size > 0);
  expect(long).toHaveLength(2000);
  expect(Math.min(...long)).toBeGreaterThanOrEqual(Math.fround(0.05));
  expect(Math.max(...long)).toBeLessThanOrEqual(1);
  expect(long.reduce((total, size) => total + size, 0) / long.length).toBeCloseTo(2 / 3, 1);
});

test.each([0, 1.5, NaN])("%f inference steps are refused by name", (inferenceSteps) => {
  expect(() => oneStepHead(knowing, chunk, { inferenceSteps })).toThrow(`oneStepHead: inferenceSteps is ${inferenceSteps}, expected`);
});

test.each([0, -1, 1.1, NaN])("a share of %f is refused by name", (longShare) => {
  expect(() => oneStepHead(knowing, chunk, { longShare })).toThrow(`oneStepHead: longShare is ${longShare}, expected`);
});
