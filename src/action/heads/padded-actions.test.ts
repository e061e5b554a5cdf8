/** @file Laws of padding: what a robot does not have is zero, and is not handed out. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { constant, type Tensor } from "#engine/graph";
import type { GemmaMemory } from "#engine/nn";
import { evaluate, f32, fixedParameters, normals, normalValues } from "#testing";
import { actionExpert } from "./action-expert.ts";
import { paddedActions, zeroPadded } from "./padded-actions.ts";
import { pi0Head } from "./pi0.ts";

const [B, H, P, A] = [2, 3, 5, 2] as const;
const expert = actionExpert({ horizon: H, actionSize: P }, { width: 8, hidden: 6, depth: 1, heads: 2, kvHeads: 1, headSize: 4, time: "normalization" });
const head = pi0Head(expert, { integrationSteps: 3 });
const own = paddedActions(head, A);
const params = fixedParameters(head.parameters, normalValues(0.4));
const memory: GemmaMemory = {
  layers: [{ keys: constant(tensorFrom("f32", [B, 1, 1, 4], normals(8, 1))), values: constant(tensorFrom("f32", [B, 1, 1, 4], normals(8, 2))) }],
  mask: constant(tensorFrom("f32", [B, 1, 1, 1], [0, 0])),
  next: constant(tensorFrom("f32", [B, 1], [1, 1])),
};
const isPad = constant(tensorFrom("bool", [B, H], [0, 0, 0, 0, 0, 1]));
const tau = constant(tensorFrom("f32", [B], [0.3, 0.8]));
const [actions, noise] = [normals(B * H * A, 3), normals(B * H * P, 4)];

test("the loss is that of a chunk with zeros behind the robot's own numbers", async () => {
  const types = [f32(B, H, A), f32(B, H, P)];
  const [[loss = NaN] = [], errors = []] = await evaluate((chunk, drawn) => [
    own.loss(params, { memory }, { actions: chunk, isPad }, { noise: drawn, tau }).loss,
    head.errors(params, { memory }, { actions: zeroPadded(chunk, P), noise: drawn, tau }),
  ], types, [actions, noise]);
  const counted = errors.filter((_, i) => Math.floor(i / P) !== B * H - 1);
  expect(counted).toHaveLength((B * H - 1) * P);
  expect(loss).toBeCloseTo(counted.reduce((sum, value) => sum + value, 0) / counted.length, 5);
});

test("a chunk has the robot's own numbers, the first of those that the head draws", async () => {
  expect([own.chunk, own.noiseShape]).toEqual([{ horizon: H, actionSize: A }, [H, P]]);
  const [chunk = [], whole = []] = await evaluate((drawn: Tensor) => [own.sample(params, { memory }, drawn), head.sample(params, { memory }, drawn)], [f32(B, H, P)], [noise]);
  expect(chunk).toEqual(whole.filter((_, i) => i % P < A));
  // Members that speak of the head's own size are not handed on.
  expect(Object.keys(own).sort()).toEqual(["chunk", "hostInputs", "loss", "noiseShape", "parameters", "sample"]);
});

test("a robot as large as the head has that head, a larger one none", () => {
  expect(paddedActions(head, P)).toBe(head);
  expect(() => paddedActions(head, 6)).toThrow("paddedActions: actions have 6 numbers, expected 1 to the head's 5");
});
