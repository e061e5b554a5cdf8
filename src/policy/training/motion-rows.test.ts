/** @file Laws of motion without observations: where it comes from, and that conditions go with their actions. */

import { expect, test } from "vitest";
import { rotation6dFromMatrix, chainKinematics, PANDA } from "#world/kinematics";
import { tinyDataset } from "#testing";
import { ACTION, columnRows, STATE } from "#world/data";
import { mirrorPushTAction } from "#world/sim";
import { headActionStart, headTrainerConfig, resolveHeadConfig, type HeadConfig } from "./head-config.ts";
import { demonstratedRows, generatedRows, headProvenance } from "./motion-rows.ts";
import { fitNormalizers, trainingBatches } from "./batches.ts";
import { untrainedPolicy } from "./trainer.ts";
import { TASK_NAMES, taskOf } from "./tasks.ts";

const config = (overrides: Partial<HeadConfig> = {}): HeadConfig =>
  resolveHeadConfig("smoke", { width: 32, horizon: 4, episodes: 3, ticks: 20, ...overrides });

test("generated actions are the poses of the joints of the same tick", () => {
  const { observations, actions, obsSize, actionSize } = generatedRows(config());
  expect([obsSize, actionSize, actions.length, actions[0]?.length]).toEqual([8, 10, 3, 200]);
  const kinematics = chainKinematics(PANDA);
  for (const tick of [0, 7, 19]) {
    const told = observations[1]?.subarray(tick * 8, tick * 8 + 8) ?? [];
    kinematics.update(told.slice(0, 7));
    const expected = [...kinematics.toolPosition, ...rotation6dFromMatrix(kinematics.toolRotation), told[7]];
    const written = Array.from(actions[1]?.subarray(tick * 10, tick * 10 + 10) ?? []);
    written.forEach((value, i) => expect(value).toBeCloseTo(Number(expected[i]), 5));
  }
});

test("under poses a head is told what it is to write, under nothing a zero", () => {
  const pose = generatedRows(config({ condition: "pose" }));
  expect([pose.obsSize, pose.observations]).toEqual([10, pose.actions]);
  const none = generatedRows(config({ condition: "none" }));
  expect(none.obsSize).toBe(1);
  expect(none.observations.map((rows) => [rows.length, Math.max(...rows), Math.min(...rows)])).toEqual([[20, 0, 0], [20, 0, 0], [20, 0, 0]]);
});

test("every action of a window has its condition, tick by tick", () => {
  const settings = config({ condition: "pose" });
  const rows = generatedRows(settings);
  const { network } = untrainedPolicy(headTrainerConfig(settings), rows);
  const normalizers = fitNormalizers(rows, "limits");
  const batches = trainingBatches(network, rows, normalizers, { seed: 0, batch: 16, actionStart: headActionStart(settings) });
  batches.fill(3);
  expect(batches.feeds["observation"]?.data).toEqual(batches.feeds["actions"]?.data);
  // Windows end at every frame, so the first three of an episode begin before it.
  expect(Array.from(batches.feeds["isPad"]?.data as Uint8Array).some((pad) => pad === 1)).toBe(true);
});

test("demonstrated motion is the columns of the task: what is pushed to, and where the robot is", () => {
  const dataset = tinyDataset();
  const rows = demonstratedRows(config({ data: ["push-t"], condition: "pose" }), [dataset]);
  expect(rows.actions).toEqual(dataset.episodes.map(({ columns }) => columns["action"]));
  const states = dataset.episodes[0]?.columns["observation.state"] ?? [];
  expect(Array.from(rows.observations[0]?.subarray(0, 4) ?? [])).toEqual([states[0], states[1], states[5], states[6]]);
});

test("mirror images follow the demonstrations", () => {
  const dataset = tinyDataset();
  const rows = demonstratedRows(config({ data: ["push-t"], condition: "none", mirror: true }), [dataset]);
  expect(rows.actions).toHaveLength(6);
  const image = new Float64Array(2);
  mirrorPushTAction(dataset.episodes[0]?.columns["action"]?.subarray(0, 2) ?? [], image);
  expect(Array.from(rows.actions[3]?.subarray(0, 2) ?? [])).toEqual(Array.from(Float32Array.from(image)));
});

test("several datasets follow one another, each with the columns of its task", () => {
  const [one, other] = [tinyDataset(), { ...tinyDataset(), name: "other" }];
  const settings = config({ data: ["push-t", "b"], task: "push-t", condition: "pose" });
  const alone = demonstratedRows(config({ data: ["push-t"], condition: "pose" }), [one]);
  const both = demonstratedRows(settings, [one, other]);
  expect([both.actions, both.observations]).toEqual([[...alone.actions, ...alone.actions], [...alone.observations, ...alone.observations]]);
  expect(headProvenance(settings, both).data).toEqual(["push-t", "b"]);
});

test("the tasks of the arm have the same columns, so that one head learns from all of them", () => {
  const { task, target, conditionColumns } = config({ data: ["reach", "lift", "pick-place"] });
  expect([task, target, conditionColumns]).toEqual([undefined, taskOf("lift").motion.target, taskOf("lift").motion.joints]);
});

test("datasets whose columns give rows of other sizes are refused, each named", () => {
  const whole = tinyDataset();
  const episodes = whole.episodes.map((episode) => ({ ...episode, columns: { ...episode.columns, [ACTION]: new Float32Array(episode.length) } }));
  const narrow = { ...whole, name: "narrow", features: { ...whole.features, [ACTION]: { dtype: "float32" as const, shape: [1], names: null } }, episodes };
  const settings = config({ data: ["a", "b"], condition: "none", target: ["action"] });
  expect(() => demonstratedRows(settings, [whole, narrow])).toThrow(/datasets do not go together, ".+" gives 2 under 1, "narrow" gives 1 under 1/);
});

