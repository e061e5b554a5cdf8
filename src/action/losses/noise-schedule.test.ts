/** @file Laws of noise schedules. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { goldenCase, relativeError } from "#testing";
import { noiseSchedule, type CosineSchedule, type LinearSchedule } from "./noise-schedule.ts";

type Table = Readonly<Record<"betas_f64" | "betas_f32" | "alphas_cumprod_f64" | "alphas_cumprod_f32" | "snr_f64", readonly number[]>>;
// The file has the tables under these names, the float32 ones for the cosine schedule only. They are read here because one of them has a dot in it.
const { schedules } = JSON.parse(readFileSync("fixtures/golden/loss_vectors/losses_diffusion.json", "utf8")) as {
  schedules: Readonly<Record<string, Table>>;
};
const goldenTable = (name: string): Table => {
  const table = schedules[name];
  if (table === undefined) throw new Error(`the golden file has no schedule ${name}`);
  return table;
};

test.each([10, 20, 50, 100])("the cosine schedule of %i steps equals diffusers' squaredcos_cap_v2", (steps) => {
  const { betas, alphaBars } = noiseSchedule({ kind: "cosine", steps });
  const golden = goldenTable(`squaredcos_cap_v2_${steps}`);
  expect(relativeError([...betas], golden.betas_f64)).toBeLessThan(1e-13);
  expect(relativeError([...alphaBars], golden.alphas_cumprod_f64)).toBeLessThan(1e-13);
  expect(relativeError([...betas], golden.betas_f32)).toBeLessThan(1e-6);
  expect(relativeError([...alphaBars], golden.alphas_cumprod_f32)).toBeLessThan(1e-6);
  expect(relativeError([...alphaBars].map((alphaBar) => alphaBar / (1 - alphaBar)), golden.snr_f64)).toBeLessThan(1e-10);
  // Relative to each value, so that the last and smallest count as much as the first.
  expect(alphaBars.every((value, k) => Math.abs(value / (golden.alphas_cumprod_f64[k] ?? NaN) - 1) < 1e-12)).toBe(true);
});

test("the cosine schedule of 100 steps equals the golden forward process", () => {
  const golden = goldenCase("ddpm_forward")("output.alphas_cumprod");
  expect(relativeError([...noiseSchedule({ kind: "cosine", steps: 100 }).alphaBars], golden)).toBeLessThan(1e-13);
});

test("the linear schedule of 1000 steps is that of DDPM", () => {
  const { betas, alphaBars } = noiseSchedule({ kind: "linear", steps: 1000 });
  const golden = goldenTable("linear_1e-4_0.02_1000");
  expect(relativeError([...betas], golden.betas_f64)).toBeLessThan(1e-13);
  expect(relativeError([...alphaBars], golden.alphas_cumprod_f64)).toBeLessThan(1e-12);
});

test("the linear schedule adds the same noise in all, whatever the number of steps", () => {
  const total = (steps: number): number => noiseSchedule({ kind: "linear", steps }).betas.reduce((a, b) => a + b, 0);
  for (const steps of [25, 100, 4000]) expect(total(steps)).toBeCloseTo(total(1000), 10);
});

test("without rescaling, and with leave to keep signal, 100 linear steps equal the golden table", () => {
  const { betas, alphaBars } = noiseSchedule({ kind: "linear", steps: 100, rescale: false, maxFinalAlphaBar: 1 });
  const golden = goldenTable("linear_1e-4_0.02_100");
  expect(relativeError([...betas], golden.betas_f64)).toBeLessThan(1e-13);
  expect(relativeError([...alphaBars], golden.alphas_cumprod_f64)).toBeLessThan(1e-13);
});

test.each<CosineSchedule | LinearSchedule>([
  { kind: "cosine", steps: 1 },
  { kind: "cosine", steps: 7 },
  { kind: "linear", steps: 21 },
])("β is in (0, 1) and ᾱ falls: %o", (spec) => {
  const { betas, alphaBars, steps } = noiseSchedule(spec);
  expect([betas.length, alphaBars.length]).toEqual([steps, steps]);
  expect(betas.every((beta) => beta > 0 && beta < 1)).toBe(true);
  expect(alphaBars.every((value, k) => value > 0 && value < (alphaBars[k - 1] ?? 1))).toBe(true);
});

test.each<readonly [CosineSchedule | LinearSchedule, string]>([
  [{ kind: "linear", steps: 100, rescale: false }, "linear with 100 steps leaves signal at its noise end: the last ᾱ is 0.364, expected at most 0.01"],
  [{ kind: "linear", steps: 20 }, "linear with 20 steps has a β of 1.00, expected numbers in (0, 1)"],
  [{ kind: "linear", steps: 100, betaStart: 0 }, "linear with 100 steps has a β of 0.00"],
  [{ kind: "cosine", steps: 100, maxBeta: 0.02 }, "cosine with 100 steps leaves signal"],
  [{ kind: "cosine", steps: 100, maxBeta: 1 }, "maxBeta is 1, expected a number in (0, 1)"],
  [{ kind: "cosine", steps: 0 }, "steps is 0, expected a whole number of at least 1"],
  [{ kind: "cosine", steps: 2.5 }, "steps is 2.5"],
])("a schedule that cannot work is refused with a reason: %o", (spec, message) => {
  expect(() => noiseSchedule(spec)).toThrow(RangeError);
  expect(() => noiseSchedule(spec)).toThrow(message);
});

test("an unknown schedule is refused with the ones there are", () => {
  // A name that comes out of a file has no type.
  const kind = "sigmoid" as "cosine";
  expect(() => noiseSchedule({ kind, steps: 100 })).toThrow(new RangeError('noiseSchedule: there is no schedule "sigmoid"; schedules are cosine, linear'));
});
