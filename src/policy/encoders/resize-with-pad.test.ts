/** @file Frames fitted into squares, against Pillow and PyTorch. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resizeWithPad, type ResizeWay } from "./resize-with-pad.ts";

interface Case {
  readonly height: number;
  readonly width: number;
  readonly size: number;
  readonly image: readonly number[];
  readonly openpi: readonly number[];
  readonly lerobot: readonly number[];
}
const { cases } = JSON.parse(readFileSync("fixtures/golden/pi0/resize_with_pad.json", "utf8")) as { cases: readonly Case[] };

function fitted({ height, width, size, image }: Case, way: ResizeWay): number[] {
  const out = new Float32Array(3 * size * size);
  resizeWithPad({ data: Uint8Array.from(image), height, width }, { size, way, out });
  // [h, w, 3], as the files have it.
  return Array.from({ length: 3 * size * size }, (_, i) => out[(i % 3) * size * size + Math.floor(i / 3)] ?? NaN);
}

test.each(cases.map((each) => [`${each.height}×${each.width} to ${each.size}`, each] as const))("%s is what Pillow makes of it, byte by byte", (_, each) => {
  expect(fitted(each, "openpi").map((value) => Math.round((value + 1) * 127.5))).toEqual(each.openpi);
});

test.each(cases.map((each) => [`${each.height}×${each.width} to ${each.size}`, each] as const))("%s is what PyTorch makes of it", (_, each) => {
  fitted(each, "lerobot").forEach((value, i) => expect(Math.abs(value - (each.lerobot[i] ?? NaN))).toBeLessThan(5e-6));
});

test("the two ways differ where a frame shrinks", () => {
  const [each] = cases;
  if (each === undefined) throw new Error("there are no cases");
  const [a, b] = [fitted(each, "openpi"), fitted(each, "lerobot")];
  expect(Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN))))).toBeGreaterThan(0.2);
});

test("bytes that do not make the frame are refused", () => {
  expect(() => resizeWithPad({ data: new Uint8Array(5), height: 1, width: 2 }, { size: 2, way: "openpi", out: new Float32Array(12) })).toThrow("resizeWithPad: the frame has 5 bytes, expected 1×2×3");
});
