/** @file Laws of pointing: every layer's answer counts alike, missing points do not, and chunks are drawn as without. */

import { expect, test } from "vitest";
import { rng, sizeOf, tensorFrom } from "#engine/array";
import { constant, type Tensor } from "#engine/graph";
import { evaluate, f32, f64, fixedParameters, gradientError, normals, normalValues, parameterTypes, withParameters } from "#testing";
import { actionExpert } from "./action-expert.ts";
import type { TypedHostInput } from "./head.ts";
import { pi0HeadWithPoints } from "./pi0-with-points.ts";
import { pi0Head } from "./pi0.ts";

const [B, H, A, P, D] = [2, 3, 2, 2, 5] as const;
const expert = actionExpert({ horizon: H, actionSize: A }, { width: 8, hidden: 6, depth: 1, heads: 2, kvHeads: 1, headSize: 4, time: "normalization" });
const own = pi0Head(expert, { integrationSteps: 2 });
const head = pi0HeadWithPoints(own, { points: P, width: D, weight: 0.5 });

/** One token to look at, and two layers that answer. */
function lossOf(params: Parameters<typeof head.loss>[0], [first, second, told, isPoint, actions, noise]: readonly Tensor[], dtype: "f32" | "f64") {
  const memory = {
    layers: [{ keys: constant(tensorFrom(dtype, [B, 1, 1, 4], normals(8, 1))), values: constant(tensorFrom(dtype, [B, 1, 1, 4], normals(8, 2))) }],
    mask: constant(tensorFrom(dtype, [B, 1, 1, 1], [0, 0])),
    next: constant(tensorFrom(dtype, [B, 1], [1, 1])),
  };
  const tau = constant(tensorFrom(dtype, [B], [0.3, 0.8]));
  const isPad = constant(tensorFrom("bool", [B, H], [0, 0, 0, 0, 0, 1]));
  const inputs = { points: told, isPoint, noise, tau } as Record<string, Tensor>;
  return head.loss(params, { memory, pointing: [first as Tensor, second as Tensor] }, { actions: actions as Tensor, isPad }, inputs);
}

const SHAPES = [[B, P, D], [B, P, D], [B, P, 3], [B, P], [B, H, A], [B, H, A]] as const;
const VALUES = SHAPES.map((shape, i) => (i === 3 ? [1, 1, 0, 1] : normals(sizeOf(shape), 20 + i)));

test("the loss adds the mean of all layers' absolute errors over points that are there, in units of 0.1 m", async () => {
  const params = fixedParameters(head.parameters, normalValues(0.5));
  const { weight, bias } = params.pointing;
  const [loss = [], flow = [], pointing = [], w = [], b = []] = await evaluate((...inputs) => {
    const { loss, metrics } = lossOf(params, inputs, "f32");
    return [loss, metrics["flow"] as Tensor, metrics["pointing"] as Tensor, weight as Tensor, bias as Tensor];
  }, SHAPES.map((shape) => f32(...shape)), VALUES);
  const errorOf = (tokens: readonly number[] = []): number => {
    const errors: number[] = [];
    for (const point of [0, 1, 3]) {
      for (let axis = 0; axis < 3; axis++) {
        let answer = b[axis] ?? NaN;
        for (let d = 0; d < D; d++) answer += (w[axis * D + d] ?? NaN) * (tokens[point * D + d] ?? NaN);
        errors.push(Math.abs(answer - 10 * (VALUES[2]?.[3 * point + axis] ?? NaN)));
      }
    }
    return errors.reduce((sum, error) => sum + error, 0) / errors.length;
  };
  expect(pointing[0]).toBeCloseTo(0.1 * errorOf(VALUES[1]), 5);
  expect(loss[0]).toBeCloseTo((flow[0] ?? NaN) + (0.5 * (errorOf(VALUES[0]) + errorOf(VALUES[1]))) / 2, 4);
});

test("slopes agree with central differences", async () => {
  const fn = withParameters(head.parameters, (params, ...inputs) => lossOf(params, [...inputs.slice(0, 3), constant(tensorFrom("f64", [B, P], [1, 1, 0, 1])), ...inputs.slice(3)], "f64").loss);
  const shapes = SHAPES.filter((_, i) => i !== 3);
  const types = [...parameterTypes(head.parameters, "f64"), ...shapes.map((shape) => f64(...shape))];
  expect(await gradientError(fn, types, types.map(({ shape }, i) => normals(sizeOf(shape), 40 + i).map((value) => value / 2)))).toBeLessThan(1e-6);
});

test("the host hands over where things are, and 0 for what is not there", () => {
  const written = (name: string, points: Float32Array | undefined): number[] => {
    const { shape, write } = head.hostInputs[name] as TypedHostInput<"f32">;
    const out = new Float32Array(sizeOf(shape(B)));
    write(out, rng(1), { actions: new Float32Array(), isPad: new Uint8Array(), points });
    return [...out];
  };
  const told = Float32Array.from([1, 2, 3, NaN, NaN, NaN, 4, 5, 6, 7, 8, 9]);
  expect(written("points", told)).toEqual([1, 2, 3, 0, 0, 0, 4, 5, 6, 7, 8, 9]);
  expect(written("isPoint", told)).toEqual([1, 0, 1, 1]);
  expect(() => written("isPoint", told.subarray(3))).toThrow("pi0HeadWithPoints: a batch has 9 numbers of points, expected 12: 2 points of 3 for each window");
  expect(() => written("points", undefined)).toThrow("pi0HeadWithPoints: nothing says where things are in what is learned from, expected points beside the actions");
});

test("chunks are drawn as without; without a weight so are losses, and the reading stays a part of the network", () => {
  expect([head.sample, head.noiseShape]).toEqual([own.sample, own.noiseShape]);
  const quiet = pi0HeadWithPoints(own, { points: P, width: D });
  expect([quiet.loss, quiet.hostInputs, Object.keys(quiet.parameters)]).toEqual([own.loss, own.hostInputs, Object.keys(head.parameters)]);
});

test("no point, and a weight of nothing, are refused", () => {
  expect(() => pi0HeadWithPoints(own, { points: 0, width: D, weight: 1 })).toThrow("pi0HeadWithPoints: points is 0, expected a whole number of at least 1");
  expect(() => pi0HeadWithPoints(own, { points: 1, width: D, weight: 0 })).toThrow("pi0HeadWithPoints: weight is 0, expected a finite number > 0");
});