test.each(TASK_NAMES)("the columns of %s are in its demonstrations, and its target has as many numbers as its actions", (name) => {
  const { motion, actionSize, facts } = taskOf(name);
  const blank = (width: number) => ({ dtype: "float32" as const, shape: [width], names: null });
  const features = { [STATE]: blank(facts.stateSize), [ACTION]: blank(actionSize) };
  const empty = { ...tinyDataset(), features, episodes: [] };
  expect(columnRows(empty, motion.target).size).toBe(actionSize);
  expect(columnRows(empty, motion.pose).size).toBeGreaterThan(1);
  expect(columnRows(empty, motion.joints ?? motion.pose).size).toBeGreaterThan(1);
});

test("the joints of the arm's tasks are its joints, and their poses where the tool is", () => {
  const { motion, expert } = taskOf("lift");
  expect(motion.joints).toEqual(["observation.state:10-16", "action:9"]);
  expect(expert?.stateNames.slice(10, 17)).toEqual(PANDA.joints.map(({ name }) => `joints_${name}`));
  expect(expert?.stateNames.slice(0, 9).every((word) => word.startsWith("toolPosition_") || word.startsWith("toolRotation_"))).toBe(true);
  expect(expert?.actionNames[9]).toBe("gripper");
});

test("who names a task has to have its columns, at its rate", () => {
  const settings = config({ data: ["some/folder"], task: "push-t", condition: "pose" });
  const dataset = tinyDataset();
  const wider = { ...dataset, features: { ...dataset.features, [STATE]: { dtype: "float32", shape: [6], names: null } as const }, episodes: dataset.episodes.map((episode) => ({ ...episode, columns: { ...episode.columns, [STATE]: new Float32Array(6 * episode.length) } })) };
  expect(() => demonstratedRows(settings, [wider])).toThrow('dataset "tiny": observation.state has 6 values per frame, task push-t has 5');
  expect(() => demonstratedRows(settings, [{ ...dataset, fps: 30 }])).toThrow('dataset "tiny": it has 30 frames/s, task push-t ticks at 10 Hz; resample it, or is it a dataset of another task?');
});

test("generated motion has the names and the rate of the arm's actions", () => {
  const settings = config({ data: ["kinematics"], episodes: 2, ticks: 20, horizon: 4 });
  expect(headProvenance(settings, generatedRows(settings))).toMatchObject({ actionNames: ["x", "y", "z", "r1x", "r1y", "r1z", "r2x", "r2y", "r2z", "gripper"], rateHz: 20 });
});

test("what a head was trained on is told, with the range of every action", () => {
  const settings = config({ data: ["push-t"], condition: "pose" });
  const rows = demonstratedRows(settings, [tinyDataset()]);
  const { actionRange, ...rest } = headProvenance(settings, rows);
  expect(rest).toEqual({ stage: 1, data: ["push-t"], condition: "pose", target: ["action"], actionNames: ["x", "y"], rateHz: 10 });
  const x = rows.actions.flatMap((chunk) => Array.from(chunk).filter((_, i) => i % 2 === 0));
  expect([actionRange.min[0], actionRange.max[0]]).toEqual([Math.min(...x), Math.max(...x)]);
});

test.each([
  [{ data: ["push-t"] }, "condition (--condition) is joints, but task push-t has none for it"],
  [{ data: ["some/folder"], condition: "pose" }, "it is not known what the columns of some/folder are; name their task with --task, or the columns with --target"],
  [{ data: ["some/folder"], condition: "pose", target: ["action"] }, "condition (--condition) is pose, but no task is named for it"],
  [{ data: ["push-t", "some/folder"], condition: "pose" }, "it is not known what the columns of some/folder are"],
  [{ data: ["kinematics", "push-t"] }, "data (--data) is kinematics, push-t, but generated motion stands alone; leave kinematics out, or the datasets"],
  [{ data: ["push-t", "lift"], condition: "pose" }, "data (--data) are of tasks with other columns, push-t action, lift observation.state:0-8,action:9; name those to use with --target"],
  [{ head: "fast" }, "head (--head) is fast, whose tokenizer belongs to one dataset; pre-train a diffusion, flow or regression head"],
  [{ target: ["action"] }, "leave them out for generated motion"],
  [{ mirror: true }, "generated motion has no mirror images; use --no-mirror"],
  [{ warmupSteps: 100 }, "warmupSteps (--warmup-steps) is 100, expected fewer than steps (--steps), 60"],
] as const)("a configuration that contradicts itself is refused: %j", (overrides, message) => {
  expect(() => resolveHeadConfig("smoke", overrides as Partial<HeadConfig>)).toThrow(message);
});

test("columns by hand come before those of a task, and stand in for them", () => {
  const { target, conditionColumns } = config({ data: ["a/folder"], condition: "joints", target: ["action:0-1"], conditionColumns: ["observation.state:0-1"] });
  expect([target, conditionColumns]).toEqual([["action:0-1"], ["observation.state:0-1"]]);
  expect(config({ data: ["a/folder"], task: "lift" })).toMatchObject({ task: "lift", conditionColumns: ["observation.state:10-16", "action:9"] });
});

test("generated episodes shorter than a chunk, and mirror images without a task, are refused", () => {
  expect(() => generatedRows(config({ ticks: 3 }))).toThrow("ticks (--ticks) is 3, expected at least the horizon, 4");
  const settings = config({ data: ["a"], condition: "none", target: ["action"], mirror: true });
  expect(() => demonstratedRows(settings, [tinyDataset()])).toThrow("no task is named (--task), so no mirror symmetry is known; use --no-mirror");
});
