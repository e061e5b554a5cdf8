/** @file Tests of crops: where they lie and what they hold. */

import { describe, expect, it, test } from "vitest";
import { rng } from "#engine/array";
import { centreOffset, cropFrame, randomOffset, type Frame } from "./crop.ts";

/** Byte of pixel (r, c), channel k: 100·k + 10·r + c. */
const frame: Frame = {
  size: [4, 5],
  channels: 2,
  data: Uint8Array.from({ length: 40 }, (_, i) => 100 * (i % 2) + 10 * Math.floor(i / 10) + (Math.floor(i / 2) % 5)),
};

test("a crop is the pixels of its place, channel after channel, from 0 to 1", () => {
  const out = new Float32Array(8);
  cropFrame(frame, out, { crop: [2, 2], offset: [1, 3] });
  expect(Array.from(out, (value) => Math.round(255 * value))).toEqual([13, 14, 23, 24, 113, 114, 123, 124]);
  expect(out[7]).toBeCloseTo(124 / 255, 7);
});

test("a crop is written at its place in the batch and nowhere else", () => {
  const out = new Float32Array(6).fill(-1);
  cropFrame(frame, out, { crop: [1, 1], offset: [0, 1], index: 1 });
  expect(Array.from(out, (value) => Math.round(255 * value))).toEqual([-255, -255, 1, 101, -255, -255]);
});

test("the whole frame is a crop of itself", () => {
  const out = new Float32Array(40);
  cropFrame(frame, out, { crop: [4, 5], offset: centreOffset([4, 5], [4, 5]) });
  expect(Math.round(255 * (out[39] ?? 0))).toBe(134);
});

test.each([
  [[84, 84], [76, 76], [4, 4]],
  [[64, 80], [57, 69], [4, 6]],
  [[9, 9], [4, 4], [2, 2]],
  [[4, 7], [1, 4], [2, 2]],
] as const)("the centre of %s for %s lies at %s, halves at the even neighbour", (image, crop, offset) => {
  expect(centreOffset(image, crop)).toEqual(offset);
});

test("random crops lie at every place that there is, about equally often", () => {
  const counts = new Map<string, number>();
  const random = rng(1, "crop");
  for (let i = 0; i < 6000; i++) {
    const place = randomOffset([5, 4], [4, 2], random).join();
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  expect([...counts.keys()].toSorted()).toEqual(["0,0", "0,1", "0,2", "1,0", "1,1", "1,2"]);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

describe("what does not fit is refused", () => {
  it.each([
    [() => centreOffset([4, 5], [5, 5]), "crop: 5×5 does not lie in an image of 4×5"],
    [() => randomOffset([4, 5], [4, 6], rng(1)), "crop: 4×6 does not lie in an image of 4×5"],
    [() => cropFrame(frame, new Float32Array(8), { crop: [2, 2], offset: [3, 0] }), "cropFrame: 2×2 at [3, 0] does not lie in a frame of 4×5"],
    [() => cropFrame(frame, new Float32Array(8), { crop: [2, 2], offset: [0, 0], index: 1 }), "cropFrame: image 1 of 2·2·2 values does not lie in 8 values"],
    [() => cropFrame({ ...frame, channels: 3 }, new Float32Array(12), { crop: [2, 2], offset: [0, 0] }), "cropFrame: the frame has 40 bytes, expected 4·5·3"],
  ])("%#", (ask, message) => {
    expect(ask).toThrow(new RangeError(message));
  });
});
