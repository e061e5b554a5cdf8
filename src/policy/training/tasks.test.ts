/** @file Laws of tasks: what is learned from a dataset, and its mirror image. */

import { expect, test } from "vitest";
import { mirrorPushTAction, mirrorPushTState, observePushT } from "#world/sim";
import { ACTION, STATE, type Dataset } from "#world/data";
import { tinyRows } from "#testing";
import { MADE_DATASETS, madeDataset, TASK_NAMES, taskOf, type Task } from "./tasks.ts";
import { fitNormalizers } from "./batches.ts";
import { trainingRows } from "./training-rows.ts";

const pushT = taskOf("push-t");

function datasetOf(widths: { readonly state: number; readonly action: number } = { state: 5, action: 2 }): Dataset {
  const { observations, actions } = tinyRows({ obsSize: widths.state, actionSize: widths.action });
  const feature = (width: number) => ({ dtype: "float32" as const, shape: [width], names: null });
  return {
    name: "walks",
    fps: 10,
    robotType: null,
    license: null,
    features: { [STATE]: feature(widths.state), [ACTION]: feature(widths.action) },
    episodes: observations.map((rows, index) => ({
      index,
      length: rows.length / widths.state,
      task: "push",
      columns: { [STATE]: rows, [ACTION]: actions[index] ?? new Float32Array() },
    })),
    skippedFeatures: [],
  };
}

const columnOf = (dataset: Dataset, episode: number, column: string): Float32Array =>
  dataset.episodes[episode]?.columns[column] ?? new Float32Array();

test("a task is found by name; an unknown one is refused with those there are", () => {
  for (const name of TASK_NAMES) expect(taskOf(name).name).toBe(name);
  expect(() => taskOf("push")).toThrow(`there is no task "push"; tasks are ${TASK_NAMES.join(", ")}`);
});

test.each(TASK_NAMES)("the sizes of %s are those of its environment", async (name) => {
  const task = taskOf(name);
  const environment = await task.makeEnvironment();
  expect(environment).toMatchObject(task.facts);
  expect(task.actionSize).toBe(environment.actionSize);
  environment.reset(0);
  const state = new Float64Array(environment.stateSize);
  environment.readState(state);
  const out = new Float32Array(task.view.size + 2).fill(NaN);
  task.view.observe(state, out, 1);
  expect([...out].map(Number.isNaN)).toEqual([true, ...Array<boolean>(task.view.size).fill(false), true]);
});

test.each(TASK_NAMES)("least ranges of %s are as many as its numbers, and are above 0", (name) => {
  const { view, proprioception, actionSize, actionLeastRange } = taskOf(name);
  const counted = [[view.leastRange, view.size], [proprioception?.leastRange, proprioception?.size], [actionLeastRange, actionSize]] as const;
  for (const [ranges, size] of counted) {
    if (ranges === undefined) continue;
    expect(ranges).toHaveLength(size ?? NaN);
    expect(Math.min(...ranges)).toBeGreaterThan(0);
  }
});

test("a tool that always points down is not magnified, in demonstrations and in what a policy makes of them", async () => {
  const task = taskOf("reach");
  const environment = await task.makeEnvironment();
  const shown = [1, 2, 3].flatMap((seed) => task.expert?.demonstrate(environment, seed) ?? []);
  environment.close();
  const features = { [STATE]: { dtype: "float32" as const, shape: [task.facts.stateSize], names: null }, [ACTION]: { dtype: "float32" as const, shape: [10], names: null } };
  const episodes = shown.map(({ states, actions, length }, index) => ({ index, length, task: "reach", columns: { [STATE]: states, [ACTION]: actions } }));
  const dataset: Dataset = { name: "reach", fps: 20, robotType: null, license: null, features, episodes, skippedFeatures: [] };
  const { observation, action } = fitNormalizers(trainingRows(task, dataset, { mirror: false, horizon: 4 }), "limits");
  // Rotation, then the opening, which 25 per m is the whole of.
  expect(Math.max(...observation.scale.slice(3, 9))).toBeLessThanOrEqual(2);
  expect(observation.scale[9]).toBeLessThanOrEqual(25);
  expect(Math.max(...action.scale.slice(3, 10))).toBeLessThanOrEqual(2);
});

