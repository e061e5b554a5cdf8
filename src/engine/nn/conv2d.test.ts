/** @file Tests of image layers: what they add to the ops is bias, shapes and initial values. */

import { describe, expect, it, test } from "vitest";
import type { Tensor } from "#engine/graph";
import { evaluate, f32, f64, gradientError, normals, parameterTypes, withParameters } from "#testing";
import { conv2d, conv2dSpec } from "./conv2d.ts";
import { groupNorm, groupNorm2d, groupNormSpec } from "./group-norm.ts";
import { fanOut } from "./initializers.ts";
import { initialParameters, namedParameters } from "./parameters.ts";

const size = { inputs: 1, outputs: 2, kernel: 2 };

describe("conv2d", () => {
  const network = (spec: ReturnType<typeof conv2dSpec>) => withParameters(spec, (p, x) => conv2d(p, x as Tensor, { stride: 2 }));

  it("convolves and adds each output its bias", async () => {
    const spec = conv2dSpec(size, { role: "encoder" });
    const values = [[1, 1, 1, 1, 0, 0, 0, 1], [10, 20], [1, 2, 3, 4, 5, 6, 7, 8]];
    expect(await evaluate(network(spec), [...parameterTypes(spec), f32(1, 1, 2, 4)], values)).toEqual([[24, 32, 26, 28]]);
  });

  it("has no bias where none is asked for", () => {
    const spec = conv2dSpec(size, { role: "encoder", bias: false });
    expect(namedParameters(spec).map(({ name, shape, decay, role }) => [name, shape, decay, role])).toEqual([["weight", [2, 1, 2, 2], true, "encoder"]]);
  });

  it("has the gradient of central differences", async () => {
    const spec = conv2dSpec(size, { role: "encoder" });
    const values = [normals(8, 1), normals(2, 2), normals(15, 3)];
    expect(await gradientError(network(spec), [...parameterTypes(spec, "f64"), f64(1, 1, 3, 5)], values)).toBeLessThan(1e-6);
  });

  it("starts within ±1/√(inputs·kernel²), or as it is told", () => {
    const usual = initialParameters(conv2dSpec({ inputs: 4, outputs: 8, kernel: 5 }, { role: "encoder" }), 1);
    for (const { data } of Object.values(usual)) {
      const largest = Math.max(...data.map(Math.abs));
      expect(largest).toBeLessThanOrEqual(0.1);
      expect(largest).toBeGreaterThan(0.07);
    }
    const { weight } = initialParameters(conv2dSpec({ inputs: 16, outputs: 8, kernel: 5 }, { role: "encoder", weight: fanOut(8 * 25) }), 1);
    const values = Array.from(weight?.data ?? []);
    const deviation = Math.sqrt(values.reduce((total, v) => total + v * v, 0) / values.length);
    expect(deviation).toBeCloseTo(0.1, 2);
  });
});

test("groupNorm2d is groupNorm with the pixels as a sequence", async () => {
  const spec = groupNormSpec(6, "encoder");
  const values = [normals(6, 1), normals(6, 2), normals(2 * 6 * 4, 3)];
  const fn = withParameters(spec, (p, x) => groupNorm2d(p, x as Tensor, 3));
  const [images = []] = await evaluate(fn, [...parameterTypes(spec), f32(2, 6, 2, 2)], values);
  // [B, C, 4] to [B, 4, C] and back.
  const at = (b: number, c: number, pixel: number): number => (b * 6 + c) * 4 + pixel;
  const order = [0, 1].flatMap((b) => [0, 1, 2, 3].flatMap((pixel) => [0, 1, 2, 3, 4, 5].map((c) => at(b, c, pixel))));
  const sequence = withParameters(spec, (p, x) => groupNorm(p, x as Tensor, 3));
  const last = order.map((i) => values[2]?.[i] ?? NaN);
  const [steps = []] = await evaluate(sequence, [...parameterTypes(spec), f32(2, 4, 6)], [values[0] ?? [], values[1] ?? [], last]);
  order.forEach((i, place) => expect(images[i]).toBeCloseTo(steps[place] ?? NaN, 5));
});
