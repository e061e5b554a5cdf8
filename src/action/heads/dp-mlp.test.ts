/** @file Tests of DP-MLP: parameter counts of the publication, the formula by hand, actions that do not mix. */

import { describe, expect, it } from "vitest";
import { rng, sizeOf } from "#engine/array";
import type { Tensor } from "#engine/graph";
import { namedParameters, parameterCount, type ParameterRole } from "#engine/nn";
import { evaluate, f32, normals, parameterTypes, withParameters } from "#testing";
import { denoise } from "./denoiser.ts";
import { dpMlp } from "./dp-mlp.ts";

describe("DP-MLP of the publication", () => {
  // MimicGen, second stage: two observations of 137 features, 16 actions of 10 numbers.
  const { parameters } = dpMlp({ horizon: 16, actionSize: 10 }, { condSize: 2 * 137 });
  const countOf = (...roles: ParameterRole[]): number =>
    namedParameters(parameters).filter(({ role }) => roles.includes(role)).reduce((total, { shape }) => total + sizeOf(shape), 0);

  it("has the published number of parameters", () => {
    expect(countOf("trunk")).toBe(4_208_640);
    expect(countOf("time")).toBe(525_568);
    expect(countOf("stem")).toBe(45_056);
    expect(countOf("output")).toBe(3_082);
    expect(countOf("trunk", "time", "stem", "output")).toBe(4_782_346);
    expect(countOf("modulation")).toBe(8_699_904);
    expect(parameterCount(parameters)).toBe(13_482_250);
  });

  it("starts its stem from N(0, 1), whatever the width", () => {
    const spec = parameters.inputEmb.weight;
    const values = new Float32Array(sizeOf(spec.shape));
    spec.initialize(values, rng(0), spec.shape);
    const variance = values.reduce((total, value) => total + value * value, 0) / values.length;
    expect(variance).toBeCloseTo(1, 1);
  });

  it("decays matrices but no modulation", () => {
    const decayed = namedParameters(parameters).filter(({ decay }) => decay).map(({ name }) => name);
    expect(decayed).toContain("mlpDecoder.7.linear2.weight");
    expect(decayed.some((name) => name.includes("film"))).toBe(false);
  });
});

const [B, H, A, C, D] = [2, 3, 2, 2, 4] as const;
const network = dpMlp({ horizon: H, actionSize: A }, { condSize: C, width: D, blocks: 1, time: "diffusion" });
const specs = namedParameters(network.parameters);
const values = specs.map(({ shape }, i) => normals(sizeOf(shape), i));
const valuesOf = (name: string): number[] => values[specs.findIndex((spec) => spec.name === name)] ?? [];

const traced = withParameters(network.parameters, (params, x, k, cond) =>
  denoise(network, params, { x: x as Tensor, times: [k as Tensor], cond: cond as Tensor }));

async function predict(x: readonly number[], steps: readonly number[], cond: readonly number[]): Promise<number[]> {
  const [y = []] = await evaluate(traced, [...parameterTypes(network.parameters), f32(B, H, A), f32(B), f32(B, C)], [...values, x, steps, cond]);
  return y;
}

const affine = (name: string, x: readonly number[]): number[] =>
  valuesOf(`${name}.bias`).map((bias, i) => x.reduce((total, value, j) => total + value * (valuesOf(`${name}.weight`)[i * x.length + j] ?? NaN), bias));
const mish = (x: number): number => x * Math.tanh(Math.log1p(Math.exp(x)));
/** x·Φ(x), Φ by Simpson's rule over the normal density. */
function gelu(x: number): number {
  const [steps, density] = [200, (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI)];
  const total = Array.from({ length: steps + 1 }, (_, i) => density((x * i) / steps) * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2));
  return x * (0.5 + (total.reduce((a, b) => a + b, 0) * x) / steps / 3);
}
function norm(name: string, x: readonly number[]): number[] {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const deviation = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length + 1e-5);
  return x.map((value, i) => ((value - mean) / deviation) * (valuesOf(`${name}.weight`)[i] ?? NaN) + (valuesOf(`${name}.bias`)[i] ?? NaN));
}

/** One action at place h of its chunk, by the formula. */
function byHand(action: readonly number[], h: number, k: number, cond: readonly number[]): number[] {
  const rates = [1, 1e-4]; // 10000^(-i/(half - 1)) for half = 2
  const sinusoid = [...rates.map((rate) => Math.sin(k * rate)), ...rates.map((rate) => Math.cos(k * rate))];
  const time = affine("diffusionStepEncoder.3", affine("diffusionStepEncoder.1", sinusoid).map(mish));
  const modulation = affine("mlpDecoder.0.film", [...time, ...cond].map(mish));
  const weight = (i: number, o: number): number => valuesOf("inputEmb.weight")[(h * A + i) * D + o] ?? NaN;
  const token = Array.from({ length: D }, (_, o) => action.reduce((total, value, i) => total + value * weight(i, o), valuesOf("inputEmb.bias")[h * D + o] ?? NaN));
  const hidden = affine("mlpDecoder.0.linear1", token).map((value, i) => gelu(value) * (modulation[i] ?? NaN) + (modulation[4 * D + i] ?? NaN));
  const out = affine("mlpDecoder.0.linear2", hidden).map((value, i) => value + (token[i] ?? NaN));
  return affine("head", norm("lnF", norm("mlpDecoder.0.norm", out)));
}

describe("DP-MLP", () => {
  const x = normals(B * H * A, 101);
  const cond = normals(B * C, 102);

  it("is the formula of its source", async () => {
    const got = await predict(x, [3, 70], cond);
    const expected = [0, 1].flatMap((b) => [0, 1, 2].flatMap((h) => {
      const at = (b * H + h) * A;
      return byHand(x.slice(at, at + A), h, [3, 70][b] ?? NaN, cond.slice(b * C, (b + 1) * C));
    }));
    expect(got).toHaveLength(expected.length);
    expected.forEach((value, i) => expect(got[i]).toBeCloseTo(value, 4));
  });

  it("denoises each action by itself", async () => {
    const before = await predict(x, [3, 70], cond);
    const after = await predict(x.map((value, i) => (i === 0 ? value + 1 : value)), [3, 70], cond);
    expect(after.slice(0, A)).not.toEqual(before.slice(0, A));
    expect(after.slice(A)).toEqual(before.slice(A));
  });

  it("treats the same action differently at another place of the chunk", async () => {
    const same = Array.from({ length: B * H * A }, (_, i) => (i % A === 0 ? 0.5 : -0.25));
    const y = await predict(same, [3, 3], cond);
    expect(y.slice(0, A)).not.toEqual(y.slice(A, 2 * A));
  });
});
