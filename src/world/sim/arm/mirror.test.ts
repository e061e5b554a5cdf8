/** @file Laws of mirroring and observing the arm. */

import { expect, test } from "vitest";
import { chainKinematics } from "#world/kinematics";
import { demonstrateArm } from "./demonstrate.ts";
import { armEnvironment, armTaskLayout } from "./environment.ts";
import { readSlice, sliceOf } from "./layout.ts";
import { armMirror } from "./mirror.ts";
import { armObservation } from "./observe.ts";
import { ROBOT_CHAIN } from "./robot.ts";
import { ARM_TASKS } from "./tasks/index.ts";

test.each(ARM_TASKS)("the mirror image of an episode of $name is an episode, to a millimetre", async (task) => {
  const environment = await armEnvironment(task);
  const { size } = armTaskLayout(task);
  const mirror = armMirror(task);
  const { states, actions } = demonstrateArm(environment, 5);
  const image = new Float64Array(size);
  mirror.state(states.subarray(0, size), image);
  environment.setState(image);
  const state = new Float64Array(size);
  const action = new Float64Array(10);
  // Both from rest and without the noise: 25 ticks, until things are touched and chance decides more than symmetry.
  for (let tick = 0; tick < 25 && tick < actions.length / 10; tick++) {
    mirror.action(actions.subarray(10 * tick, 10 * tick + 10), action);
    environment.step(action);
  }
  environment.readState(state);
  environment.setState(states.subarray(0, size));
  for (let tick = 0; tick < 25 && tick < actions.length / 10; tick++) environment.step(actions.subarray(10 * tick, 10 * tick + 10));
  const straight = new Float64Array(size);
  environment.readState(straight);
  mirror.state(straight, image);
  state.forEach((value, i) => expect(Math.abs(value - (image[i] ?? NaN))).toBeLessThan(1e-3));
  mirror.state(image, image);
  image.forEach((value, i) => expect(value).toBeCloseTo(straight[i] ?? NaN, 12));
  environment.close();
});

test("mirrored joints put the tool at the mirrored pose", () => {
  const kinematics = chainKinematics(ROBOT_CHAIN);
  const [reach] = ARM_TASKS;
  if (reach === undefined) throw new Error("there are no tasks");
  const layout = armTaskLayout(reach);
  const state = new Float64Array(layout.size);
  const joints = [0.3, -0.5, 0.2, -2, 0.4, 1.6, 0.5];
  kinematics.update(joints);
  state.set(kinematics.toolPosition, sliceOf(layout, "toolPosition").offset);
  state.set(kinematics.toolRotation.subarray(0, 6), sliceOf(layout, "toolRotation").offset);
  state.set(joints, sliceOf(layout, "joints").offset);
  armMirror(reach).state(state, state);
  kinematics.update(readSlice(layout, "joints", state));
  readSlice(layout, "toolPosition", state).forEach((value, i) => expect(kinematics.toolPosition[i]).toBeCloseTo(value, 12));
  readSlice(layout, "toolRotation", state).forEach((value, i) => expect(kinematics.toolRotation[i]).toBeCloseTo(value, 12));
});

test.each(ARM_TASKS)("what is seen of $name does not tell the joints, nor what only the instruction says", (task) => {
  const layout = armTaskLayout(task);
  const { size, observe } = armObservation(task);
  const state = Float64Array.from({ length: layout.size }, (_, i) => 0.1 + 0.01 * i);
  const [seen, again] = [new Float64Array(size), new Float64Array(size)];
  observe(state, seen, 0);
  state.set(Array<number>(7).fill(9), sliceOf(layout, "joints").offset);
  const instructed = task.goalNames.findIndex((name) => !["x", "y", "z"].includes(name));
  if (instructed >= 0) state[sliceOf(layout, "goal").offset + instructed] = 9;
  observe(state, again, 0);
  expect(again).toEqual(seen);
  expect(() => observe(state, seen, 1)).toThrow(`expected ${layout.size} and at least ${size}`);
});

test("objects and goals are seen from the tool", () => {
  const task = ARM_TASKS.find(({ name }) => name === "pick-place");
  if (task === undefined) throw new Error("there is no pick-place");
  const layout = armTaskLayout(task);
  const state = new Float64Array(layout.size);
  state.set([0.4, 0.1, 0.2], sliceOf(layout, "toolPosition").offset);
  state.set([0.36, 0.12, 0.02, 1, 0, 0, 0], sliceOf(layout, "redPosition").offset);
  state.set([0.6, -0.1], sliceOf(layout, "goal").offset);
  const out = new Float64Array(armObservation(task).size);
  armObservation(task).observe(state, out, 0);
  const rounded = [...out].map((value) => Number(value.toFixed(9)) + 0);
  expect(rounded.slice(10)).toEqual([-0.04, 0.02, -0.18, 1, 0, 0, 0, 1, 0, 0.2, -0.2]);
});
