/** @file Tests of the transformer without observations: who sees what, sizes, and chunks drawn with it. Numbers: `npm run parity`. */

import { describe, expect, it } from "vitest";
import { sizeOf } from "#engine/array";
import type { Tensor } from "#engine/graph";
import { namedParameters } from "#engine/nn";
import { evaluate, f32, normals, parameterTypes, withParameters } from "#testing";
import { denoise } from "./denoiser.ts";
import { encoderTransformer, type EncoderTransformerOptions } from "./encoder-transformer.ts";
import { flowMatchingHead } from "./flow-matching.ts";

const [B, H, A] = [1, 4, 2] as const;
const chunk = { horizon: H, actionSize: A };
const sizes = { width: 8, blocks: 2 };
const x = normals(H * A, 101);

async function predictionOf(options: EncoderTransformerOptions, given: { readonly x: readonly number[]; readonly time: number }): Promise<number[]> {
  const network = encoderTransformer(chunk, options);
  const values = namedParameters(network.parameters).map(({ shape }, i) => normals(sizeOf(shape), i).map((value) => value / 2));
  const times = options.times ?? 1;
  const fn = withParameters(network.parameters, (params, noisy, cond, ...at) => denoise(network, params, { x: noisy as Tensor, times: at, cond: cond as Tensor }));
  const types = [...parameterTypes(network.parameters), f32(B, H, A), f32(B, 0), ...Array.from({ length: times }, () => f32(B))];
  const [y = []] = await evaluate(fn, types, [...values, given.x, [], ...Array.from({ length: times }, (_, i) => [given.time + i])]);
  return y;
}

/** For every action of the chunk, whether it changed. */
const changed = (before: readonly number[], after: readonly number[]): boolean[] =>
  Array.from({ length: H }, (_, h) => before.slice(h * A, (h + 1) * A).some((value, i) => value !== after[h * A + i]));

describe("a transformer with time among the actions", () => {
  it.each([
    ["an action see earlier actions and none that follow", true, [false, false, true, true]],
    ["all see all when it is not causal", false, [true, true, true, true]],
  ])("lets %s", async (_name, causal, expected) => {
    const options = { ...sizes, causal };
    const before = await predictionOf(options, { x, time: 0.4 });
    expect(changed(before, await predictionOf(options, { x: x.map((value, i) => (i === 2 * A ? value + 1 : value)), time: 0.4 }))).toEqual(expected);
    expect(changed(before, await predictionOf(options, { x, time: 0.6 }))).toEqual([true, true, true, true]);
  });

  it("has a token per time, each in a place of its own", async () => {
    const options = { ...sizes, times: 2 };
    expect(encoderTransformer(chunk, options).parameters.posEmb.shape).toEqual([1, 2 + H, 8]);
    expect(await predictionOf(options, { x, time: 0.4 })).toHaveLength(H * A);
  });

  it("says as many numbers per step as it is asked for", async () => {
    expect(await predictionOf({ ...sizes, outputSize: 5 }, { x, time: 0.4 })).toHaveLength(H * 5);
  });

  it("draws chunks in a head, from noise alone", async () => {
    const head = flowMatchingHead(encoderTransformer(chunk, sizes), chunk, { integrationSteps: 3 });
    const values = namedParameters(head.parameters).map(({ shape }, i) => normals(sizeOf(shape), i).map((value) => value / 2));
    const fn = withParameters(head.parameters, (params, cond, noise) => head.sample(params, cond as Tensor, noise as Tensor));
    const [y = []] = await evaluate(fn, [...parameterTypes(head.parameters), f32(B, 0), f32(B, ...head.noiseShape)], [...values, [], x]);
    expect(changed(y, x)).toEqual([true, true, true, true]);
    expect(y.every(Number.isFinite)).toBe(true);
  });

  it("refuses a width that its attention heads do not divide", () => {
    expect(() => encoderTransformer(chunk, { ...sizes, heads: 3 })).toThrow(new RangeError("transformer: width is 8, expected a multiple of its 3 attention heads"));
  });
});
