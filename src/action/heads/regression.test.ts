/** @file Laws of the regression heads: linear by hand, OpenVLA-OFT's network by hand, Octo's squash, the Gaussian's two ways to act. */

import { describe, expect, test } from "vitest";
import { huberLoss, l1Loss, mseLoss } from "#action/losses";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { initialParameters } from "#engine/nn";
import { bool, evaluate, f32, fixedParameters, normals, normalValues, onlyValues } from "#testing";
import { gaussianHead } from "./gaussian.ts";
import { oftHead } from "./oft.ts";
import { regressionHead, type RegressionOptions } from "./regression.ts";
import { mlpTrunk, noTrunk } from "./trunk.ts";

const [B, H, A, C] = [2, 3, 2, 4] as const;
const chunk = { horizon: H, actionSize: A };
const [cond, actions] = [normals(B * C, 1), normals(B * H * A, 2)];

const valuesOf = normalValues();

type Matrix = readonly (readonly number[])[];
const rows = (flat: readonly number[], width: number): Matrix => Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
const affine = (name: string, x: readonly number[], outputs: number): number[] => {
  const bias = valuesOf(`${name}.bias`, outputs);
  return rows(valuesOf(`${name}.weight`, outputs * x.length), x.length).map((row, i) => row.reduce((sum, w, j) => sum + w * (x[j] ?? NaN), bias[i] ?? NaN));
};
const normed = (name: string, x: readonly number[]): number[] => {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length + 1e-5);
  const [gain, bias] = [valuesOf(`${name}.weight`, x.length), valuesOf(`${name}.bias`, x.length)];
  return x.map((value, i) => ((value - mean) / deviation) * (gain[i] ?? NaN) + (bias[i] ?? NaN));
};
const relu = (x: readonly number[]): number[] => x.map((value) => Math.max(0, value));

const expectClose = (got: readonly number[] | undefined, expected: readonly number[]): void => {
  expect(got).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(got?.[i]).toBeCloseTo(value, 4));
};

describe("regression", () => {
  const linearHead = (options: RegressionOptions) => regressionHead(noTrunk(C), chunk, options);
  const predict = async (options: RegressionOptions): Promise<number[]> => {
    const head = linearHead(options);
    const [result = []] = await evaluate((c) => head.sample(fixedParameters(head.parameters, valuesOf), c, c), [f32(B, C)], [cond]);
    return result;
  };
  const byHand = rows(cond, C).flatMap((row) => affine("output", row, H * A));

  test("without a trunk it is a linear map of the conditioning", async () => {
    expectClose(await predict({ loss: mseLoss }), byHand);
    expect(Object.keys(linearHead({ loss: mseLoss }).parameters.trunk)).toEqual([]);
  });

  test("Octo's squash is 5·tanh(x/5)", async () => {
    expectClose(await predict({ loss: mseLoss, squash: "octo" }), byHand.map((x) => 5 * Math.tanh(x / 5)));
  });

  test.each([["mse", mseLoss], ["l1", l1Loss], ["huber", huberLoss]])("the loss is the one it was given: %s", async (_name, loss) => {
    const head = linearHead({ loss });
    const both = (c: Tensor, a: Tensor, isPad: Tensor): Tensor[] => {
      const params = fixedParameters(head.parameters, valuesOf);
      const given = head.loss(params, c, { actions: a, isPad }, {});
      return [given.loss, loss(head.sample(params, c, c), a, { isPad }), given.metrics["l1"] ?? given.loss, l1Loss(head.sample(params, c, c), a, { isPad })];
    };
    const [got, expected, l1, expectedL1] = await evaluate(both, [f32(B, C), f32(B, H, A), bool(B, H)], [cond, actions, [0, 0, 1, 0, 1, 1]]);
    expect(got).toEqual(expected);
    expect(l1).toEqual(expectedL1);
  });

  test("actions of another horizon are refused with what was got and what was expected", () => {
    const head = linearHead({ loss: mseLoss });
    const params = fixedParameters(head.parameters, valuesOf);
    const targets = { actions: input("a", "f32", [B, H + 1, A]), isPad: input("p", "bool", [B, H + 1]) };
    expect(() => head.loss(params, input("c", "f32", [B, C]), targets, {})).toThrow(
      new ShapeError("regressionHead: actions is f32[2, 4, 2], expected [2, 3, 2]"),
    );
  });
});

test("OpenVLA-OFT's network by hand: a token per step, norm, ReLU, residual blocks, one map for all steps", async () => {
  const width = 3;
  const head = oftHead(chunk, { condSize: C, width, blocks: 2 });
  const [result] = await evaluate((c) => head.sample(fixedParameters(head.parameters, valuesOf), c, c), [f32(B, C)], [cond]);
  const action = (token: readonly number[]): number[] => {
    let x = relu(affine("linear1", normed("norm1", token), width));
    for (const block of ["blocks.0", "blocks.1"]) {
      const inner = relu(affine(`${block}.linear`, normed(`${block}.norm`, x), width));
      x = x.map((value, i) => value + (inner[i] ?? NaN));
    }
    return affine("linear2", normed("norm2", x), A);
  };
  expectClose(result, rows(cond, C).flatMap((row) => rows(affine("tokens", row, H * width), width).flatMap(action)));
});

describe("the Gaussian head", () => {
  const meanBias = normals(H * A, 5);
  const logVariance = [-3, -1, 0, 1, 5, -20];
  const at = onlyValues({ "mean.bias": meanBias, "logVariance.bias": logVariance });
  const sample = async (acts: "mean" | "drawn", noise: readonly number[]): Promise<number[] | undefined> => {
    const head = gaussianHead(noTrunk(C), chunk, { acts });
    const draw = (c: Tensor, z: Tensor): Tensor => head.sample(fixedParameters(head.parameters, at), c, z);
    return (await evaluate(draw, [f32(B, C), f32(B, ...head.noiseShape)], [cond, noise]))[0];
  };

  test("acts with its mean by default", async () => {
    expect(gaussianHead(noTrunk(C), chunk).noiseShape).toEqual([0]);
    expectClose(await sample("mean", []), [...meanBias, ...meanBias]);
  });

  test("draws with its deviation when asked, within the bounds of ln σ²", async () => {
    const noise = normals(B * H * A, 6);
    const sigma = logVariance.map((s) => Math.exp(Math.min(2, Math.max(-10, s)) / 2));
    expectClose(await sample("drawn", noise), noise.map((z, i) => (meanBias[i % (H * A)] ?? NaN) + (sigma[i % (H * A)] ?? NaN) * z));
  });

  test("starts at σ = 1 whatever it observes", async () => {
    const head = gaussianHead(mlpTrunk({ condSize: C, width: 8, blocks: 1 }), chunk);
    const start = initialParameters(head.parameters, 0);
    const params = fixedParameters(head.parameters, (name) => Array.from(start[name]?.data ?? []));
    const deviationOf = (c: Tensor, a: Tensor, isPad: Tensor): Tensor => head.loss(params, c, { actions: a, isPad }, {}).metrics["deviation"] ?? c;
    const [deviation] = await evaluate(deviationOf, [f32(B, C), f32(B, H, A), bool(B, H)], [cond, actions, Array<number>(B * H).fill(0)]);
    expect(deviation).toEqual([1]);
  });
});
