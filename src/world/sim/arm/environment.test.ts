/** @file Laws of the arm's environments beyond those of every environment: grasping, control, determinism, divergence. */

import { afterEach, describe, expect, it, test } from "vitest";
import { rng } from "#engine/array";
import { rotation6dFromQuat } from "#world/kinematics";
import type { Environment, StepResult } from "../environment.ts";
import { demonstrateArm } from "./demonstrate.ts";
import { armEnvironment, armTaskLayout } from "./environment.ts";
import type { Phase } from "./expert.ts";
import { ARM_EXPERTS } from "./experts/index.ts";
import { readSlice, sliceOf } from "./layout.ts";
import { DOWN, WORKSPACE } from "./servo.ts";
import type { ArmTask } from "./task.ts";
import { ARM_TASKS } from "./tasks/index.ts";

const taskOf = (name: string): ArmTask => ARM_TASKS.find((task) => task.name === name) as ArmTask; // names below are of the list

const open: Environment[] = [];
async function made(name: string): Promise<Environment> {
  const environment = await armEnvironment(taskOf(name));
  open.push(environment);
  return environment;
}
afterEach(() => {
  for (const environment of open.splice(0)) environment.close();
});

const stateOf = (environment: Environment): Float64Array => {
  const state = new Float64Array(environment.stateSize);
  environment.readState(state);
  return state;
};
const read = (environment: Environment, slice: string): number[] => readSlice(armTaskLayout(taskOf(environment.name)), slice, stateOf(environment));
const toolAction = (position: readonly number[], gripper: number): number[] => [...position, ...rotation6dFromQuat(DOWN), gripper];
const hold = (environment: Environment, action: readonly number[], ticks: number): void => {
  for (let tick = 0; tick < ticks; tick++) environment.step(action);
};

describe("the tool", () => {
  it("goes where an action says, to a millimetre, and keeps pointing down", async () => {
    const environment = await made("reach");
    environment.reset(0);
    for (const position of [[0.5, 0.2, 0.1], [0.6, -0.2, 0.3], [0.35, 0, 0.05]]) {
      hold(environment, toolAction(position, -1), 30);
      read(environment, "toolPosition").forEach((value, axis) => expect(Math.abs(value - (position[axis] ?? NaN))).toBeLessThan(1e-3));
      read(environment, "toolRotation").forEach((value, i) => expect(value).toBeCloseTo(rotation6dFromQuat(DOWN)[i] ?? NaN, 2));
    }
  });

  it("asked for a place out of reach goes to the workspace's edge, without breaking anything", async () => {
    const environment = await made("reach");
    environment.reset(0);
    hold(environment, toolAction([5, 0, 0.3], -1), 60);
    const [x = NaN, y = NaN, z = NaN] = read(environment, "toolPosition");
    expect(Math.hypot(x - (WORKSPACE.high[0] ?? NaN), y, z - 0.3)).toBeLessThan(2e-3);
    expect(environment.step(toolAction([5, 0, 0.3], -1)).failure).toBeNull();
  });

  it("never moves a joint faster than it can turn, whatever is asked", async () => {
    const environment = await made("reach");
    environment.reset(3);
    let before = read(environment, "joints");
    for (const x of [0.7, 0.3, 0.7, 0.3]) {
      for (let tick = 0; tick < 8; tick++) {
        environment.step(toolAction([x, x - 0.5, 0.3], -1));
        const after = read(environment, "joints");
        // Servos that catch up are a little faster than what they are told.
        after.forEach((value, i) => expect(Math.abs(value - (before[i] ?? NaN))).toBeLessThan(1.25 * (2.175 / 20)));
        before = after;
      }
    }
  });

  it("keeps its rotation where an action's two rows say none", async () => {
    const environment = await made("reach");
    environment.reset(0);
    hold(environment, [0.5, 0, 0.3, ...Array<number>(6).fill(0), -1], 30);
    read(environment, "toolRotation").forEach((value, i) => expect(value).toBeCloseTo(rotation6dFromQuat(DOWN)[i] ?? NaN, 2));
  });
});

