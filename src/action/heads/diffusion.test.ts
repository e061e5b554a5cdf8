/** @file Laws of the diffusion head and of its samplers beside those that all samplers keep, with a formula in place of the network. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { noiseSchedule, type PredictionName } from "#action/losses";
import { add, mul, reshape, sin, type Tensor } from "#engine/graph";
import { evaluate, f32, relativeError } from "#testing";
import { ddim } from "./ddim.ts";
import { ddpm, octoDdpm } from "./ddpm.ts";
import type { Denoiser } from "./denoiser.ts";
import { diffusionHead, type DiffusionOptions } from "./diffusion.ts";
import { samplerTimes } from "./sampler-times.ts";

type Nested = number | readonly Nested[];
const flat = (values: Nested): number[] => (typeof values === "number" ? [values] : values.flatMap(flat));

interface Trace {
  readonly timesteps: readonly number[] | string;
  readonly x_T: Nested;
  readonly x_0: Nested;
}
interface Vectors {
  readonly ddim: Readonly<Record<string, Trace>>;
  readonly ddpm: Readonly<Record<string, Nested>>;
  readonly ddpm_variance_noise_same_every_step: Nested;
  readonly octo_reverse_T20: Nested;
}
// The file is the golden's own; its shape is what the tests below read.
const golden = JSON.parse(readFileSync("fixtures/golden/loss_vectors/losses_diffusion.json", "utf8")) as Vectors;
const start = flat(golden.ddim["T100_N10_epsilon"]?.x_T ?? []);
const fresh = flat(golden.ddpm_variance_noise_same_every_step);

const [B, H, A] = [4, 3, 2] as const;
const chunk = { horizon: H, actionSize: A };

/** What the golden's network says: 0.3·x + 0.05·sin k. */
const formula: Denoiser<Record<string, never>> = {
  chunk,
  condSize: null,
  parameters: {},
  condition: (_params, times) => times,
  predict: (_params, x, [k]) => add(mul(x, 0.3), mul(sin(reshape(k as Tensor, [B, 1, 1])), 0.05)),
};

/** The chunk that a sampler with these options makes of the golden's start, the same noise in every step. */
async function sample(options: DiffusionOptions): Promise<number[]> {
  const head = diffusionHead(formula, chunk, options);
  const rows = head.noiseShape.length === 2 ? 1 : (head.noiseShape[0] ?? 0);
  const noise = Array.from({ length: B }, (_, b) =>
    Array.from({ length: rows }, (_row, row) => (row === 0 ? start : fresh).slice(b * H * A, (b + 1) * H * A)),
  );
  const [result = []] = await evaluate((cond, z) => head.sample({}, cond, z), [f32(B, 1), f32(B, ...head.noiseShape)], [
    [0, 0, 0, 0],
    noise.flat(2),
  ]);
  return result;
}

const NAMES: Readonly<Record<string, PredictionName>> = { epsilon: "epsilon", sample: "sample", v_prediction: "v" };
const traces = Object.entries(golden.ddim).map(([name, { x_0 }]) => {
  const [, steps = "", inferenceSteps = "", kind = ""] = /^T(\d+)_N(\d+)_(\w+)$/.exec(name) ?? [];
  return { name, steps: Number(steps), inferenceSteps: Number(inferenceSteps), predicts: NAMES[kind] ?? "epsilon", x_0 };
});

test.each(traces)("DDIM walks from the golden start to the golden chunk: $name", async ({ steps, inferenceSteps, predicts, x_0 }) => {
  const schedule = noiseSchedule({ kind: "cosine", steps });
  const chunks = await sample({ schedule, predicts, inferenceSteps });
  expect(relativeError(chunks, flat(x_0))).toBeLessThan(2e-5);
});

test.each([
  ["T20_fixed_small", 20, "small"],
  ["T100_fixed_small", 100, "small"],
  ["T20_fixed_large", 20, "large"],
] as const)("DDPM walks from the golden start to the golden chunk: %s", async (name, steps, variance) => {
  const schedule = noiseSchedule({ kind: "cosine", steps });
  const chunks = await sample({ schedule, sampler: (s) => ddpm(s, { variance }) });
  expect(relativeError(chunks, flat(golden.ddpm[name] ?? []))).toBeLessThan(1e-4);
});

