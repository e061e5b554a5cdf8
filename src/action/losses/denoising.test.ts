/** @file Laws of the denoising loss: what is regressed, its weights, padding, gradients. */

import { expect, test } from "vitest";
import { add, cast, gradients, input, mul, reshape, ShapeError, slice, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, goldenVectors, gradientError, i64, normals, relativeError } from "#testing";
import { denoisingLoss, minSnrWeights, type DenoisingOptions, type StepDenoiser } from "./denoising.ts";
import { noiseSchedule } from "./noise-schedule.ts";
import type { PredictionName } from "./prediction-type.ts";

const [B, H, A] = [2, 3, 2] as const;
const schedule = noiseSchedule({ kind: "cosine", steps: 20 });
const specs = [f64(B, H, A), f64(B, H, A), i64(B), bool(B, H)]; // actions, noise, step, isPad
const actions = normals(B * H * A, 1);
const noise = normals(B * H * A, 2);
const step = [2, 15];
const noPad = [0, 0, 0, 0, 0, 0];
const lastStepPadded = [0, 0, 1, 0, 0, 1];
const NAMES = ["epsilon", "sample", "v"] as const;
/** Chunk-shaped values with something else in the last step. */
const withLastStep = (values: readonly number[], value: number): number[] =>
  values.map((kept, i) => (Math.floor(i / A) % H === H - 1 ? value : kept));

const zero: StepDenoiser = (x) => mul(x, 0);
const identity: StepDenoiser = (x) => x;
const lossOf = (denoiser: StepDenoiser, options: Omit<DenoisingOptions, "schedule">) => (a: Tensor, e: Tensor, k: Tensor, pad: Tensor) =>
  denoisingLoss(denoiser, { actions: a, noise: e, step: k, isPad: pad }, { schedule, ...options });

const alphaBarOf = (i: number): number => schedule.alphaBars[step[Math.floor(i / (H * A))] ?? NaN] ?? NaN;
const TARGETS: Readonly<Record<PredictionName, (i: number) => number>> = {
  epsilon: (i) => noise[i] ?? NaN,
  sample: (i) => actions[i] ?? NaN,
  v: (i) => Math.sqrt(alphaBarOf(i)) * (noise[i] ?? NaN) - Math.sqrt(1 - alphaBarOf(i)) * (actions[i] ?? NaN),
};
const meanOver = (value: (i: number) => number): number =>
  actions.reduce((total, _, i) => total + value(i), 0) / actions.length;

test.each(NAMES)("a zero network costs the mean square of the %s target", async (predicts) => {
  const [loss = []] = await evaluate(lossOf(zero, { predicts }), specs, [actions, noise, step, noPad]);
  expect(relativeError(loss, [meanOver((i) => TARGETS[predicts](i) ** 2)])).toBeLessThan(1e-12);
});

// With d = x, a = 0 and ε = 3 the network sees √(1-ᾱ)·3: almost nothing at step 0, almost all of the noise at the last.
test.each([
  [0, (1 - (schedule.alphaBars[0] ?? NaN)) * 9],
  [19, (1 - (schedule.alphaBars[19] ?? NaN)) * 9],
])("at step %i the network sees the noise of that step", async (k, expected) => {
  const scalar = [f64(1, 1, 1), f64(1, 1, 1), i64(1), bool(1, 1)];
  const [loss = []] = await evaluate(lossOf(identity, { predicts: "sample" }), scalar, [[0], [3], [k], [0]]);
  expect(relativeError(loss, [expected])).toBeLessThan(1e-12);
});

test("the network is told the step of its own chunk", async () => {
  const told: StepDenoiser = (x, k) => add(mul(x, 0), reshape(cast(k, "f64"), [B, 1, 1]));
  const zeros = actions.map(() => 0);
  const [loss] = await evaluate(lossOf(told, { predicts: "epsilon" }), specs, [zeros, zeros, step, noPad]);
  expect(loss).toEqual([(2 ** 2 + 15 ** 2) / 2]);
});

test.each([10, 20, 50, 100])("min-SNR weights of %i cosine steps equal the golden ones", (steps) => {
  const golden = goldenVectors("loss_vectors/losses_diffusion");
  const table = (kind: string): number[] => golden(`schedules.squaredcos_cap_v2_${steps}.min_snr5_${kind}`);
  const weights = (predicts: PredictionName): number[] => [...minSnrWeights(noiseSchedule({ kind: "cosine", steps }), predicts, 5)];
  expect(relativeError(weights("epsilon"), table("eps"))).toBeLessThan(1e-12);
  expect(relativeError(weights("v"), table("v"))).toBeLessThan(1e-12);
  expect(relativeError(weights("sample"), table("x0"))).toBeLessThan(1e-12);
});

test.each(NAMES)("min-SNR weights multiply the squared error of each chunk when predicting %s", async (predicts) => {
  const table = minSnrWeights(schedule, predicts, 5);
  const weightOf = (i: number): number => table[step[Math.floor(i / (H * A))] ?? NaN] ?? NaN;
  const [loss = []] = await evaluate(lossOf(zero, { predicts, minSnrGamma: 5 }), specs, [actions, noise, step, noPad]);
  expect(relativeError(loss, [meanOver((i) => weightOf(i) * TARGETS[predicts](i) ** 2)])).toBeLessThan(1e-12);
});

