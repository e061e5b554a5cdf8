/** @file Tests of convolution layers and group normalization: what they add to the ops is shapes and initial values. */

import { describe, expect, it, test } from "vitest";
import type { Tensor } from "#engine/graph";
import { evaluate, f32, normals, parameterTypes, withParameters } from "#testing";
import { conv1d, conv1dSpec, convTranspose1d, convTranspose1dSpec } from "./conv1d.ts";
import { groupNorm, groupNormSpec } from "./group-norm.ts";
import { initialParameters } from "./parameters.ts";

const size = { inputs: 2, outputs: 3, kernel: 4 };

describe("convolution layers", () => {
  it("convolve with their weight and bias", async () => {
    const spec = conv1dSpec({ inputs: 1, outputs: 1, kernel: 3 }, "trunk");
    const fn = withParameters(spec, (p, x) => conv1d(p, x as Tensor, { padding: 1 }));
    const y = await evaluate(fn, [...parameterTypes(spec), f32(1, 4, 1)], [[1], [10], [100], [0.5], [1, 2, 3, 4]]);
    expect(y).toEqual([[210.5, 321.5, 432.5, 43.5]]);
  });

  it("transposed, place their weight at every step", async () => {
    const spec = convTranspose1dSpec({ inputs: 1, outputs: 1, kernel: 4 }, "trunk");
    const fn = withParameters(spec, (p, x) => convTranspose1d(p, x as Tensor, { stride: 2, padding: 1 }));
    const y = await evaluate(fn, [...parameterTypes(spec), f32(1, 2, 1)], [[1], [2], [3], [4], [0], [1, 10]]);
    expect(y).toEqual([[2, 13, 24, 30]]);
  });

  it.each([
    ["conv1dSpec", conv1dSpec(size, "trunk"), 1 / Math.sqrt(2 * 4)],
    ["convTranspose1dSpec", convTranspose1dSpec(size, "trunk"), 1 / Math.sqrt(3 * 4)],
  ] as const)("%s starts within PyTorch's bounds and fills them", (_name, spec, bound) => {
    const { bias, ...taps } = initialParameters(spec, 0);
    expect(Object.values(taps).map(({ shape }) => shape)).toEqual([[3, 2], [3, 2], [3, 2], [3, 2]]);
    expect(bias?.shape).toEqual([3]);
    const largest = Math.max(...Object.values(taps).flatMap(({ data }) => [...data].map(Math.abs)));
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.8 * bound);
  });
});

test("groupNorm starts as the plain normalization of every group", async () => {
  const { weight, bias } = initialParameters(groupNormSpec(4, "trunk"), 0);
  const fn = (x: Tensor, w: Tensor, b: Tensor): Tensor => groupNorm({ weight: w, bias: b }, x, 2);
  const [y = []] = await evaluate(fn, [f32(1, 3, 4), f32(4), f32(4)], [normals(12, 1), [...(weight?.data ?? [])], [...(bias?.data ?? [])]]);
  const first = y.filter((_, i) => i % 4 < 2);
  expect(first.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 5);
  expect(first.reduce((a, b) => a + b * b, 0) / 6).toBeCloseTo(1, 3);
});
