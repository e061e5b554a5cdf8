/** @file Laws of projections: an adapter starts as nothing, adds what it says, and takes the gradient of the weight it is beside. */

import { expect, test } from "vitest";
import type { Tensor } from "#engine/graph";
import { evaluate, f32, f64, gradientError, normals } from "#testing";
import { initialParameters } from "./parameters.ts";
import { projection, projectionSpec } from "./projection.ts";

const WEIGHT = [1, 2, 3, -1, 0, 0.5]; // [2, 3]
const A = [1, -1, 2]; // [1, 3]
const B = [10, -2]; // [2, 1]

const adapted = (x: Tensor, weight: Tensor, loraA: Tensor, loraB: Tensor): Tensor => projection({ weight, loraA, loraB }, x);

test("x·Wᵀ, and with an adapter (x·Aᵀ)·Bᵀ besides", async () => {
  expect(await evaluate((x, weight) => projection({ weight }, x), [f32(1, 2, 3), f32(2, 3)], [[1, 1, 2, 0, 1, 0], WEIGHT])).toEqual([[9, 0, 2, 0]]);
  // x·Aᵀ is 4 and -1.
  expect(await evaluate(adapted, [f32(1, 2, 3), f32(2, 3), f32(1, 3), f32(2, 1)], [[1, 1, 2, 0, 1, 0], WEIGHT, A, B])).toEqual([[49, -8, -8, 2]]);
});

test("gradients of an adapter are those of central differences", async () => {
  const shapes = [f64(2, 2, 3), f64(2, 3), f64(1, 3), f64(2, 1)] as const;
  expect(await gradientError(adapted, [...shapes], [normals(12, 1), WEIGHT, A, B])).toBeLessThan(1e-6);
});

test("an adapter starts as the zero map, and has a role of its own", () => {
  const { weight, loraA, loraB } = projectionSpec(3, 2, { role: "trunk", rank: 4 });
  expect([weight.role, loraA?.role, loraB?.role]).toEqual(["trunk", "adapter", "adapter"]);
  expect([loraA?.shape, loraB?.shape]).toEqual([[4, 3], [2, 4]]);
  const values = initialParameters({ weight, ...(loraA && { loraA }), ...(loraB && { loraB }) }, 0);
  expect(values["loraB"]?.data.every((value) => value === 0)).toBe(true);
  expect(values["loraA"]?.data.some((value) => value !== 0)).toBe(true);
  expect(Object.keys(projectionSpec(3, 2, { role: "trunk" }))).toEqual(["weight"]);
  expect(() => projectionSpec(3, 2, { role: "trunk", rank: 1.5 })).toThrow("projection: rank is 1.5, expected a whole number of at least 0");
});
