/** @file Tests of spatial softmax against places known beforehand. */

import { expect, test } from "vitest";
import { input, ShapeError } from "#engine/graph";
import { evaluate, f32, f64, gradientError, normals } from "#testing";
import { spatialSoftmax } from "./spatial-softmax.ts";

/** A map with one pixel far above the others. */
const delta = (pixels: number, at: number): number[] => Array.from({ length: pixels }, (_, i) => (i === at ? 100 : 0));

test.each([
  [0, [-1, -1]],
  [3, [1, -1]],
  [9, [-1 / 3, 1]],
  [6, [1 / 3, 0]],
])("a single bright pixel %d of 3 × 4 is found at (x, y) = %s", async (at, place) => {
  const [keypoint = []] = await evaluate(spatialSoftmax, [f32(1, 1, 3, 4)], [delta(12, at)]);
  place.forEach((value, i) => expect(keypoint[i]).toBeCloseTo(value, 6));
});

test("every channel of every image has its keypoint, and an even map has it in the middle", async () => {
  const maps = [...delta(4, 0), ...delta(4, 3), 7, 7, 7, 7, ...delta(4, 1)];
  const [keypoints = []] = await evaluate(spatialSoftmax, [f32(2, 2, 2, 2)], [maps]);
  [-1, -1, 1, 1, 0, 0, 1, -1].forEach((value, i) => expect(keypoints[i]).toBeCloseTo(value, 6));
});

test("logits that differ by ln 3 share the place 3 to 1", async () => {
  const [[x, y] = []] = await evaluate(spatialSoftmax, [f32(1, 1, 1, 2)], [[0, Math.log(3)]]);
  expect(x).toBeCloseTo(0.5, 6);
  expect(y).toBe(0);
});

test("the gradient is that of central differences", async () => {
  expect(await gradientError(spatialSoftmax, [f64(2, 2, 3, 2)], [normals(24, 1)])).toBeLessThan(1e-6);
});

test("what is no batch of maps is refused", () => {
  expect(() => spatialSoftmax(input("a", "f32", [2, 3, 4]))).toThrow(
    new ShapeError("spatialSoftmax: features are f32[2, 3, 4], expected [B, K, h, w]"),
  );
});
