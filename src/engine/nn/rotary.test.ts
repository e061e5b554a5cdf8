/** @file Tests of rotary positions. */

import { expect, test } from "vitest";
import { ShapeError, sum, mul, input } from "#engine/graph";
import { evaluate, f32, f64, gradientError, normals } from "#testing";
import { rotate, rotation } from "./rotary.ts";

test("halves of a head are turned by their place, as in Gemma", async () => {
  const [y] = await evaluate((x, positions) => rotate(x, rotation(positions, 8)), [f32(1, 1, 1, 8), f32(1, 1)], [[1, 2, 3, 4, 5, 6, 7, 8], [3]]);
  // `_apply_rope` of openpi at 15a9616.
  const expected = [-1.69559254, 0.13755174, 2.7886816, 3.97598204, -4.80884247, 6.32305935, 7.08683674, 8.01196398];
  expected.forEach((value, i) => expect(y?.[i]).toBeCloseTo(value, 5));
});

test("the product of a query and a key depends on their distance alone", async () => {
  const [query, key] = [normals(6, 1), normals(6, 2)];
  const product = async (at: number, other: number): Promise<number> => {
    const [y] = await evaluate(
      (q, k, p, r) => sum(mul(rotate(q, rotation(p, 6)), rotate(k, rotation(r, 6)))),
      [f32(1, 1, 1, 6), f32(1, 1, 1, 6), f32(1, 1), f32(1, 1)], [query, key, [at], [other]],
    );
    return y?.[0] ?? NaN;
  };
  expect(await product(7, 4)).toBeCloseTo(await product(103, 100), 4);
  expect(await product(7, 4)).not.toBeCloseTo(await product(7, 5), 2);
});

test("slopes agree with central differences", async () => {
  const error = await gradientError((x, positions) => rotate(x, rotation(positions, 4)), [f64(2, 2, 3, 4), f64(2, 3)], [normals(48, 3), [0, 1, 2, 5, 6, 7]]);
  expect(error).toBeLessThan(1e-7);
});

test("heads of odd size are refused", () => {
  expect(() => rotation(input("positions", "f32", [1, 2]), 5)).toThrow(new ShapeError("rotation: heads of 5 numbers cannot be halved, expected an even size"));
});
