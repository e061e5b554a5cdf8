/** @file Laws of batches: what a training step sees. */

import { expect, test } from "vitest";
import { tinyPolicy, tinyRows } from "#testing";
import { batchIndices, chunkSampler, normalize } from "#world/data";
import { fitNormalizers, scalingWarnings, trainingBatches, type Batches } from "./batches.ts";

const rows = tinyRows();
const { network, normalizers } = tinyPolicy(rows);
const make = (seed: number = 0, batch: number = 8): Batches => trainingBatches(network, rows, normalizers, { seed, batch });

/** Copies of all feeds at a step. */
function feedsAt(batches: Batches, step: number): Record<string, number[]> {
  batches.fill(step);
  return Object.fromEntries(Object.entries(batches.feeds).map(([name, { data }]) => [name, Array.from(data as Float32Array)]));
}

test("a batch holds observations, actions, padding, and what the head wants of the host", () => {
  const shapes = Object.entries(make().feeds).map(([name, { dtype, shape }]) => `${name} ${dtype}[${shape.join(", ")}]`);
  expect(shapes).toEqual(["observation f32[8, 2, 3]", "actions f32[8, 4, 2]", "isPad bool[8, 4]", "host/noise f32[8, 4, 2]", "host/tau f32[8]"]);
});

test("every frame is the current tick of a window", () => {
  expect(make().windows).toBe(9 + 6 + 12);
});

test("a batch is a pure function of seed and step, whatever was filled before", () => {
  const [first, other] = [make(), make()];
  const fifth = feedsAt(first, 5);
  for (const step of [0, 17, 3]) feedsAt(other, step);
  expect(feedsAt(other, 5)).toEqual(fifth);
});

test("another step and another seed give other windows and other draws", () => {
  const fifth = feedsAt(make(), 5);
  for (const other of [feedsAt(make(), 6), feedsAt(make(1), 5)]) {
    for (const name of ["observation", "actions", "host/noise", "host/tau"]) expect(other[name]).not.toEqual(fifth[name]);
  }
});

test("limits put everything learned from into [-1, 1], and both ends are reached", () => {
  const batches = make(0, 27);
  const { observation = [], actions = [] } = feedsAt(batches, 0);
  for (const values of [observation, actions]) {
    expect(Math.max(...values)).toBeCloseTo(1, 5);
    expect(Math.min(...values)).toBeCloseTo(-1, 5);
  }
});

test("normalizing rows first or windows later makes no difference", () => {
  const batches = make();
  const { observation, actions, isPad } = feedsAt(batches, 3);
  const plain = chunkSampler(rows, { obsSteps: 2, horizon: 4 });
  const [obs, act, pad] = [new Float32Array(8 * 2 * 3), new Float32Array(8 * 4 * 2), new Uint8Array(8 * 4)];
  plain.fill(batchIndices(0, 3, 8, plain.index.windows), obs, act, pad);
  expect(observation).toEqual([...normalize(normalizers.observation, obs)]);
  expect(actions).toEqual([...normalize(normalizers.action, act)]);
  expect(isPad).toEqual([...pad]);
  expect(isPad?.some((flag) => flag === 1)).toBe(true);
});

test("normalizers are fitted to all episodes together", () => {
  const { action } = fitNormalizers(rows, "limits");
  const firsts = rows.actions.flatMap((values) => [...values].filter((_, i) => i % 2 === 0));
  expect(action.scale[0]).toBeCloseTo(2 / (Math.max(...firsts) - Math.min(...firsts)), 6);
});

test("a dimension the quantiles do not see is named before training; limits and deviation see it", () => {
  // One frame in three hundred moves the second action dimension.
  const actions = Float32Array.from({ length: 600 }, (_, i) => (i % 2 === 0 ? i : i === 401 ? 9 : 5));
  const rare = { observations: [Float32Array.from({ length: 900 }, (_, i) => i)], actions: [actions], obsSize: 3, actionSize: 2 };
  expect(scalingWarnings(rare, "limits")).toEqual([]);
  expect(scalingWarnings(rare, "gaussian")).toEqual([]);
  expect(scalingWarnings(rare, "quantiles", ["x", "gripper"])).toEqual([expect.stringMatching(/^action: dimension "gripper" is nearly always 5, but goes from 5 to 9; /)]);
});
