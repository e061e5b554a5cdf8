/** @file Laws that every environment obeys. */

import { describe, expect, it } from "vitest";
import { rng } from "#engine/array";
import type { Environment, StepResult } from "./environment.ts";
import { ENVIRONMENT_NAMES, makeEnvironment } from "./make-environment.ts";

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
  it("repeats itself for the same seed and actions", () => {
    const first = makeEnvironment(name);
    const second = makeEnvironment(name);
    first.reset(3);
    const once = rollout(first, "actions", 60);
    second.reset(4);
    rollout(second, "other actions", 20);
    second.reset(3);
    expect(rollout(second, "actions", 60)).toEqual(once);
    second.reset(4);
    expect(rollout(second, "actions", 60)).not.toEqual(once);
  });

  it("is not disturbed by another environment stepped in between", () => {
    const alone = makeEnvironment(name);
    const watched = makeEnvironment(name);
    const other = makeEnvironment(name);
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

  it("gives back the state it was put in, and goes on from there at rest", () => {
    const environment = makeEnvironment(name);
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

  it("has sizes and limits that agree, and rewards in [0, 1]", () => {
    const environment = makeEnvironment(name);
    expect(environment.name).toBe(name);
    expect(environment.actionLow).toHaveLength(environment.actionSize);
    expect(environment.actionHigh).toHaveLength(environment.actionSize);
    environment.reset(0);
    const result = environment.step(environment.actionLow);
    expect(result.reward).toBeGreaterThanOrEqual(0);
    expect(result.reward).toBeLessThanOrEqual(1);
    expect(environment.step(environment.actionLow)).toBe(result);
  });

  it("refuses actions and states of the wrong size or without a value", () => {
    const environment = makeEnvironment(name);
    environment.reset(0);
    expect(() => environment.step([])).toThrow("got 0 numbers");
    expect(() => environment.step(environment.actionLow.map(() => NaN))).toThrow("NaN");
    expect(() => environment.setState([])).toThrow("got 0 numbers");
    expect(() => environment.readState(new Float64Array(0))).toThrow("holds 0");
  });
});

it.each(ENVIRONMENT_NAMES)("%s can be drawn: its scene places shapes by entries that a state has, and shows where the robot starts", (name) => {
  const environment = makeEnvironment(name);
  const { shapes, robot, view } = environment.scene;
  const entries = shapes.flatMap(({ place }) => (place.kind === "moving" ? [place.x, place.y, place.angle ?? 0] : []));
  for (const entry of [...entries, robot.x, robot.y]) expect(entry in new Float64Array(environment.stateSize)).toBe(true);
  expect(shapes.map(({ role }) => role)).toEqual(expect.arrayContaining(["goal", "agent"]));
  for (let seed = 0; seed < 20; seed++) {
    environment.reset(seed);
    const state = new Float64Array(environment.stateSize);
    environment.readState(state);
    const within = (value: number = NaN, a: number, b: number): boolean => (value - a) * (value - b) < 0;
    expect(within(state[robot.x], view.left, view.right)).toBe(true);
    expect(within(state[robot.y], view.top, view.bottom)).toBe(true);
  }
});

it("makeEnvironment names the environments it knows when asked for another", () => {
  expect(() => makeEnvironment("push-x")).toThrow('got "push-x", expected one of push-t, fork');
});
