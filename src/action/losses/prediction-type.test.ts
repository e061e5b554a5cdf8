/** @file Laws of prediction types: each is one view of the same two ends. */

import { expect, test } from "vitest";
import { add, mul, type Tensor } from "#engine/graph";
import { evaluate, f64, gradientError, normals, relativeError } from "#testing";
import { PREDICTION_TYPES, type PredictionName, type PredictionType } from "./prediction-type.ts";

const names = Object.keys(PREDICTION_TYPES) as PredictionName[]; // the keys of a constant
const chunk = f64(2, 3, 2);
const feeds = [normals(12, 1), normals(12, 2)];
// Two steps of a schedule: √ᾱ and √(1-ᾱ) are the legs of a right triangle.
const steps = [
  { signal: 0.8, noise: 0.6 },
  { signal: 5e-4, noise: Math.sqrt(1 - 25e-8) },
];

test.each(names.flatMap((name) => steps.map((rates) => [name, rates] as const)))(
  "a perfect %s prediction gives back both ends at %o",
  async (name, rates) => {
    const kind: PredictionType = PREDICTION_TYPES[name];
    const both = (actions: Tensor, noise: Tensor): Tensor[] => {
      const x = add(mul(rates.signal, actions), mul(rates.noise, noise));
      const prediction = kind.target({ actions, noise }, rates);
      return [kind.toActions(prediction, x, rates), kind.toNoise(prediction, x, rates)];
    };
    const [actions = [], noise = []] = await evaluate(both, [chunk, chunk], feeds);
    expect(relativeError(actions, feeds[0] ?? [])).toBeLessThan(1e-10);
    expect(relativeError(noise, feeds[1] ?? [])).toBeLessThan(1e-10);
  },
);

test.each(names)("an imperfect %s prediction still lies on its noisy chunk: x = √ᾱ·a + √(1-ᾱ)·ε", async (name) => {
  const rates = { signal: 0.8, noise: 0.6 };
  const kind: PredictionType = PREDICTION_TYPES[name];
  const mixed = (prediction: Tensor, x: Tensor): Tensor =>
    add(mul(rates.signal, kind.toActions(prediction, x, rates)), mul(rates.noise, kind.toNoise(prediction, x, rates)));
  const [x = []] = await evaluate(mixed, [chunk, chunk], feeds);
  expect(relativeError(x, feeds[1] ?? [])).toBeLessThan(1e-12);
});

test.each(names)("the conversions of %s match central differences", async (name) => {
  const kind: PredictionType = PREDICTION_TYPES[name];
  const rates = { signal: 0.8, noise: 0.6 };
  const both = (prediction: Tensor, x: Tensor): Tensor[] => [kind.toActions(prediction, x, rates), kind.toNoise(prediction, x, rates)];
  expect(await gradientError(both, [chunk, chunk], feeds)).toBeLessThan(1e-8);
});

test("no signal at all leaves finite weights", () => {
  expect(names.map((name) => PREDICTION_TYPES[name].minSnrWeight(0, 5))).toEqual([1, 0, 0]);
});
