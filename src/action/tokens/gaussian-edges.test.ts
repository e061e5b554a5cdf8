import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { middles } from "./bin-edges.ts";
import { axisEdges, conditionalMeans, fitGaussian } from "./gaussian-edges.ts";

interface GoldenAxis {
  readonly edges: number[];
  readonly centers: number[];
  readonly mu?: number;
  readonly sigma_raw?: number;
  readonly sigma_used?: number;
  readonly conditional_means_NOT_used_upstream?: number[];
}
interface Golden {
  readonly range: Readonly<Record<string, [number, number]>>;
  readonly variants: Readonly<Record<string, Readonly<Record<string, GoldenAxis>>>>;
}
const golden: Golden = JSON.parse(readFileSync("fixtures/golden/tokens/spatialvla_bin_edges.json", "utf8"));

const CASES = Object.entries(golden.variants).flatMap(([variant, axes]) =>
  Object.entries(axes).map(([name, axis]) => ({ variant, name, axis, minSigma: Number(/[\d.]+$/.exec(variant)?.[0] ?? 0) })),
);
const furthest = (got: Float64Array, expected: readonly number[] = []): number =>
  Math.max(...expected.map((value, i) => Math.abs((got[i] ?? NaN) - value)), Math.abs(got.length - expected.length));

test("the golden file has six axes under five settings", () => {
  expect(CASES).toHaveLength(30);
});

describe.each(CASES)("$variant $name", ({ name, axis, minSigma }) => {
  const [low = NaN, high = NaN] = golden.range[name] ?? [];
  const { mu, sigma_raw: sigma } = axis;
  const fit = { gaussian: mu === undefined || sigma === undefined ? null : { mu, sigma }, minSigma };
  const edges = axisEdges({ name, low, high, bins: axis.edges.length - 1 }, fit);

  test("edges are within 1e-12 of SciPy's, middles within 1e-12", () => {
    expect(furthest(edges, axis.edges)).toBeLessThan(1e-12);
    expect(furthest(middles(edges), axis.centers)).toBeLessThan(1e-12);
  });

  test("the mean of every bin under the Gaussian is within 1e-10; without one it is the middle", () => {
    const expected = axis.conditional_means_NOT_used_upstream ?? axis.centers;
    expect(furthest(conditionalMeans(edges, fit), expected)).toBeLessThan(1e-10);
  });
});

test("a fit is the mean, and the deviation divided by the count", () => {
  expect(fitGaussian([1, 2, 6])).toEqual({ mu: 3, sigma: Math.sqrt(14 / 3) });
});

test("a Gaussian too narrow or too far away makes no bins", () => {
  const axis = { name: "roll", low: -1, high: 1, bins: 4 };
  for (const gaussian of [{ mu: 0, sigma: 0 }, { mu: 50, sigma: 0.5 }, { mu: 0.5, sigma: 1e-17 }]) {
    expect(() => axisEdges(axis, { gaussian, minSigma: 0 })).toThrow(/^roll: N\(.*\) cuts \[-1, 1\] into no 4 bins; raise minSigma/);
  }
  expect(axisEdges(axis, { gaussian: { mu: 0, sigma: 0 }, minSigma: 0.5 })).toHaveLength(5);
});