test("weights per step and dimension are divided by their sum", async () => {
  const [timeWeights, dimWeights] = [[1, 0.5, 0], [2, 1]];
  const weightOf = (i: number): number => (timeWeights[Math.floor(i / A) % H] ?? NaN) * (dimWeights[i % A] ?? NaN);
  const [loss = []] = await evaluate(lossOf(zero, { predicts: "sample", timeWeights, dimWeights }), specs, [actions, noise, step, noPad]);
  expect(relativeError(loss, [meanOver((i) => weightOf(i) * (actions[i] ?? NaN) ** 2) / meanOver(weightOf)])).toBeLessThan(1e-12);
});

test("padded steps do not count, whatever they hold, and send NaN nowhere", async () => {
  // The network reads the noise alone, as one that takes its steps one by one reads a step that is not padded.
  const lossAndSlope = (a: Tensor, e: Tensor, k: Tensor, pad: Tensor): Tensor[] => {
    const prediction = mul(e, 2);
    const loss = lossOf(() => prediction, { predicts: "v", minSnrGamma: 5 })(a, e, k, pad);
    return [loss, ...gradients(loss, [prediction])];
  };
  const clean = await evaluate(lossAndSlope, specs, [actions, noise, step, lastStepPadded]);
  expect(clean.flat().some((value) => value !== 0)).toBe(true);
  for (const dirt of [1e3, NaN, Infinity]) {
    expect(await evaluate(lossAndSlope, specs, [withLastStep(actions, dirt), noise, step, lastStepPadded])).toEqual(clean);
  }
});

test("a fully padded batch costs 0 and has no gradient", async () => {
  const both = (a: Tensor, e: Tensor, k: Tensor, pad: Tensor): Tensor[] => {
    const loss = lossOf(identity, { predicts: "epsilon", minSnrGamma: 5 })(a, e, k, pad);
    return [loss, ...gradients(loss, [a])];
  };
  const [loss, gradient] = await evaluate(both, specs, [actions, noise, step, noPad.map(() => 1)]);
  expect(loss).toEqual([0]);
  expect(gradient?.every((value) => value === 0)).toBe(true);
});

test.each(NAMES)("the gradient matches central differences when predicting %s", async (predicts) => {
  const loss = lossOf((x) => mul(x, x), { predicts, minSnrGamma: 5 });
  expect(await gradientError(loss, specs, [actions, noise, step, lastStepPadded])).toBeLessThan(1e-8);
});

test.each([
  [[f32(B, H, A), f32(B, H, A), i64(B), bool(B, H + 1)], "denoisingLoss: isPad is bool[2, 4], expected [2, 3]"],
  [[f32(B, H, A), f32(B, 1, A), i64(B), bool(B, H)], "denoisingLoss: noise is f32[2, 1, 2], expected [2, 3, 2]"],
  [[f32(B, H, A), f32(B, H, A), i64(1), bool(B, H)], "denoisingLoss: step is i64[1], expected [2]"],
  [[f32(B, H, A), f32(B, H, A), f32(B), bool(B, H)], "denoisingLoss: step is f32[2], expected dtype i64"],
])("a wrong shape is named, with what was expected: %#", async (wrong, message) => {
  const run = evaluate(lossOf(zero, { predicts: "epsilon" }), wrong, [actions, noise, step, noPad]);
  await expect(run).rejects.toThrow(ShapeError);
  await expect(run).rejects.toThrow(message);
});

test("a prediction of another shape is refused, not broadcast", async () => {
  const narrow: StepDenoiser = (x) => slice(x, 2, 0, 1);
  const run = evaluate(lossOf(narrow, { predicts: "epsilon" }), specs, [actions, noise, step, noPad]);
  await expect(run).rejects.toThrow("denoisingLoss: prediction is f64[2, 3, 1], expected [2, 3, 2]");
});

test("a prediction type that there is not is answered with those there are", () => {
  // Untyped callers may say anything.
  const eps = "eps" as PredictionName;
  const chunk = input("a", "f32", [B, H, A]);
  const there = 'there is no prediction type "eps"; they are epsilon, sample, v';
  expect(() => denoisingLoss(zero, { actions: chunk, noise: chunk, step: input("k", "i64", [B]), isPad: input("p", "bool", [B, H]) }, { schedule, predicts: eps })).toThrow(
    new RangeError(`denoisingLoss: ${there}`),
  );
  expect(() => minSnrWeights(schedule, "toString" as PredictionName, 5)).toThrow(RangeError);
  expect(() => minSnrWeights(schedule, eps, 5)).toThrow(new RangeError(`minSnrWeights: ${there}`));
});

test.each([0, -1, NaN])("γ = %f is refused", (gamma) => {
  expect(() => minSnrWeights(schedule, "epsilon", gamma)).toThrow(`minSnrWeights: gamma is ${gamma}, expected a number above 0`);
});
