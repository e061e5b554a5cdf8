/** @file Tests of the seeded streams: determinism, independence, distributions. */

import { describe, expect, it } from "vitest";
import { rng, type Rng } from "./rng.ts";

const draw = (count: number, next: () => number): number[] => Array.from({ length: count }, next);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const moment = (values: readonly number[], order: number): number => {
  const centre = mean(values);
  return mean(values.map((v) => (v - centre) ** order));
};
const normals = (stream: Rng, count: number): number[] => {
  const out = new Float64Array(count);
  stream.fillNormal(out);
  return [...out];
};

describe("a key", () => {
  it("always gives the same numbers", () => {
    expect(draw(4, rng(7, "train", 3).uint32)).toEqual(draw(4, rng(7, "train", 3).uint32));
  });

  // Pinned: a change of the generator changes every recorded run.
  it("gives these numbers, on every platform", () => {
    expect(draw(4, rng(0).uint32)).toMatchInlineSnapshot(`
      [
        1324493001,
        1874508137,
        1447944932,
        1497320996,
      ]
    `);
    expect(draw(2, rng(1, "parameter", "weight").uniform)).toMatchInlineSnapshot(`
      [
        0.8365880511782137,
        0.25097236220701147,
      ]
    `);
    expect(draw(2, rng(1, "noise").normal)).toMatchInlineSnapshot(`
      [
        1.0227398038928128,
        -0.20145854291502213,
      ]
    `);
  });

  it("is told apart by seed, by path, by order and by type", () => {
    const keys = [rng(0), rng(1), rng(2 ** 40), rng(-1), rng(0, "a"), rng(0, "a", 1), rng(0, 1, "a"), rng(0, "a", "1"), rng(0, "a1"), rng(0.5)];
    const firsts = keys.map((stream) => draw(2, stream.uint32).join());
    expect(new Set(firsts).size).toBe(keys.length);
  });

  it("of a neighbouring seed gives an unrelated stream", () => {
    const [a, b] = [normals(rng(100), 20_000), normals(rng(101), 20_000)];
    const correlation = mean(a.map((x, i) => x * (b[i] ?? NaN)));
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(20_000));
  });

  it("gives first draws that are uniform over consecutive path entries", () => {
    const firsts = draw(20_000, (() => { let i = 0; return () => rng(3, "step", i++).uniform(); })());
    expect(mean(firsts)).toBeCloseTo(0.5, 2);
    expect(moment(firsts, 2)).toBeCloseTo(1 / 12, 2);
    const product = mean(firsts.slice(1).map((x, i) => (x - 0.5) * ((firsts[i] ?? NaN) - 0.5)));
    expect(Math.abs(product)).toBeLessThan(4 / 12 / Math.sqrt(20_000));
  });
});

describe("uniform", () => {
  it("lies in [0, 1) with mean 1/2 and variance 1/12", () => {
    const values = draw(100_000, rng(1).uniform);
    expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 1e5));
    expect(Math.abs(moment(values, 2) - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / 1e5));
  });

  it("uses 53 bits", () => {
    const scaled = draw(100, rng(1).uniform).map((v) => v * 2 ** 53);
    expect(scaled.every(Number.isInteger)).toBe(true);
    expect(scaled.some((v) => v % 2 === 1)).toBe(true);
  });
});

describe("integer", () => {
  it("takes every value of a small range equally often (χ² below its 0.1 % bound)", () => {
    const stream = rng(5);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) {
      const value = stream.integer(-3, 4);
      counts[value + 3] = (counts[value + 3] ?? NaN) + 1;
    }
    expect(counts.length).toBe(7);
    expect(counts.reduce((chi, count) => chi + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(22.46);
  });

  // Without rejection, 2³² mod 3·2³⁰ makes the low third twice as likely: mean 0.417 of the range instead of 0.5.
  it("is unbiased where 2³² is no multiple of the range", () => {
    const stream = rng(6);
    const range = 3 * 2 ** 30;
    expect(mean(draw(20_000, () => stream.integer(0, range) / range))).toBeCloseTo(0.5, 2);
  });

  it("takes ranges of 1 and of 2³², and refuses others", () => {
    const stream = rng(1);
    expect(stream.integer(9, 10)).toBe(9);
    expect(stream.integer(0, 2 ** 32)).toBeGreaterThanOrEqual(0);
    expect(() => stream.integer(4, 4)).toThrow("rng.integer: range [4, 4) must hold 1 to 2^32 integers");
    expect(() => stream.integer(0, 2 ** 32 + 1)).toThrow(RangeError);
    expect(() => stream.integer(0, 2.5)).toThrow(RangeError);
    expect(() => stream.integer(0, NaN)).toThrow(RangeError);
  });
});

describe("normals", () => {
  it.each([
    ["fillNormal", (): number[] => normals(rng(2), 100_001)],
    ["normal", (): number[] => draw(100_001, rng(2).normal)],
  ])("of %s have mean 0, variance 1, skewness 0 and kurtosis 3", (_name, make) => {
    const values = make();
    expect(values.every(Number.isFinite)).toBe(true);
    const error = 4 / Math.sqrt(values.length);
    expect(Math.abs(mean(values))).toBeLessThan(error);
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(error * Math.SQRT2);
    expect(Math.abs(moment(values, 3))).toBeLessThan(error * Math.sqrt(15));
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(error * Math.sqrt(96));
  });

  it("in f32 are those in f64, rounded", () => {
    const single = new Float32Array(9);
    rng(4).fillNormal(single);
    expect([...single]).toEqual(normals(rng(4), 9).map(Math.fround));
  });

  it("side by side are uncorrelated", () => {
    const values = normals(rng(8), 50_000);
    expect(Math.abs(mean(values.slice(1).map((v, i) => v * (values[i] ?? NaN))))).toBeLessThan(4 / Math.sqrt(50_000));
  });
});

describe("shuffle", () => {
  it("keeps every item", () => {
    const items = Array.from({ length: 100 }, (_, i) => i);
    rng(3).shuffle(items);
    expect(items).not.toEqual(items.toSorted((a, b) => a - b));
    expect(items.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it("makes every order of three equally likely (χ² below its 0.1 % bound)", () => {
    const stream = rng(11);
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const items = [0, 1, 2];
      stream.shuffle(items);
      counts.set(items.join(), (counts.get(items.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    expect([...counts.values()].reduce((chi, count) => chi + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(20.52);
  });
});
