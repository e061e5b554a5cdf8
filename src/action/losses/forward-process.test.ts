/** @file Laws of the forward process. */

import { expect, test } from "vitest";
import { ShapeError, type Tensor } from "#engine/graph";
import { evaluate, f32, f64, goldenCase, goldenVectors, i64, normals, relativeError } from "#testing";
import { addNoise, noiseRates } from "./forward-process.ts";
import { noiseSchedule } from "./noise-schedule.ts";
import { PREDICTION_TYPES } from "./prediction-type.ts";

const schedule = noiseSchedule({ kind: "cosine", steps: 100 });
const noisy = (actions: Tensor, noise: Tensor, step: Tensor): Tensor => addNoise({ actions, noise, step }, schedule);
const noisyAndV = (actions: Tensor, noise: Tensor, step: Tensor): Tensor[] => [
  noisy(actions, noise, step),
  PREDICTION_TYPES.v.target({ actions, noise }, noiseRates(schedule, step, actions.dtype)),
];

test("a chunk of ones without noise keeps √ᾱ of the step of its batch element", async () => {
  const [x] = await evaluate(noisy, [f64(2, 1, 2), f64(2, 1, 2), i64(2)], [[1, 1, 1, 1], [0, 0, 0, 0], [0, 99]]);
  const [first, last] = [Math.sqrt(0.9993687184016583), Math.sqrt(2.428572e-7)];
  expect(relativeError(x ?? [], [first, first, last, last])).toBeLessThan(1e-7);
});

test("unit variance stays unit variance: the squares of the rates add up to 1", async () => {
  const rates = (step: Tensor): Tensor[] => Object.values(noiseRates(schedule, step, "f64"));
  const steps = Array.from({ length: 100 }, (_, k) => k);
  const [signal = [], noise = []] = await evaluate(rates, [i64(100)], [steps]);
  for (const k of steps) expect((signal[k] ?? NaN) ** 2 + (noise[k] ?? NaN) ** 2).toBeCloseTo(1, 14);
});

test("noisy chunk and v equal the golden forward process in float64", async () => {
  const golden = goldenCase("ddpm_forward");
  const feeds = [golden("input.actions"), golden("input.noise"), golden("input.timestep")];
  const [x = [], v = []] = await evaluate(noisyAndV, [f64(3, 8, 7), f64(3, 8, 7), i64(3)], feeds);
  expect(relativeError(x, golden("output.noisy"))).toBeLessThan(1e-12);
  expect(relativeError(v, golden("output.v_target"))).toBeLessThan(1e-12);
});

test("noisy chunk and velocity equal those of diffusers in float32", async () => {
  const golden = goldenVectors("loss_vectors/losses_diffusion");
  const feeds = ["x0", "noise", "t"].map((name) => golden(`add_noise.${name}`));
  const chunk = f32(4, (feeds[0] ?? []).length / 8, 2);
  const [x = [], v = []] = await evaluate(noisyAndV, [chunk, chunk, i64(4)], feeds);
  expect(relativeError(x, golden("add_noise.x_t"))).toBeLessThan(1e-6);
  expect(relativeError(v, golden("add_noise.velocity"))).toBeLessThan(1e-6);
});

test.each([
  [[f32(2, 3, 2), f32(2, 3, 1), i64(2)], "addNoise: noise is f32[2, 3, 1], expected [2, 3, 2]"],
  [[f32(2, 3, 2), f32(2, 3, 2), i64(3)], "addNoise: step is i64[3], expected [2]"],
  [[f32(2, 3, 2), f32(2, 3, 2), f32(2)], "addNoise: step is f32[2], expected dtype i64"],
])("a wrong shape is named, with what was expected: %#", async (wrong, message) => {
  const run = evaluate(noisy, wrong, [normals(12, 1), normals(12, 2), [0, 1]]);
  await expect(run).rejects.toThrow(ShapeError);
  await expect(run).rejects.toThrow(message);
});
