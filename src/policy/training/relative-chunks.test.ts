/** @file Laws of actions as offsets: learned from where the robot is, scaled as offsets, and acted out from where it is. */

import { expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import { loadPolicy, policyNetwork, sampleInSteps, type PolicyWeights } from "#policy/policies";
import { normals, tinyConfig, tinyDataset, tinyPolicy, tinyRows, tinyTrunkConfig, tinyTrunkRows } from "#testing";
import { batchIndices, chunkSampler, normalize } from "#world/data";
import { fitNormalizers, trainingBatches } from "./batches.ts";
import { decodeCheckpoint, encodeCheckpoint, policyOf } from "./checkpoint.ts";
import { resolveConfig, type RunConfig } from "./config.ts";
import { relativeDimensionsOf } from "./perception.ts";
import { startFromPolicy } from "./policy-start.ts";
import type { StateView } from "./task.ts";
import { TASK_NAMES, taskOf } from "./tasks.ts";
import { openTrainer } from "./trainer.ts";
import { trainingRows, type TrainingRows } from "./training-rows.ts";

const [O, S, H, A, B] = [2, 3, 4, 2, 8] as const;
const relativeRows = (...dimensions: boolean[]): TrainingRows => ({ ...tinyRows(), relative: { dimensions, horizon: H } });
const rows = relativeRows(true, false);
const config = tinyConfig();

test("a batch has offsets from the newest observation where actions are relative, and the rest as it was", () => {
  const normalizers = fitNormalizers(rows, "limits");
  const batches = trainingBatches(tinyPolicy().network, rows, normalizers, { seed: 0, batch: B });
  batches.fill(3);
  const plain = chunkSampler(tinyRows(), { obsSteps: O, horizon: H });
  const [states, told, pad] = [new Float32Array(B * O * S), new Float32Array(B * H * A), new Uint8Array(B * H)];
  plain.fill(batchIndices(0, 3, B, plain.index.windows), states, told, pad);
  const expected = told.map((value, i) => (i % A === 0 ? value - (states[(Math.floor(i / (H * A)) * O + O - 1) * S] ?? NaN) : value));
  const normal = normalize(normalizers.action, expected);
  const { data } = batches.feeds["actions"] ?? { data: [] };
  normal.forEach((value, i) => expect(Number(data[i])).toBeCloseTo(value, 3));
  expect(pad.some((flag) => flag === 1)).toBe(true);
});

test("limits are those of the offsets of all windows, none of them padded", () => {
  const { action } = fitNormalizers(rows, "limits");
  const { action: absolute } = fitNormalizers(tinyRows(), "limits");
  const offsets = rows.actions.flatMap((actions, episode) => {
    const ticks = actions.length / A;
    return Array.from({ length: ticks }, (_, tick) => tick).flatMap((tick) =>
      Array.from({ length: Math.min(H, ticks - tick) }, (_, step) => (actions[(tick + step) * A] ?? NaN) - (rows.observations[episode]?.[tick * S] ?? NaN)));
  });
  const [low, high] = [Math.min(...offsets), Math.max(...offsets)];
  expect(action.scale[0]).toBeCloseTo(2 / (high - low), 5);
  expect(low * (action.scale[0] ?? NaN) + (action.offset[0] ?? NaN)).toBeCloseTo(-1, 4);
  expect([action.scale[1], action.offset[1]]).toEqual([absolute.scale[1], absolute.offset[1]]);
});

test.each([["fewer numbers than actions", 1, 2], ["more", 3, 2]])("a chunk is counted from the newest state, which has %s", async (_, obsSize, actionSize) => {
  const weights = tinyPolicy(tinyRows({ obsSize, actionSize }));
  const chunkOf = async (policy: PolicyWeights): Promise<number[]> => {
    await using loaded = loadPolicy(policy, openSession);
    const sampler = await loaded.sampler(B);
    sampler.observation.set(normals(B * O * obsSize, 1).map((value) => 256 + 20 * value));
    sampler.noise.set(normals(sampler.noise.length, 2));
    await sampler.run();
    return [...sampler.chunk];
  };
  const relative = { ...weights, network: policyNetwork({ ...weights.network.spec, relativeActions: [true, false] }) };
  const [absolute, anchored] = [await chunkOf(weights), await chunkOf(relative)];
  const states = normals(B * O * obsSize, 1).map((value) => 256 + 20 * value);
  const inSteps = await sampleInSteps(relative, openSession, { batch: B, steps: weights.network.spec.integrationSteps, observation: Float32Array.from(states), noise: Float32Array.from(normals(B * H * actionSize, 2)) });
  inSteps.forEach((value, i) => expect(Math.abs(value - (anchored[i] ?? NaN))).toBeLessThan(1e-2));
  absolute.forEach((value, i) => {
    const state = states[(Math.floor(i / (H * actionSize)) * O + O - 1) * obsSize] ?? NaN;
    expect(Math.abs((anchored[i] ?? NaN) - (i % actionSize === 0 ? value + state : value))).toBeLessThan(1e-2);
  });
});

test("a run learns offsets, its policy says which, and goes on with the same ones alone", async () => {
  await using trainer = await openTrainer({ config, rows, openSession });
  for (let step = 0; step < 3; step++) await trainer.advance();
  const checkpoint = decodeCheckpoint(encodeCheckpoint(trainer, { lossSum: 0, metricSums: {}, count: 0 }), "a");
  expect(policyOf(checkpoint, "a").network.spec.relativeActions).toEqual([true, false]);
  const start = startFromPolicy(checkpoint, "a", { config, rows });
  await using tuned = await openTrainer({ config, rows, openSession, start });
  expect((await tuned.advance()).loss).toBeGreaterThan(0);
  for (const other of [tinyRows(), relativeRows(true, true)]) {
    expect(() => startFromPolicy(checkpoint, "a", { config, rows: other })).toThrow("a: the policy is another one: relativeActions");
  }
});

test("which actions are meant is said by name: numbers of an action of which the robot observes the same", () => {
  const lift = taskOf("lift");
  expect(relativeDimensionsOf(lift, ["z", "x"])).toEqual([true, false, true, ...Array<boolean>(7).fill(false)]);
  expect(trainingRows(taskOf("push-t"), tinyDataset(), { mirror: false, horizon: 4, relativeActions: ["y"] }).relative).toEqual({ dimensions: [false, true], horizon: 4 });
});

test.each(TASK_NAMES.filter((name) => taskOf(name).anchored.length > 0))("%s: who is told a place is there some ticks later, by the numbers that it observes", async (name) => {
  const { anchored, view, proprioception, makeEnvironment, actionSize } = taskOf(name);
  const environment = await makeEnvironment();
  environment.reset(7);
  const state = new Float64Array(environment.stateSize);
  environment.readState(state);
  const observed = (of: StateView): number[] => {
    const out = new Float32Array(of.size);
    of.observe(state, out, 0);
    return [...out.subarray(0, anchored.length)];
  };
  // A little aside of where it is, by a share of what is there: 3 cm of 0.4 m, or 20 of 300 px.
  const action = new Float64Array(actionSize).fill(-1);
  action.set(observed(view));
  action[0] = 1.07 * (action[0] ?? NaN);
  action[1] = (action[1] ?? NaN) + 0.07 * (observed(view)[0] ?? NaN);
  for (let tick = 0; tick < 30; tick++) environment.step(action);
  environment.readState(state);
  environment.close();
  const tolerance = 0.01 * Math.abs(action[0] ?? NaN) + 0.005;
  for (const of of [view, ...(proprioception === undefined ? [] : [proprioception])]) {
    observed(of).forEach((value, i) => expect([anchored[i], Math.abs(value - (action[i] ?? NaN)) < tolerance]).toEqual([anchored[i], true]));
  }
});

test("padded, a policy goes on with the dimensions it was scaled for, or with another robot's", async () => {
  const trunk = { ...tinyTrunkRows(), relative: { dimensions: [true, false], horizon: H } };
  const padded = tinyTrunkConfig("pi0", { paddedSize: 6 });
  await using trainer = await openTrainer({ config: padded, rows: trunk, openSession });
  const checkpoint = decodeCheckpoint(encodeCheckpoint(trainer, { lossSum: 0, metricSums: {}, count: 0 }), "a");
  const startWith = (more: Partial<TrainingRows>) => startFromPolicy(checkpoint, "a", { config: padded, rows: { ...trunk, ...more } });
  expect(() => startWith({ relative: { dimensions: [true, true], horizon: H } })).toThrow("a: the policy is another one: relativeActions");
  const larger = { ...tinyRows({ obsSize: 5, actionSize: 4 }), relative: { dimensions: [true, true, false, false], horizon: H } };
  expect(startWith(larger).kept.action).toBeUndefined();
});

test("names of nothing that is observed, and what knows absolute actions alone, are refused", () => {
  const refused = (overrides: Partial<RunConfig>, why: string): void => expect(() => resolveConfig("smoke", { task: "lift", relativeActions: ["x"], ...overrides })).toThrow(why);
  refused({ relativeActions: ["gripper"] }, 'relativeActions (--relative-actions) has "gripper", expected different ones of x, y, z, r1x, r1y, r1z, r2x, r2y, r2z: of these, task lift observes where the robot is');
  refused({ task: "fork" }, "relativeActions (--relative-actions) is x, but actions of task fork are no places of the robot; leave it out");
  refused({ relativeActions: ["x", "x"] }, 'has "x", expected different ones');
  refused({ head: "fast" }, "relativeActions (--relative-actions) is set, but head fast goes with absolute actions");
  refused({ headFrom: "runs/head" }, "relativeActions (--relative-actions) is set, but headFrom (--head-from) goes with absolute actions");
  refused({ head: "pi0", cameras: ["front"], imageSize: 64, tokenWeight: 1 }, "relativeActions (--relative-actions) is set, but tokenWeight (--token-weight) goes with absolute actions");
  const { spec } = tinyPolicy().network;
  expect(() => policyNetwork({ ...spec, relativeActions: [true] })).toThrow("flow-mlp: relativeActions is [true], expected a boolean for each of the 2 dimensions of an action");
  expect(() => policyNetwork({ ...spec, obsSize: 1, relativeActions: [false, true] })).toThrow("flow-mlp: relativeActions is [false, true], but dimension 1 of the state is not observed");
});