test("Octo's sampler walks from the golden start to the golden chunk", async () => {
  const chunks = await sample({ schedule: noiseSchedule({ kind: "cosine", steps: 20 }), sampler: (s) => octoDdpm(s) });
  expect(relativeError(chunks, flat(golden.octo_reverse_T20))).toBeLessThan(1e-4);
});

const schedule = noiseSchedule({ kind: "cosine", steps: 50 });

test("η = 1 over all steps is DDPM", async () => {
  const all = ddim(schedule, { inferenceSteps: 50, eta: 1 }).steps.map(({ fresh: sigma }) => sigma);
  expect(relativeError(all, ddpm(schedule).steps.map(({ fresh: sigma }) => sigma))).toBeLessThan(1e-6);
});

test("the clipped direction is the same where nothing is clipped", async () => {
  const options = { predicts: "sample" as const, schedule };
  const plain = await sample({ ...options, sampler: (s) => ddim(s, { clipActions: 100 }) });
  const clipped = await sample({ ...options, sampler: (s) => ddim(s, { clipActions: 100, clippedDirection: true }) });
  expect(relativeError(clipped, plain)).toBeLessThan(1e-4);
});

test("steps of a network that predicts noise, taken from outside, end where the unrolled sampler ends", async () => {
  const head = diffusionHead(formula, chunk, { schedule, inferenceSteps: 5, sampler: (s, inferenceSteps) => ddpm(s, { inferenceSteps }) });
  const specs = [f32(B, 1), f32(B, H, A), f32(B, H, A), f32(7)];
  const one = (cond: Tensor, x: Tensor, z: Tensor, numbers: Tensor): Tensor => head.step({}, cond, { x, z, numbers });
  let x = start;
  for (const numbers of head.stepNumbers(5)) [x = []] = await evaluate(one, specs, [[0, 0, 0, 0], x, fresh, numbers]);
  const unrolled = await sample({ schedule, inferenceSteps: 5, sampler: (s, inferenceSteps) => ddpm(s, { inferenceSteps }) });
  expect(relativeError(x, unrolled)).toBeLessThan(1e-5);
});

test.each([
  [100, 10, "leading", [90, 80, 70, 60, 50, 40, 30, 20, 10, 0]],
  [100, 8, "leading", [84, 72, 60, 48, 36, 24, 12, 0]],
  [100, 10, "trailing", [99, 89, 79, 69, 59, 49, 39, 29, 19, 9]],
  [100, 8, "trailing", [99, 87, 74, 61, 49, 37, 24, 11]],
  [3, 3, "leading", [2, 1, 0]],
] as const)("of %i steps, %i with %s spacing are the reference's", (steps, inferenceSteps, spacing, expected) => {
  expect(samplerTimes(steps, inferenceSteps, spacing)).toEqual(expected);
});

test.each([0, 101, 2.5, NaN])("%f inference steps of 100 are refused by name", (inferenceSteps) => {
  expect(() => samplerTimes(100, inferenceSteps, "leading")).toThrow(`samplerTimes: inferenceSteps is ${inferenceSteps}, expected`);
});

test("diffusion steps are drawn evenly from all of the schedule", () => {
  const { step } = diffusionHead(formula, chunk, { schedule: noiseSchedule({ kind: "cosine", steps: 10 }) }).hostInputs;
  const drawn = new BigInt64Array(5000);
  step.write(drawn, rng(0, "test"), { actions: new Float32Array(), isPad: new Uint8Array() });
  for (let k = 0; k < 10; k++) expect(drawn.filter((value) => value === BigInt(k)).length / 5000).toBeCloseTo(0.1, 1);
});

test("a prediction type that there is not is answered with those there are", () => {
  // Untyped callers may say anything.
  const make = () => diffusionHead(formula, chunk, { predicts: "noise" as PredictionName });
  expect(make).toThrow(new RangeError('diffusionHead: there is no prediction type "noise"; they are epsilon, sample, v'));
});
