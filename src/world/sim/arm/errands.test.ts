/** @file Laws of a task's points: at the end of a demonstration things are where they shall be, another goal sends them elsewhere, and colours stay what they are. */

import { describe, expect, test } from "vitest";
import { demonstrateArm } from "./demonstrate.ts";
import { armEnvironment } from "./environment.ts";
import { armPoints } from "./errands.ts";
import { armTask, ARM_TASKS } from "./tasks/index.ts";
import type { ArmTask } from "./task.ts";

type Point = readonly number[];

function pointsAt(task: ArmTask, state: ArrayLike<number>): Point[] {
  const { size, observe } = armPoints(task);
  const out = new Float32Array(size + 1).fill(7);
  observe(state, out, 1);
  expect(out[0]).toBe(7);
  return Array.from({ length: size / 3 }, (_, i) => Array.from(out.subarray(1 + 3 * i, 4 + 3 * i)));
}

async function firstState(task: ArmTask, seed: number): Promise<Float64Array> {
  const environment = await armEnvironment(task);
  environment.reset(seed);
  const state = new Float64Array(environment.stateSize);
  environment.readState(state);
  environment.close();
  return state;
}

const far = (a: Point = [], b: Point = []): number => Math.hypot(...a.map((value, i) => value - (b[i] ?? NaN)));
const isThere = (point: Point): boolean => point.every(Number.isFinite);

describe.each([["pick-place", 0.05], ["stack", 0.02], ["sort", 0.07]] as const)("%s", (name, arrived) => {
  test("what is brought somewhere is far from it at first, and there in the end", async () => {
    const task = armTask(name);
    const environment = await armEnvironment(task);
    const { states } = demonstrateArm(environment, 4);
    environment.close();
    const size = environment.stateSize;
    const [first, last] = [pointsAt(task, states.subarray(0, size)), pointsAt(task, states.subarray(-size))];
    const errands = name === "sort" ? 2 : 1;
    expect(first.slice(0, 4).map(isThere)).toEqual([0, 1, 2, 3].map((i) => i < 2 * errands));
    for (let i = 0; i < 2 * errands; i += 2) {
      expect(far(first[i], first[i + 1])).toBeGreaterThan(0.05);
      expect(far(last[i], last[i + 1])).toBeLessThan(arrived);
    }
  });
});

test.each(ARM_TASKS)("$name: as many points as in any task, of the goal of this episode", async (task) => {
  const points = pointsAt(task, await firstState(task, 1));
  expect(points).toHaveLength(7);
  expect(points.slice(0, 4).filter(isThere)).toHaveLength({ reach: 1, lift: 1, "pick-place": 2, stack: 2, sort: 4 }[task.name] ?? NaN);
  const cubes = { reach: [], lift: ["red"], "pick-place": ["red"], stack: ["red", "green", "blue"], sort: ["red", "blue"] }[task.name];
  expect(["red", "green", "blue"].filter((_, i) => isThere(points[4 + i] ?? []))).toEqual(cubes);
  expect(points.every((point) => isThere(point) || point.every(Number.isNaN))).toBe(true);
});

test("the other goal of sort swaps where the cubes go, and leaves where they are", async () => {
  const task = armTask("sort");
  const state = await firstState(task, 3);
  const [red, redTo, blue, blueTo, ...cubes] = pointsAt(task, state);
  expect([cubes[0], cubes[2]]).toEqual([red, blue]);
  state[state.length - 1] = 1 - (state.at(-1) ?? NaN);
  expect(pointsAt(task, state)).toEqual([red, blueTo, blue, redTo, ...cubes]);
});

test("stack: whatever is asked, each cube is where its colour is asked for; what is asked is one of them", async () => {
  const task = armTask("stack");
  const state = await firstState(task, 3);
  const seen = [[0, 1], [1, 2], [2, 0]].map(([upper = NaN, lower = NaN]) => {
    state.set([upper, lower], state.length - 2);
    const [moved, , , , ...cubes] = pointsAt(task, state);
    expect(moved).toEqual(cubes[upper]);
    return cubes;
  });
  expect(seen).toEqual([seen[0], seen[0], seen[0]]);
});

test("a state of another task is refused", () => {
  const { observe } = armPoints(armTask("lift"));
  expect(() => observe(new Float64Array(5), new Float32Array(12), 0)).toThrow("points of lift: got 5 state numbers and 12 places, expected 24 and at least 21");
});