test("closed on a cube the gripper holds it, open it lets it fall", async () => {
  const environment = await made("lift");
  const state = stateOf(environment);
  environment.reset(0);
  environment.readState(state);
  const layout = armTaskLayout(taskOf("lift"));
  state.set([0.5, 0, 0.02, 1, 0, 0, 0], sliceOf(layout, "redPosition").offset);
  environment.setState(state);
  hold(environment, toolAction([0.5, 0, 0.02], -1), 30);
  hold(environment, toolAction([0.5, 0, 0.02], 1), 6);
  hold(environment, toolAction([0.5, 0, 0.25], 1), 40);
  expect(read(environment, "redPosition")[2]).toBeCloseTo(0.25, 2);
  expect(read(environment, "opening")[0]).toBeCloseTo(0.04, 2);
  hold(environment, toolAction([0.5, 0, 0.25], -1), 20);
  expect(read(environment, "redPosition")[2]).toBeCloseTo(0.02, 3);
});

test("a posture that the arm cannot have is refused, with the limits", async () => {
  const environment = await made("reach");
  const state = stateOf(environment);
  environment.reset(0);
  environment.readState(state);
  const layout = armTaskLayout(taskOf("reach"));
  const changed = (name: string, value: number): Float64Array => (state.slice().fill(value, sliceOf(layout, name).offset, sliceOf(layout, name).offset + 1));
  expect(() => environment.setState(changed("joints", 5))).toThrow("reach.setState: joint1 is 5 rad, expected -2.8973 to 2.8973");
  expect(() => environment.setState(changed("opening", 0.3))).toThrow("reach.setState: opening is 0.3 m, expected 0 to 0.08");
});

test("a held cube put back by its state is still held", async () => {
  const environment = await made("lift");
  const { states, length } = demonstrateArm(environment, 4);
  const S = environment.stateSize;
  const last = Float64Array.from(states.subarray((length - 1) * S, length * S));
  environment.setState(last);
  const height = (read(environment, "redPosition")[2] ?? NaN) - 0.02;
  hold(environment, [...read(environment, "toolPosition"), ...read(environment, "toolRotation"), 1], 20);
  expect((read(environment, "redPosition")[2] ?? NaN) - 0.02).toBeGreaterThan(height - 0.005);
});

describe.each(ARM_TASKS)("$name", ({ name, modes }) => {
  it("is solved by its expert, which earns 1 and says what it was asked", async () => {
    const environment = await made(name);
    const taken = new Set<number | null>();
    for (const seed of [100, 101, 102, 103]) {
      const { success, failure, mode, instruction, states, actions, length } = demonstrateArm(environment, seed);
      expect([seed, success, failure]).toEqual([seed, true, null]);
      expect([states.length, actions.length]).toEqual([length * environment.stateSize, length * 10]);
      expect(instruction).toBe(environment.instruction);
      taken.add(mode);
    }
    const known = [...taken].filter((mode) => (mode === null ? modes.length === 0 : mode in modes));
    expect(known).toEqual([...taken]);
  });

  it("is solved by its expert from most places where it was upset, the same way each time", async () => {
    const environment = await made(name);
    const opening = sliceOf(armTaskLayout(taskOf(name)), "opening").offset;
    const seeds = Array.from({ length: 10 }, (_, i) => 200 + i);
    const upsets = seeds.map((seed) => demonstrateArm(environment, seed, { upsetShare: 1 }));
    // What is knocked off the table, or into what must not be pressed, is lost.
    expect(upsets.filter(({ success }) => success).length).toBeGreaterThanOrEqual(7);
    expect(upsets.map(({ failure }) => failure)).toEqual(seeds.map(() => null));
    expect(demonstrateArm(environment, 200, { upsetShare: 1 })).toEqual(upsets[0]);
    const isOpen = upsets.map(({ states }) => (states[opening] ?? NaN) > 0.06);
    expect(new Set(isOpen)).toEqual(new Set([true, false]));
    const away = upsets.map(({ seed, states }) => (environment.reset(seed), Math.hypot(...read(environment, "toolPosition").map((value, axis) => value - (states[axis] ?? NaN)))));
    expect(Math.min(...away)).toBeGreaterThan(0.01);
  });

  it("is upset in the share of demonstrations that is asked for, and in none else", async () => {
    const environment = await made(name);
    const seeds = [300, 301, 302, 303, 304, 305, 306, 307];
    const isUpset = (seed: number, upsetShare: number): boolean => String(demonstrateArm(environment, seed, { upsetShare }).states.slice(0, 3)) !== String(demonstrateArm(environment, seed).states.slice(0, 3));
    expect(seeds.map((seed) => isUpset(seed, 0))).toEqual(seeds.map(() => false));
    const half = seeds.filter((seed) => isUpset(seed, 0.5)).length;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(seeds.length);
  });

  it("does nothing by itself: standing still does not solve it, and things stay where they are", async () => {
    const environment = await made(name);
    environment.reset(7);
    const before = stateOf(environment);
    const [tool, rotation] = [read(environment, "toolPosition"), read(environment, "toolRotation")];
    let success = false;
    for (let tick = 0; tick < 40; tick++) success ||= environment.step([...tool, ...rotation, -1]).success;
    expect(success).toBe(false);
    // Joints go on to drift towards the home posture, rad, under a tool that stands still.
    stateOf(environment).forEach((value, i) => expect(Math.abs(value - (before[i] ?? NaN))).toBeLessThan(5e-3));
  });

  it("is the same to the bit for the same seed and actions, in another model too", async () => {
    const [first, second] = [await made(name), await made(name)];
    demonstrateArm(second, 1);
    const [a, b] = [demonstrateArm(first, 2), demonstrateArm(second, 2)];
    expect(b).toEqual(a);
    expect(stateOf(second)).toEqual(stateOf(first));
  });
});

