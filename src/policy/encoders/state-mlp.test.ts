/** @file Tests of the state encoder with layers against one worked out by hand. */

import { expect, test } from "vitest";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { namedParameters, parameterInputs } from "#engine/nn";
import { evaluate, f32, f64, gradientError, normals, parameterTypes, withParameters } from "#testing";
import { stateMlp } from "./state-mlp.ts";

const encoder = stateMlp({ obsSteps: 2, obsSize: 1, hidden: [2], features: 1 });
const network = withParameters(encoder.parameters, (p, x) => encoder.encode(p, x as Tensor));

test("observations go oldest first through layers with ReLU between them and none behind", async () => {
  // Hidden: relu(a - b), relu(b); output: -h₀ - 10·h₁ + 0.5.
  const values = [[1, -1, 0, 1], [0, 0], [-1, -10], [0.5], [5, 2, 1, 3]];
  expect(await evaluate(network, [...parameterTypes(encoder.parameters), f32(2, 2, 1)], values)).toEqual([[-22.5, -29.5]]);
});

test("the gradient is that of central differences", async () => {
  const values = [normals(4, 1), normals(2, 2), normals(2, 3), normals(1, 4), normals(6, 5)];
  expect(await gradientError(network, [...parameterTypes(encoder.parameters, "f64"), f64(3, 2, 1)], values)).toBeLessThan(1e-6);
});

test("by default there are two layers of 256 in between, and 64 features", () => {
  const usual = stateMlp({ obsSteps: 2, obsSize: 9 });
  const weights = namedParameters(usual.parameters).filter(({ name }) => name.endsWith("weight"));
  expect(weights.map(({ shape }) => shape)).toEqual([[256, 18], [256, 256], [64, 256]]);
  expect(usual.condSize).toBe(64);
  expect(new Set(weights.map(({ role }) => role))).toEqual(new Set(["encoder"]));
});

test("observations of another size are refused", () => {
  expect(() => encoder.encode(parameterInputs(encoder.parameters), input("x", "f32", [3, 2, 2]))).toThrow(
    new ShapeError("stateMlp: observation is f32[3, 2, 2], expected [B, 2, 1]"),
  );
});
