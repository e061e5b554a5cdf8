/** @file Tests of root-mean-square normalization, plain and adaptive. */

import { expect, test } from "vitest";
import { concat, input, ShapeError, type Tensor } from "#engine/graph";
import { evaluate, f32, f64, fixedParameters, gradientError, normals } from "#testing";
import { adaptiveRmsNorm, adaptiveRmsNormSpec, rmsModulation, rmsNorm, rmsNormSpec } from "./rms-norm.ts";

const root = Math.sqrt(12.5);

test("the gain is stored as what is added to 1", async () => {
  const [y] = await evaluate((x, weight) => rmsNorm({ weight }, x, 0), [f32(1, 2), f32(2)], [[3, 4], [0, 9]]);
  expect(y?.[0]).toBeCloseTo(3 / root, 6);
  expect(y?.[1]).toBeCloseTo(40 / root, 5);
});

test("what follows a condition starts as plain normalization behind a closed gate", async () => {
  const params = fixedParameters(adaptiveRmsNormSpec(3, 2, "trunk"), (_, size) => Array<number>(size).fill(0));
  const [y, gate] = await evaluate((x, cond) => {
    const modulation = rmsModulation(params, cond);
    return [adaptiveRmsNorm(modulation, x, 0), modulation.gate];
  }, [f32(1, 1, 2), f32(1, 1, 3)], [[3, 4], [1, 2, 3]]);
  expect(y?.[0]).toBeCloseTo(3 / root, 6);
  expect(gate).toEqual([0, 0]);
});

test("a condition gives gain, shift and gate, in this order", async () => {
  const [y, gate] = await evaluate((x, cond, weight, bias) => {
    const modulation = rmsModulation({ dense: { weight, bias } }, cond);
    return [adaptiveRmsNorm(modulation, x, 0), modulation.gate];
  }, [f32(1, 1, 2), f32(1, 1, 1), f32(6, 1), f32(6)], [[3, 4], [2], [0.5, 1, 0, 0, 0, 0], [0, 0, 10, 20, 7, 8]]);
  expect(y?.[0]).toBeCloseTo((2 * 3) / root + 10, 5);
  expect(y?.[1]).toBeCloseTo((3 * 4) / root + 20, 5);
  expect(gate).toEqual([7, 8]);
});

test("slopes agree with central differences", async () => {
  const error = await gradientError(
    (x, weight, cond, w, b) => concat([rmsNorm({ weight }, x), adaptiveRmsNorm(rmsModulation({ dense: { weight: w, bias: b } }, cond), x)], 0),
    [f64(2, 3, 4), f64(4), f64(2, 1, 2), f64(12, 2), f64(12)],
    [normals(24, 1), normals(4, 2), normals(4, 3), normals(24, 4), normals(12, 5)],
  );
  expect(error).toBeLessThan(1e-6);
});

test("a condition without an axis of tokens is refused", () => {
  const params = { dense: { weight: input("w", "f32", [6, 3]), bias: input("b", "f32", [6]) } } as { dense: { weight: Tensor; bias: Tensor } };
  expect(() => rmsModulation(params, input("cond", "f32", [2, 3]))).toThrow(new ShapeError("rmsModulation: cond is f32[2, 3], expected [B, N, C]"));
  expect(rmsNormSpec(4, "trunk").weight.shape).toEqual([4]);
});