test("with several ways experts take each about equally often, by a coin that the state does not tell", () => {
  // Open, so nothing is held.
  const view = { read: (slice: string) => (slice === "goal" ? [0] : slice === "opening" ? [0.08] : [0, 0, 0, 1]) };
  const shareOf = (name: string, isFirst: (phases: readonly Phase[]) => boolean): number => {
    const draws = Array.from({ length: 400 }, (_, seed) => isFirst(ARM_EXPERTS[name]?.phases(view, rng(seed, "coin")) ?? []));
    return draws.filter(Boolean).length / draws.length;
  };
  const cubes = { read: (slice: string) => (slice === "redPosition" ? [1, 0, 0] : [0, 0, 0, 1]) };
  // The first phase behind picking up goes aside.
  const left = shareOf("pick-place", (phases) => (phases[4]?.to(view).position[1] ?? NaN) > 0);
  const redFirst = shareOf("sort", ([first]) => first?.to(cubes).position[0] === 1);
  for (const share of [left, redFirst]) expect(Math.abs(share - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / 400));
});

test("a simulation that blows up fails the episode, says why, and leaves the state before it", async () => {
  const environment = await made("lift");
  environment.reset(0);
  const state = stateOf(environment);
  const layout = armTaskLayout(taskOf("lift"));
  // The cube is so deep below the table that the contact's push blows everything up.
  const blown = state.slice();
  blown.set([0.5, 0, -1e9], sliceOf(layout, "redPosition").offset);
  environment.setState(blown);
  let result: StepResult | undefined;
  let before = state;
  for (let tick = 0; tick < 20 && (result?.failure ?? null) === null; tick++) {
    before = stateOf(environment);
    result = environment.step(toolAction([0.5, 0, 0.2], -1));
  }
  expect(result).toMatchObject({ success: false, reward: 0 });
  expect(result?.failure).toMatch(/\w+/);
  expect(stateOf(environment)).toEqual(before);
  const stuck = stateOf(environment);
  environment.step(toolAction([0.3, 0, 0.2], -1));
  expect(stateOf(environment)).toEqual(stuck);
  environment.reset(0);
  expect(environment.step(toolAction([0.5, 0, 0.2], -1)).failure).toBeNull();
  expect(stateOf(environment)).not.toEqual(stuck);
});

test("pressing the post is a collision, which ends the hope of success", async () => {
  const environment = await made("pick-place");
  environment.reset(0);
  hold(environment, toolAction([0.38, 0, 0.075], 1), 20);
  let result = environment.step(toolAction([0.38, 0, 0.075], 1));
  expect(result.collision).toBe(false);
  for (let tick = 0; tick < 20; tick++) result = environment.step(toolAction([0.7, 0, 0.075], 1));
  expect(result).toMatchObject({ collision: true, reward: 0, success: false });
});

test("a state that asks for nothing that there is is refused", async () => {
  const environment = await made("stack");
  environment.reset(0);
  const state = stateOf(environment);
  state.set([1, 1], sliceOf(armTaskLayout(taskOf("stack")), "goal").offset);
  expect(() => environment.setState(state)).toThrow("stack: goal is [1, 1]");
});
