/** @file Laws of fitting FAST to whole episodes. */

import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { fastCodec, fitFast, fitFastToEpisodes, type FastSpec } from "./index.ts";

const sizes = { horizon: 6, actionSize: 2 };

/** A smooth random walk. */
function episode(ticks: number, seed: number): Float32Array {
  const random = rng(seed, "episode");
  const rows = new Float32Array(ticks * 2);
  for (let i = 2; i < rows.length; i++) rows[i] = Math.max(-1, Math.min(1, (rows[i - 2] ?? 0) + 0.15 * random.normal()));
  return rows;
}

/** The chunk that begins at a tick, the last action repeated. */
const chunkAt = (rows: Float32Array, tick: number): number[] =>
  Array.from({ length: 6 }, (_, h) => Math.min(tick + h, rows.length / 2 - 1)).flatMap((row) => [rows[2 * row] ?? NaN, rows[2 * row + 1] ?? NaN]);

function longestOf(spec: FastSpec, chunks: readonly (readonly number[])[]): number {
  const codec = fastCodec(spec);
  return Math.max(...chunks.map((chunk) => codec.encode(chunk).ids.length));
}

const ticksOf = (rows: Float32Array): number[] => Array.from({ length: rows.length / 2 }, (_, tick) => tick);

test("a few episodes are fitted by the chunks at every tick, the tail repeated", () => {
  const episodes = [episode(30, 1), episode(3, 2), episode(1, 3)];
  const chunks = episodes.flatMap((rows) => ticksOf(rows).map((tick) => chunkAt(rows, tick)));
  const { longest, ...spec } = fitFastToEpisodes(episodes, sizes);
  expect(spec).toEqual(fitFast(chunks, sizes));
  expect(longest).toBe(longestOf(spec, chunks));
});

test("of many chunks an even choice is learned from, and the longest sequence is that of all", () => {
  const short = { horizon: 2, actionSize: 1, vocabulary: 50 };
  const rows = episode(5000, 4).map((value) => value / 4);
  const all = Array.from(rows, (value, i) => [value, rows[Math.min(i + 1, rows.length - 1)] ?? NaN]);
  const { longest, ...spec } = fitFastToEpisodes([rows], short);
  expect(spec).toEqual(fitFast(all.filter((_, i) => i % 3 === 0), short));
  expect(longest).toBe(longestOf(spec, all));
});

test("a spec that says its longest sequence makes the same codec", () => {
  const spec = fitFastToEpisodes([episode(40, 6)], sizes);
  const again = JSON.parse(JSON.stringify(spec));
  expect(again).toEqual(spec);
  expect(fastCodec(again).symbols).toEqual(fastCodec(spec).symbols);
});

test("rows that are cut off or not finite are refused, and so are no episodes", () => {
  expect(() => fitFastToEpisodes([], sizes)).toThrow("fitFast: there are no chunks to learn from");
  expect(() => fitFastToEpisodes([Float32Array.of(0, 1, 2)], sizes)).toThrow("fitFastToEpisodes: episode 0 holds 3 numbers, expected a multiple of 2");
  expect(() => fitFastToEpisodes([Float32Array.of(0, NaN)], sizes)).toThrow("is NaN, expected a finite number");
});
