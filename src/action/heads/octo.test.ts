/** @file Tests of Octo's score network: its size, the formula by hand, how its first layer starts. */

import { expect, test } from "vitest";
import { rng, sizeOf } from "#engine/array";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { namedParameters, parameterCount, parameterInputs } from "#engine/nn";
import { evaluate, f32, normals, parameterTypes, withParameters } from "#testing";
import { denoise } from "./denoiser.ts";
import { octoDenoiser } from "./octo.ts";

const [B, H, A, C, D, T] = [2, 3, 2, 4, 4, 4] as const;
const chunk = { horizon: H, actionSize: A };
const sizes = { condSize: C, width: D, blocks: 1, timeSize: T };
const x = normals(B * H * A, 1);
const cond = normals(B * C, 2);

const specs = namedParameters(octoDenoiser(chunk, sizes).parameters);
const values = specs.map(({ shape }, i) => normals(sizeOf(shape), 30 + i));
const valuesOf = (name: string): number[] => values[specs.findIndex((spec) => spec.name === name)] ?? [];

async function predict(time: "flow" | "diffusion", times: readonly number[]): Promise<number[]> {
  const network = octoDenoiser(chunk, { ...sizes, time });
  const fn = withParameters(network.parameters, (params, noisy, at, features) =>
    denoise(network, params, { x: noisy as Tensor, times: [at as Tensor], cond: features as Tensor }));
  const [y = []] = await evaluate(fn, [...parameterTypes(network.parameters), f32(B, H, A), f32(B), f32(B, C)], [...values, x, times, cond]);
  return y;
}

const affine = (weight: readonly number[], bias: readonly number[], x: readonly number[]): number[] =>
  bias.map((start, i) => x.reduce((total, value, j) => total + value * (weight[i * x.length + j] ?? NaN), start));
const layer = (name: string, x: readonly number[]): number[] => affine(valuesOf(`${name}.weight`), valuesOf(`${name}.bias`), x);
const silu = (x: number): number => x / (1 + Math.exp(-x));

function byHand(step: number, noisy: readonly number[], features: readonly number[]): number[] {
  const angles = valuesOf("frequencies").map((frequency) => 2 * Math.PI * frequency * step);
  const time = layer("time2", layer("time1", [...angles.map(Math.cos), ...angles.map(Math.sin)]).map(silu));
  const given = layer("condition", [...time, ...features]);
  const h = affine(valuesOf("stem"), given, noisy);
  const mean = h.reduce((a, b) => a + b, 0) / D;
  const deviation = Math.sqrt(h.reduce((a, b) => a + (b - mean) ** 2, 0) / D + 1e-6);
  const normal = h.map((value, i) => ((value - mean) / deviation) * (valuesOf("blocks.0.norm.weight")[i] ?? NaN) + (valuesOf("blocks.0.norm.bias")[i] ?? NaN));
  const block = layer("blocks.0.linear2", layer("blocks.0.linear1", normal).map(silu));
  return layer("output", h.map((value, i) => silu(value + (block[i] ?? NaN))));
}

test.each([["diffusion", 1], ["flow", 20]] as const)("octoDenoiser is the formula of its source, a %s time counting %d-fold", async (time, stretch) => {
  const times = [0.25, 0.7];
  const got = await predict(time, times);
  const size = H * A;
  const expected = times.flatMap((t, b) => byHand(t * stretch, x.slice(b * size, (b + 1) * size), cond.slice(b * C, (b + 1) * C)));
  expect(got).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(Math.abs((got[i] ?? NaN) - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value))));
});

test("octoDenoiser has 1.7 million parameters over Octo-Small's 384 features, for four actions of seven numbers", () => {
  const frequencies = 16;
  const time = 32 * 64 + 64 + 64 * 32 + 32;
  const first = (32 + 384 + 28) * 256 + 256;
  const block = 2 * 256 + 256 * 1024 + 1024 + 1024 * 256 + 256;
  const last = 256 * 28 + 28;
  const { parameters } = octoDenoiser({ horizon: 4, actionSize: 7 }, { condSize: 384 });
  expect(parameterCount(parameters)).toBe(frequencies + time + first + 3 * block + last);
  expect(parameterCount(parameters)).toBe(1_703_564);
});

test("octoDenoiser starts both parts of its first layer as one", () => {
  const { parameters } = octoDenoiser({ horizon: 4, actionSize: 7 }, { condSize: 384 });
  const bound = Math.sqrt(6 / (32 + 384 + 28 + 256));
  for (const spec of [parameters.stem, parameters.condition.weight]) {
    const drawn = new Float32Array(sizeOf(spec.shape));
    spec.initialize(drawn, rng(0), spec.shape);
    const largest = Math.max(...drawn.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(Math.fround(bound));
    expect(largest).toBeGreaterThan(0.99 * bound);
  }
});

test("octoDenoiser refuses more times than it was made for", () => {
  const network = octoDenoiser(chunk, sizes);
  const t = input("t", "f32", [B]);
  const call = () => network.condition(parameterInputs(network.parameters), [t, t], input("c", "f32", [B, C]));
  expect(call).toThrow(new ShapeError("octoDenoiser: got 2 times, expected 1"));
});
