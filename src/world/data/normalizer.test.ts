import { describe, expect, it } from "vitest";
import {
  denormalize,
  fitNormalizer,
  normalize,
  normalizerWarnings,
  type Normalizer,
  type NormalizerKind,
} from "./normalizer.ts";
import { statisticsOf } from "./statistics.ts";

const ROWS = Float32Array.from({ length: 300 }, (_, i) => (i % 3 === 2 ? 7 : Math.sin(i) * 40 + 200 * (i % 3)));
const STATISTICS = statisticsOf(ROWS, 3);
const KINDS: NormalizerKind[] = ["limits", "gaussian", "quantiles"];

describe("normalizer", () => {
  it("sends min and max to -1 and 1 (limits), and a constant dimension to 0", () => {
    const statistics = statisticsOf(normalize(fitNormalizer("limits", STATISTICS), ROWS), 3);
    for (const i of [0, 1]) {
      expect(statistics.min[i]).toBeCloseTo(-1, 5);
      expect(statistics.max[i]).toBeCloseTo(1, 5);
    }
    expect([statistics.min[2], statistics.max[2]]).toEqual([0, 0]);
  });

  it("gives mean 0 and deviation 1 (gaussian)", () => {
    const statistics = statisticsOf(normalize(fitNormalizer("gaussian", STATISTICS), ROWS), 3);
    for (const i of [0, 1]) {
      expect(statistics.mean[i]).toBeCloseTo(0, 5);
      expect(statistics.std[i]).toBeCloseTo(1, 5);
    }
    expect(statistics.mean[2]).toBe(0);
  });

  it("sends q01 and q99 to -1 and 1 (quantiles) and does not clip beyond", () => {
    const statistics = statisticsOf(normalize(fitNormalizer("quantiles", STATISTICS), ROWS), 3);
    expect(statistics.q01[0]).toBeCloseTo(-1, 5);
    expect(statistics.q99[0]).toBeCloseTo(1, 5);
    expect(statistics.max[0]).toBeGreaterThan(1);
  });

  it("has Diffusion Policy's numbers: scale 2/(max - min), offset -1 - scale·min, constants 1 and -min", () => {
    const { scale, offset } = fitNormalizer("limits", statisticsOf(Float32Array.from([12, 5, 511, 5]), 2));
    expect(scale).toEqual([2 / 499, 1]);
    expect(offset).toEqual([-1 - (2 / 499) * 12, -5]);
  });

  it.each(KINDS)("%s: denormalize undoes normalize, also in place and after JSON", (kind) => {
    const saved: Normalizer = JSON.parse(JSON.stringify(fitNormalizer(kind, STATISTICS)));
    const values = ROWS.slice();
    normalize(saved, values, values);
    expect(values[0]).not.toBe(ROWS[0]);
    denormalize(saved, values, values);
    for (const [i, value] of values.entries()) expect(Math.abs(value - (ROWS[i] ?? 0))).toBeLessThan(1e-4);
  });

  it.each(KINDS)("%s: has nothing to say of dimensions that always or never change", (kind) => {
    expect(normalizerWarnings(kind, STATISTICS, { column: "action", names: ["x", "y", "gripper"] })).toEqual([]);
  });

  it("names a dimension that changes too rarely for quantiles to see, and only that", () => {
    // Once in two hundred rows, above the 99 % quantile.
    const rows = Float32Array.from([...ROWS, ...ROWS], (value, i) => (i === 299 ? 9 : value));
    const feature = { column: "action", names: ["x", "y", "gripper"] };
    expect(KINDS.map((kind) => normalizerWarnings(kind, statisticsOf(rows, 3), feature))).toEqual([
      [],
      [],
      ['action: dimension "gripper" is nearly always 7, but goes from 7 to 9; the normalizer "quantiles" leaves it unscaled, choose "limits"'],
    ]);
  });

  it("refuses missing or broken statistics by name", () => {
    expect(() => fitNormalizer("quantiles", { ...STATISTICS, q99: [1] })).toThrow(
      /statistic q99 of dimension 1 is missing/,
    );
    expect(() => fitNormalizer("gaussian", { ...STATISTICS, std: [1, NaN, 1] })).toThrow(/std of dimension 1 is NaN/);
    // As from a configuration file, where the type does not hold.
    expect(() => fitNormalizer("minmax" as NormalizerKind, STATISTICS)).toThrow(/kind is "minmax", expected limits/);
  });

  it("refuses rows of another width and buffers of another length", () => {
    const normalizer = fitNormalizer("limits", STATISTICS);
    expect(() => normalize(normalizer, new Float32Array(4))).toThrow(/4 values do not make rows of 3/);
    expect(() => denormalize(normalizer, new Float32Array(3), new Float32Array(6))).toThrow(
      /out holds 6 values, expected 3/,
    );
    expect(() => normalize({ ...normalizer, offset: [0] }, new Float32Array(3))).toThrow(/3 scales but 1 offsets/);
  });
});

describe("least ranges", () => {
  it.each(KINDS)("%s: stretches no range beyond its least, keeps its middle, and leaves wider and constant ones alone", (kind) => {
    const rows = Float32Array.from({ length: 600 }, (_, i) => [0.5 + 0.001 * Math.sin(i), 3 * Math.sin(i), 7][i % 3] ?? NaN);
    const statistics = statisticsOf(rows, 3);
    const plain = fitNormalizer(kind, statistics);
    const wide = fitNormalizer(kind, statistics, [0.2, 0.2, 0.2]);
    expect(wide.scale[0]).toBe(10);
    expect(plain.scale[0]).toBeGreaterThan(900);
    const middle = -(plain.offset[0] ?? NaN) / (plain.scale[0] ?? NaN);
    expect(middle * (wide.scale[0] ?? NaN) + (wide.offset[0] ?? NaN)).toBeCloseTo(0, 9);
    for (const i of [1, 2]) expect([wide.scale[i], wide.offset[i]]).toEqual([plain.scale[i], plain.offset[i]]);
  });
});
