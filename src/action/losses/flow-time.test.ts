/** @file Laws of flow time: range, direction, and the distributions. */

import { expect, test } from "vitest";
import { rng, type Rng } from "#engine/array";
import { goldenVectors, relativeError } from "#testing";
import { betaTime, logitNormalTime, uniformTime, type FlowTimeSampler } from "./flow-time.ts";

const COUNT = 20_000;
const draws = (sampler: FlowTimeSampler): number[] => {
  const random = rng(1, "flow-time");
  return Array.from({ length: COUNT }, () => sampler(random)).sort((a, b) => a - b);
};
/** Kolmogorov-Smirnov distance times √n: above 1.95 once in a thousand times. */
const distance = (sorted: readonly number[], cdf: (tau: number) => number): number =>
  Math.sqrt(sorted.length) * sorted.reduce((worst, tau, i) => Math.max(worst, Math.abs(cdf(tau) - (i + 0.5) / sorted.length)), 0);

/** A generator that returns the given number. */
const always = (value: number): Rng => ({ ...rng(1), uniform: () => value, normal: () => value });
// Abramowitz and Stegun 7.1.26, good to 1.5e-7.
const normalCdf = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * Math.abs(x) / Math.SQRT2);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-(x * x) / 2);
  return x >= 0 ? 1 - tail / 2 : tail / 2;
};

test.each<readonly [string, FlowTimeSampler, (tau: number) => number]>([
  ["uniform", uniformTime, (tau) => tau],
  ["Beta(1.5, 1) up to 0.999", betaTime(), (tau) => 1 - (1 - tau / 0.999) ** 1.5],
  // P(z < x) of Beta(2, 2) is 3x² - 2x³ and of Beta(0.5, 0.5) 2/π·asin √x; both are symmetric, so 1 - z has them too.
  ["Beta(2, 2)", betaTime({ alpha: 2, beta: 2, cutoff: 1 }), (tau) => 3 * tau ** 2 - 2 * tau ** 3],
  ["Beta(½, ½)", betaTime({ alpha: 0.5, beta: 0.5, cutoff: 1 }), (tau) => (2 / Math.PI) * Math.asin(Math.sqrt(tau))],
  // z ~ Beta(1, 3) is 1 - u^(1/3), so 1 - z < x with probability x³.
  ["Beta(1, 3)", betaTime({ alpha: 1, beta: 3, cutoff: 1 }), (tau) => tau ** 3],
  ["logit-normal(0, 1)", logitNormalTime(), (tau) => normalCdf(Math.log(tau / (1 - tau)))],
  ["logit-normal(1, ½)", logitNormalTime({ mean: 1, scale: 0.5 }), (tau) => normalCdf((Math.log(tau / (1 - tau)) - 1) / 0.5)],
])("draws of %s follow its distribution", (_, sampler, cdf) => {
  const sorted = draws(sampler);
  expect(sorted[0]).toBeGreaterThanOrEqual(0);
  expect(sorted[COUNT - 1]).toBeLessThanOrEqual(1);
  expect(distance(sorted, cdf)).toBeLessThan(1.95);
});

test("the default Beta equals the paper's and openpi's at every golden quantile", () => {
  const golden = goldenVectors("loss_vectors/losses_flow");
  const quantiles = golden("beta_time.u");
  const times = quantiles.map((u) => betaTime()(always(u)));
  expect(relativeError(times, golden("beta_time.paper_tau_s0_999"))).toBeLessThan(1e-12);
  expect(relativeError(times, golden("beta_time.openpi_t").map((t) => 1 - t))).toBeLessThan(1e-12);
  const uncut = quantiles.map((u) => 1 - betaTime({ cutoff: 1 })(always(u)));
  expect(relativeError(uncut, golden("beta_time.beta_1_5_1_icdf"))).toBeLessThan(1e-12);
});

test("the default Beta stresses times near noise, and never passes its cutoff", () => {
  const sorted = draws(betaTime());
  expect(sorted.reduce((a, b) => a + b, 0) / COUNT).toBeCloseTo(0.4 * 0.999, 2);
  expect(sorted[COUNT - 1]).toBeLessThanOrEqual(0.999);
});

test("a logit-normal mean above 0 stresses times near the action", () => {
  expect(logitNormalTime({ mean: 2 })(always(0))).toBeCloseTo(1 / (1 + Math.exp(-2)), 15);
  expect(logitNormalTime({ mean: -2 })(always(0))).toBeCloseTo(1 / (1 + Math.exp(2)), 15);
});

test("extreme shapes stay in [0, 1] and are numbers", () => {
  for (const sampler of [betaTime({ alpha: 1e-3, beta: 2e-3 }), betaTime({ alpha: 1e4, beta: 2 }), logitNormalTime({ mean: 800 })]) {
    const sorted = draws(sampler);
    expect(sorted.every((tau) => tau >= 0 && tau <= 1)).toBe(true);
  }
});

test.each([
  [() => betaTime({ alpha: 0 }), "betaTime: alpha is 0, expected a number above 0"],
  [() => betaTime({ beta: NaN }), "betaTime: beta is NaN, expected a number above 0"],
  [() => betaTime({ cutoff: 1.5 }), "betaTime: cutoff is 1.5, expected a number in (0, 1]"],
  [() => logitNormalTime({ mean: Infinity }), "logitNormalTime: mean is Infinity, expected a finite number"],
  [() => logitNormalTime({ scale: 0 }), "logitNormalTime: scale is 0, expected a number above 0"],
])("parameters that make no distribution are refused: %#", (make, message) => {
  expect(make).toThrow(RangeError);
  expect(make).toThrow(message);
});
