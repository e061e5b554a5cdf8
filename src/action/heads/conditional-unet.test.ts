/** @file Tests of the conditional U-Net: sizes, what modulates, and what it refuses. */

import { expect, test } from "vitest";
import { initialParameters, mapParameters, namedParameters, parameterCount, type ParameterTree } from "#engine/nn";
import { constant, ShapeError, type Tensor } from "#engine/graph";
import { evaluate, f32, normals } from "#testing";
import { conditionalUnet, type ConditionalUnetOptions } from "./conditional-unet.ts";
import { denoise, type Denoiser } from "./denoiser.ts";
import { tinyVlaUnet } from "./tinyvla.ts";

const pushT = { horizon: 16, actionSize: 2 };
const small = { condSize: 3, downDims: [16, 32], kernelSize: 3, timeSize: 8 } satisfies ConditionalUnetOptions;
const [B, H, A, C] = [2, 4, 2, 3] as const;
const chunk = { horizon: H, actionSize: A };

/** The denoiser's output at these values, with its initial parameters. */
async function predictionOf<P extends ParameterTree>(denoiser: Denoiser<P>, { x, time, cond }: Record<"x" | "time" | "cond", readonly number[]>): Promise<number[]> {
  const initial = initialParameters(denoiser.parameters, 0);
  const fn = (x: Tensor, time: Tensor, cond: Tensor): Tensor => {
    const params = mapParameters(denoiser.parameters, ({ name }) => constant(initial[name] ?? { dtype: "f32", shape: [0], data: new Float32Array() }));
    return denoise(denoiser, params, { x, times: [time], cond });
  };
  const size = cond.length / B;
  const [y = []] = await evaluate(fn, [f32(B, H, A), f32(B), f32(B, size)], [x, time, cond]);
  return y;
}

const values = { x: normals(B * H * A, 1), time: [0.2, 0.7], cond: normals(B * C, 2) };

test("conditionalUnet has as many parameters as Diffusion Policy's for Push-T with low-dimensional observations", () => {
  expect(parameterCount(conditionalUnet(pushT, { condSize: 40 }).parameters)).toBe(65_783_298);
});

test("conditionalUnet has as many parameters as the decoupled action head's DP-C, in every part", () => {
  const { parameters } = conditionalUnet({ horizon: 16, actionSize: 10 }, { condSize: 274, downDims: [512, 1024, 2048], timeSize: 128 });
  const count = (roles: readonly string[]): number =>
    namedParameters(parameters).filter(({ role }) => roles.includes(role)).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  expect(count(["stem", "trunk", "output"])).toBe(243_925_514);
  expect(count(["time"])).toBe(131_712);
  expect(count(["modulation"])).toBe(11_554_816);
});

test.each([[512, 72_831_498], [768, 76_831_754], [1024, 80_963_082], [2048, 98_799_114]])(
  "tinyVlaUnet over %d features of a language model has %d parameters, as upstream",
  (features, count) => {
    const { parameters } = tinyVlaUnet({ horizon: 16, actionSize: 10 }, { condSize: features + 7, stateSize: 7 });
    expect(parameterCount(parameters)).toBe(count);
  },
);

test("conditionalUnet shifts without scaling when asked, with half the modulation", () => {
  const modulation = (film: "bias" | "scale-and-bias"): number[] =>
    namedParameters(conditionalUnet(chunk, { ...small, film }).parameters)
      .filter(({ name }) => name.endsWith("film.bias"))
      .map(({ shape }) => shape[0] ?? 0);
  expect(modulation("bias")).toEqual([16, 16, 32, 32, 32, 32, 16, 16]);
  expect(modulation("scale-and-bias")).toEqual(modulation("bias").map((width) => 2 * width));
});

test.each(["scale-and-bias", "bias"] as const)("conditionalUnet with %s sees time, conditioning and every step of the chunk", async (film) => {
  const unet = conditionalUnet(chunk, { ...small, film });
  const y = await predictionOf(unet, values);
  const changes = [
    { time: [0.3, 0.7] },
    { cond: values.cond.map((v, i) => (i === 0 ? v + 1 : v)) },
    // The last number of the first chunk.
    { x: values.x.map((v, i) => (i === H * A - 1 ? v + 1 : v)) },
  ];
  for (const change of changes) {
    const other = await predictionOf(unet, { ...values, ...change });
    expect(y.map((v, i) => v !== other[i])).toEqual(y.map((_, i) => i < H * A));
  }
});

test("conditionalUnet hears what all steps share and what each step has to itself, every feature of it", async () => {
  const [shared, localSize] = [2, 3];
  const condSize = shared + H * localSize;
  const unet = conditionalUnet(chunk, { ...small, condSize, localSize });
  const given = { ...values, cond: normals(B * condSize, 2) };
  const y = await predictionOf(unet, given);
  for (let feature = 0; feature < condSize; feature++) {
    const other = await predictionOf(unet, { ...given, cond: given.cond.map((v, i) => (i === feature ? v + 1 : v)) });
    expect(y.map((v, i) => v !== other[i])).toEqual(y.map((_, i) => i < H * A));
  }
  await expect(predictionOf(unet, { ...given, cond: normals(B * (condSize + 1), 2) })).rejects.toThrow(ShapeError);
});

test("conditionalUnet has as many time features as times", () => {
  const { time1 } = conditionalUnet(chunk, { ...small, times: 2 }).parameters;
  expect(time1.weight.shape).toEqual([32, 16]);
});

test.each([
  [{ horizon: 10, actionSize: 2 }, { condSize: 3 }, "the horizon is 10, expected a multiple of 4: 3 levels halve a chunk 2 times; change the horizon, or give fewer levels"],
  [chunk, { ...small, kernelSize: 4 }, "kernelSize is 4, expected an odd number"],
  [chunk, { ...small, localSize: 1 }, "condSize is 1 less than the 4 steps have to themselves, expected room for all of it"],
  [chunk, { ...small, downDims: [16, 36] }, "downDims has 36 channels, expected multiples of the 8 groups"],
  [chunk, { ...small, downDims: [4, 16], groups: 4 }, "downDims starts with 4 channels, expected a multiple of the 8 groups of the last block"],
])("conditionalUnet refuses what it cannot build: %o %o", (chunk, options, message) => {
  expect(() => conditionalUnet(chunk, options)).toThrow(new RangeError(`conditionalUnet: ${message}`));
});

test("tinyVlaUnet hears a language model whatever its features' scale and offset, and the state as it is", async () => {
  const tiny = tinyVlaUnet(chunk, { ...small, condSize: 5, stateSize: 1 });
  const cond = normals(B * 5, 2);
  const moved = (said: (v: number) => number, state: (v: number) => number): number[] => cond.map((v, i) => (i % 5 === 4 ? state(v) : said(v)));
  const same = (v: number): number => v;
  const y = await predictionOf(tiny, { ...values, cond });
  const rescaled = await predictionOf(tiny, { ...values, cond: moved((v) => 100 * v + 7, same) });
  rescaled.forEach((v, i) => expect(v).toBeCloseTo(y[i] ?? NaN, 4));
  const otherState = await predictionOf(tiny, { ...values, cond: moved(same, (v) => v + 1) });
  expect(otherState.every((v, i) => Math.abs(v - (y[i] ?? NaN)) > 1e-6)).toBe(true);
});

test("tinyVlaUnet refuses a state as large as its conditioning", () => {
  const message = "tinyVlaUnet: stateSize is 3, expected 0 … 2: condSize is 3";
  expect(() => tinyVlaUnet(chunk, { ...small, stateSize: 3 })).toThrow(new RangeError(message));
});
