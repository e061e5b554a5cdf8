/** @file Laws of how a vision tower begins: it knows which patches are near each other. */

import { expect, test } from "vitest";
import { initialParameters } from "#engine/nn";
import { siglipSpec } from "./siglip.ts";

function placesOf(side: number, width: number): number[][] {
  const spec = siglipSpec({ image: 4 * side, patch: 4, width, depth: 0, heads: 1, hidden: 1 });
  const { data = [] } = initialParameters({ spec }, 1)["spec.embeddings.positionEmbedding.weight"] ?? {};
  return Array.from({ length: side ** 2 }, (_, token) => Array.from(data.slice(token * width, (token + 1) * width)));
}

test("places are sin and cos of the column, then of the row, at frequencies from 1 to 1/10000", () => {
  // Row 1, column 0, of two frequencies; two of ten features are left over.
  const [sin, cos, small] = [0.841471, 0.540302, 1e-4];
  const expected = [0, 0, 1, 1, sin, small, cos, 1, 0, 0];
  placesOf(2, 10)[2]?.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 6));
});

test("all patches differ, and the next one is nearer than the one behind it", () => {
  const places = placesOf(8, 64);
  const far = (a: number, b: number): number => Math.hypot(...(places[a] ?? []).map((value, i) => value - (places[b]?.[i] ?? NaN)));
  for (let i = 0; i < 64; i++) for (let j = 0; j < i; j++) expect(far(i, j)).toBeGreaterThan(0.5);
  for (const step of [1, 8]) expect(far(18, 18 + step)).toBeLessThan(far(18, 18 + 2 * step));
});