test("rows are the observations of the recorded states, and the recorded actions", () => {
  const dataset = datasetOf();
  const rows = trainingRows(pushT, dataset, { mirror: false, horizon: 4 });
  expect(rows).toMatchObject({ obsSize: 18, actionSize: 2 });
  expect(rows.actions[1]).toEqual(columnOf(dataset, 1, ACTION));
  const expected = new Float32Array(18);
  observePushT(columnOf(dataset, 1, STATE).subarray(10, 15), expected, 0);
  expect(rows.observations[1]?.subarray(36, 54)).toEqual(expected);
  expect(rows.observations.map(({ length }) => length / 18)).toEqual([9, 6, 12]);
});

test("with mirror images there are twice the episodes, the originals first and untouched", () => {
  const dataset = datasetOf();
  const plain = trainingRows(pushT, dataset, { mirror: false, horizon: 4 });
  const doubled = trainingRows(pushT, dataset, { mirror: true, horizon: 4 });
  expect(doubled.observations).toHaveLength(6);
  expect(doubled.actions).toHaveLength(6);
  expect(doubled.observations.slice(0, 3)).toEqual(plain.observations);
  expect(doubled.actions.slice(0, 3)).toEqual(plain.actions);
});

test("a mirrored row is the mirror image: of the state first, observed then, and of the action", () => {
  const dataset = datasetOf();
  const rows = trainingRows(pushT, dataset, { mirror: true, horizon: 4 });
  const image = new Float64Array(5);
  mirrorPushTState(columnOf(dataset, 2, STATE).subarray(20, 25), image);
  const observed = new Float32Array(18);
  observePushT(Float32Array.from(image), observed, 0);
  expect(rows.observations[5]?.subarray(4 * 18, 5 * 18)).toEqual(observed);
  const action = new Float32Array(2);
  mirrorPushTAction(columnOf(dataset, 2, ACTION).subarray(8, 10), action);
  expect(rows.actions[5]?.subarray(8, 10)).toEqual(action);
});

test("a task without mirror symmetry says which flag to use", () => {
  const { mirror: _, ...lopsided } = pushT;
  const task: Task = { ...lopsided, name: "lopsided" };
  expect(() => trainingRows(task, datasetOf(), { mirror: true, horizon: 4 })).toThrow(
    "task lopsided has no mirror symmetry; use --no-mirror",
  );
  expect(trainingRows(task, datasetOf(), { mirror: false, horizon: 4 }).actions).toHaveLength(3);
});

test("a dataset of another task is refused by name", () => {
  expect(() => trainingRows(pushT, datasetOf({ state: 4, action: 2 }), { mirror: false, horizon: 4 })).toThrow(
    'dataset "walks": observation.state has 4 values per frame, task push-t has 5; is it a dataset of another task?',
  );
  expect(() => trainingRows(pushT, datasetOf({ state: 5, action: 7 }), { mirror: false, horizon: 4 })).toThrow(
    'dataset "walks": action has 7 values per frame, task push-t has 2',
  );
});

test("a horizon longer than every episode, and NaN, stop before training by name", () => {
  expect(() => trainingRows(pushT, datasetOf(), { mirror: false, horizon: 13 })).toThrow(
    'dataset "walks" cannot be trained on: horizon 13 is longer than every episode; the longest has 12 frames',
  );
  const broken = datasetOf();
  columnOf(broken, 1, ACTION)[3] = NaN;
  expect(() => trainingRows(pushT, broken, { mirror: false, horizon: 4 })).toThrow('NaN in episode 1, frame 1, dimension "1"');
});

test.each(MADE_DATASETS)("%s is made in memory, always the same, and can be trained on with its mirror images", (name) => {
  const dataset = madeDataset(name);
  expect(dataset).toEqual(madeDataset(name));
  const task = TASK_NAMES.map(taskOf).find((candidate) => candidate.dataset === name);
  if (dataset === undefined || task === undefined) throw new Error(`${name} belongs to no task`);
  expect(dataset.fps).toBe(task.facts.rateHz);
  const warnings: string[] = [];
  const rows = trainingRows(task, dataset, { mirror: true, horizon: 16 }, (message) => warnings.push(message));
  expect(rows.observations).toHaveLength(2 * dataset.episodes.length);
  expect(warnings).toEqual([]);
});

test("a dataset that lies in a folder is not made", () => {
  expect(MADE_DATASETS).toEqual(["fork"]);
  for (const name of ["push-t", "./fork", "constructor"]) expect(madeDataset(name)).toBeUndefined();
});
