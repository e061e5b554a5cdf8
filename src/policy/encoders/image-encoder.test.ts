/** @file Tests of the image encoder: what it adds to ResNet-18 and spatial softmax. */

import { expect, test } from "vitest";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { namedParameters, parameterInputs } from "#engine/nn";
import { evaluate, f32, fixedParameters, normals, normalValues, onlyValues } from "#testing";
import { imageEncoder, type ImageEncoder } from "./image-encoder.ts";

const SMALL = { widths: [16, 16, 16, 16], keypoints: 3 } as const;

/** Features of images f32[B, 3, 64, 64] with the parameters that their names decide. */
async function featuresOf(
  encoder: ImageEncoder,
  images: readonly number[],
  output: "features" | "keypoints" = "features",
): Promise<number[]> {
  const params = fixedParameters(encoder.parameters, normalValues(0.3));
  const fn = (x: Tensor): Tensor => encoder.activations(params, x)[output];
  const [y = []] = await evaluate(fn, [f32(images.length / (3 * 64 * 64), 3, 64, 64)], [images]);
  return y;
}

const picture = normals(2 * 3 * 64 * 64, 1).map((value) => 1 / (1 + Math.exp(-value)));

test("features are as many as asked for, by default two for each keypoint", () => {
  const images = input("images", "f32", [5, 3, 32, 40]);
  for (const [encoder, size] of [[imageEncoder(SMALL), 6], [imageEncoder({ ...SMALL, features: 10 }), 10]] as const) {
    expect(encoder.condSize).toBe(size);
    expect(encoder.encode(parameterInputs(encoder.parameters), images).shape).toEqual([5, size]);
  }
  expect(imageEncoder().condSize).toBe(64);
});

test("every parameter is the encoder's", () => {
  expect(new Set(namedParameters(imageEncoder(SMALL).parameters).map(({ role }) => role))).toEqual(new Set(["encoder"]));
});

test("an image is encoded for itself, whatever else is in the batch", async () => {
  const encoder = imageEncoder(SMALL);
  const both = await featuresOf(encoder, picture);
  const second = await featuresOf(encoder, picture.slice(3 * 64 * 64));
  second.forEach((value, i) => expect(both[6 + i]).toBeCloseTo(value, 4));
  expect(both.slice(0, 6)).not.toEqual(both.slice(6));
});

test("normalization maps [0, 1] to [-1, 1] unless told otherwise", async () => {
  const plain = imageEncoder({ ...SMALL, normalization: { mean: [0, 0, 0], deviation: [1, 1, 1] } });
  const usual = await featuresOf(imageEncoder(SMALL), picture);
  const byHand = await featuresOf(plain, picture.map((value) => 2 * value - 1));
  usual.forEach((value, i) => expect(value).toBeCloseTo(byHand[i] ?? NaN, 4));
});

test("keypoints lie in [-1, 1], and features are linear in them, or cut at 0", async () => {
  const keypoints = await featuresOf(imageEncoder(SMALL), picture, "keypoints");
  expect(Math.max(...keypoints.map(Math.abs))).toBeLessThanOrEqual(1);
  expect(Math.max(...keypoints.map(Math.abs))).toBeGreaterThan(0.01);
  const linear = await featuresOf(imageEncoder(SMALL), picture);
  const cut = await featuresOf(imageEncoder({ ...SMALL, activation: "relu" }), picture);
  expect(linear.some((value) => value < 0)).toBe(true);
  cut.forEach((value, i) => expect(value).toBeCloseTo(Math.max(0, linear[i] ?? NaN), 5));
});

test("with an output layer that copies, features are x, then y, of every keypoint", async () => {
  const encoder = imageEncoder({ ...SMALL, keypoints: 1 });
  const values = normalValues(0.3);
  const copy = onlyValues({ "output.weight": [1, 0, 0, 1] });
  const params = fixedParameters(encoder.parameters, (name, size) => (name.startsWith("output.") ? copy : values)(name, size));
  const fn = (x: Tensor): Tensor[] => {
    const { features, keypoints } = encoder.activations(params, x);
    return [features, keypoints];
  };
  const [features, keypoints] = await evaluate(fn, [f32(2, 3, 64, 64)], [picture]);
  expect(features).toEqual(keypoints);
});

test("images whose last map is one pixel are refused, since keypoints would all lie in its middle", () => {
  const encoder = imageEncoder(SMALL);
  const message = "imageEncoder: images are f32[2, 3, 32, 32], which leaves one pixel to find keypoints in, expected more than 32 px";
  expect(() => encoder.encode(parameterInputs(encoder.parameters), input("x", "f32", [2, 3, 32, 32]))).toThrow(new ShapeError(message));
});

test("images and normalizations of other channels are refused", () => {
  const encoder = imageEncoder(SMALL);
  expect(() => encoder.encode(parameterInputs(encoder.parameters), input("x", "f32", [2, 4, 64, 64]))).toThrow(
    new ShapeError("imageEncoder: images are f32[2, 4, 64, 64], expected [B, 3, h, w]"),
  );
  expect(() => imageEncoder({ ...SMALL, normalization: { mean: [0, 0, 0], deviation: [1, 0, 1] } })).toThrow(
    new RangeError("imageEncoder: got means [0, 0, 0], deviations [1, 0, 1], expected 3 of each, the deviations above 0"),
  );
});
