/** @file Laws of counting what lies outside the bins of a tokenizer. */

import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { clampedValues, fastCodec, fitCodec, fitFast } from "./index.ts";

/** Half of it beyond ±0.67. */
const episodes = [30, 1, 12].map((ticks, seed) => {
  const rows = new Float32Array(2 * ticks);
  rng(seed, "clamped").fillNormal(rows);
  return rows;
});
const all = episodes.flatMap((rows) => [...rows]);

test("of bins on [-1, 1] every number beyond is counted, over all episodes", () => {
  const spec = fitCodec("openvla", new Float32Array(2), 2);
  const beyond = all.filter((value) => Math.abs(value) > 1).length;
  expect(beyond).toBeGreaterThan(10);
  expect(clampedValues(spec, episodes)).toEqual({ clamped: beyond, of: all.length, unit: "values" });
});

test("bins fitted to the actions clamp none of them", () => {
  expect(clampedValues(fitCodec("rt1", Float32Array.from(all), 2), episodes)).toMatchObject({ clamped: 0 });
});

test("of FAST the coefficients of the chunks at every tick are counted, as its codec counts them", () => {
  const sizes = { horizon: 3, actionSize: 2 };
  const spec = { ...fitFast([[0, 0, 0, 0, 0, 0]], { ...sizes, scale: 2 }) };
  const codec = fastCodec(spec);
  let clamped = 0;
  for (const rows of episodes) {
    for (let tick = 0; tick < rows.length / 2; tick++) {
      const at = (h: number): number => Math.min(tick + h, rows.length / 2 - 1);
      clamped += codec.encode([0, 1, 2].flatMap((h) => [rows[2 * at(h)] ?? NaN, rows[2 * at(h) + 1] ?? NaN])).clamped;
    }
  }
  expect(clamped).toBeGreaterThan(0);
  expect(clampedValues(spec, episodes)).toEqual({ clamped, of: 43 * 6, unit: "coefficients" });
});
