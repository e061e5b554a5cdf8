/** @file Laws that every environment obeys. */

import { afterEach, describe, expect, it } from "vitest";
import { rng } from "#engine/array";
import type { Environment, StepResult } from "./environment.ts";
import { ENVIRONMENT_NAMES, environmentFacts, makeEnvironment } from "./make-environment.ts";

const open: Environment[] = [];
async function made(name: string): Promise<Environment> {
  const environment = await makeEnvironment(name);
  open.push(environment);
  return environment;
}
afterEach(() => {
  for (const environment of open.splice(0)) environment.close();
});

const numbersOf = ({ reward, success, collision, coverage, mode }: StepResult): number[] => [
  reward,
  Number(success),
  Number(collision),
  coverage ?? -1,
  mode ?? -1,
];

/** Random actions within the limits; returns all states and rewards, flat. */
function rollout(environment: Environment, key: string, steps: number): number[] {
  const random = rng(0, key);
  const state = new Float64Array(environment.stateSize);
  const action = new Float64Array(environment.actionSize);
  const seen: number[] = [];
  for (let t = 0; t < steps; t++) {
    for (let i = 0; i < action.length; i++) {
      const low = environment.actionLow[i] ?? 0;
      action[i] = low + random.uniform() * ((environment.actionHigh[i] ?? 0) - low);
    }
    const result = environment.step(action);
    environment.readState(state);
    seen.push(...state, ...numbersOf(result));
  }
  return seen;
}

describe.each(ENVIRONMENT_NAMES)("%s", (name) => {
  it("repeats itself for the same seed and actions", async () => {
    const first = await made(name);
    const second = await made(name);
    first.reset(3);
    const once = rollout(first, "actions", 60);
    second.reset(4);
    rollout(second, "other actions", 20);
    second.reset(3);
    expect(rollout(second, "actions", 60)).toEqual(once);
    second.reset(4);
    expect(rollout(second, "actions", 60)).not.toEqual(once);
  });

  it("is not disturbed by another environment stepped in between", async () => {
    const alone = await made(name);
    const watched = await made(name);
    const other = await made(name);
    alone.reset(5);
    watched.reset(5);
    other.reset(6);
    const expected = rollout(alone, "actions", 30);
    const seen: number[] = [];
    const state = new Float64Array(watched.stateSize);
    const random = rng(0, "actions");
    for (let t = 0; t < 30; t++) {
      const action = watched.actionLow.map((low, i) => low + random.uniform() * ((watched.actionHigh[i] ?? 0) - low));
      const result = watched.step(action);
      watched.readState(state);
      seen.push(...state, ...numbersOf(result));
      other.step(other.actionHigh);
    }
    expect(seen).toEqual(expected);
  });

  it("gives back the state it was put in, and goes on from there at rest", async () => {
    const environment = await made(name);
    environment.reset(1);
    const state = new Float64Array(environment.stateSize);
    environment.readState(state);
    environment.setState(state);
    const once = rollout(environment, "actions", 20);
    const back = new Float64Array(environment.stateSize);
    environment.setState(state);
    environment.readState(back);
    for (let i = 0; i < state.length; i++) expect(back[i]).toBeCloseTo(state[i] ?? NaN, 10);
    expect(rollout(environment, "actions", 20)).toEqual(once);
  });

});

describe.each(ENVIRONMENT_NAMES)("%s", (name) => {
  it("says what to do in the episode, the same for the same seed", async () => {
    const environment = await made(name);
    for (const seed of [0, 1]) {
      environment.reset(seed);
      const { instruction } = environment;
      expect(instruction).toMatch(/\w+ \w+/);
      environment.reset(2);
      environment.reset(seed);
      expect(environment.instruction).toBe(instruction);
    }
  });

  it("has sizes and limits that agree, and rewards in [0, 1]", async () => {
    const environment = await made(name);
    expect(environment.name).toBe(name);
    expect(environment).toMatchObject(environmentFacts(name));
    expect(environment.actionLow).toHaveLength(environment.actionSize);
    expect(environment.actionHigh).toHaveLength(environment.actionSize);
    environment.reset(0);
    const result = environment.step(environment.actionLow);
    expect(result.reward).toBeGreaterThanOrEqual(0);
    expect(result.reward).toBeLessThanOrEqual(1);
    expect(environment.step(environment.actionLow)).toBe(result);
  });

  it("refuses actions and states of the wrong size or without a value", async () => {
    const environment = await made(name);
    environment.reset(0);
    expect(() => environment.step([])).toThrow("got 0 numbers");
    expect(() => environment.step(environment.actionLow.map(() => NaN))).toThrow("NaN");
    expect(() => environment.setState([])).toThrow("got 0 numbers");
    expect(() => environment.readState(new Float64Array(0))).toThrow("holds 0");
  });
});

it.each(ENVIRONMENT_NAMES)("%s can be drawn: its scene places shapes by entries that a state has, and shows where the robot starts", async (name) => {
  const environment = await made(name);
  const { shapes, robot, view } = environment.scene;
  const entries = shapes.flatMap(({ place }) => (place.kind === "moving" ? [place.x, place.y, place.angle ?? 0] : []));
  for (const entry of [...entries, robot.x, robot.y]) expect(entry in new Float64Array(environment.stateSize)).toBe(true);
  const roles = shapes.map(({ role }) => role);
  expect(roles).toContain("agent");
  expect(roles.includes("goal") || roles.includes("block")).toBe(true);
  for (let seed = 0; seed < 20; seed++) {
    environment.reset(seed);
    const state = new Float64Array(environment.stateSize);
    environment.readState(state);
    const within = (value: number = NaN, a: number, b: number): boolean => (value - a) * (value - b) < 0;
    expect(within(state[robot.x], view.left, view.right)).toBe(true);
    expect(within(state[robot.y], view.top, view.bottom)).toBe(true);
  }
});

it("makeEnvironment names the environments it knows when asked for another", async () => {
  await expect(makeEnvironment("push-x")).rejects.toThrow(`got "push-x", expected one of ${ENVIRONMENT_NAMES.join(", ")}`);
  expect(() => environmentFacts("push-x")).toThrow("environmentFacts: got");
});
