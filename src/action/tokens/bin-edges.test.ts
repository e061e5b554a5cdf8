import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { binFinder, evenlySpaced, middles } from "./bin-edges.ts";

/** The definition: how many inner edges are at or below the value. */
const counted = (edges: Float64Array, value: number): number => edges.subarray(1, -1).filter((edge) => edge <= value).length;

const nextAbove = (value: number): number => value + Math.max(Math.abs(value), Number.MIN_VALUE) * 2 ** -52;
const nextBelow = (value: number): number => value - Math.max(Math.abs(value), Number.MIN_VALUE) * 2 ** -52;

test("evenly spaced values hold both ends exactly", () => {
  expect([...evenlySpaced(-1, 1, 5)]).toEqual([-1, -0.5, 0, 0.5, 1]);
  expect(evenlySpaced(0, 0.3, 4)[3]).toBe(0.3);
});

test("a middle lies halfway between two edges", () => {
  expect([...middles(Float64Array.of(0, 1, 4))]).toEqual([0.5, 2.5]);
});

test.each([
  ["even", evenlySpaced(-1, 1, 257)],
  ["one bin", Float64Array.of(-3, 7)],
  ["two bins", Float64Array.of(0, 1e-3, 1)],
  ["crowded", Float64Array.from([-5, -1e-3, -1e-9, 0, 1e-12, 1e-9, 2e-9, 3e-9, 1e-3, 1, 40])],
  ["drawn", Float64Array.from({ length: 33 }, (_, i) => i ** 3 + rng(1, "edges", i).uniform())],
])("the bin found is the number of inner edges at or below the value: %s", (_, edges) => {
  const binOf = binFinder(edges);
  const last = edges.length - 1;
  const span = (edges[last] ?? NaN) - (edges[0] ?? NaN);
  const random = rng(2, "values");
  const drawn = Array.from({ length: 2000 }, () => (edges[0] ?? NaN) + (1.2 * random.uniform() - 0.1) * span);
  const critical = [...edges].flatMap((edge) => [edge, nextAbove(edge), nextBelow(edge)]);
  const steps = Array.from({ length: 4 * last + 1 }, (_, i) => (edges[0] ?? NaN) + (i * span) / (4 * last));
  for (const value of [...drawn, ...critical, ...steps, -0, Infinity, -Infinity, 1e300]) expect([value, binOf(value)]).toEqual([value, counted(edges, value)]);
});
