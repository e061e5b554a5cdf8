/** @file The fork's motion, contacts, reward and modes against closed forms. */

import { describe, expect, it } from "vitest";
import type { Environment } from "../environment.ts";
import { fork } from "./environment.ts";
import { firstContact, FORK_GOAL, FORK_OBSTACLE, START_SPREAD, TOP_SPEED } from "./geometry.ts";

const stateOf = (environment: Environment): number[] => {
  const state = new Float64Array(2);
  environment.readState(state);
  return [...state];
};

/** Where the straight way meets the obstacle. */
const FRONT = FORK_OBSTACLE.x - FORK_OBSTACLE.radius;

describe("fork", () => {
  it("moves by velocity times 0.1 s, clamped to 1 m/s along each axis", () => {
    const environment = fork();
    environment.setState([0.1, -0.5]);
    environment.step([1, -0.5]);
    expect(stateOf(environment)).toEqual([0.2, -0.55]);
    environment.step([-5, 3]);
    expect(stateOf(environment)[0]).toBeCloseTo(0.2 - 0.1 * TOP_SPEED, 12);
    expect(stateOf(environment)[1]).toBeCloseTo(-0.55 + 0.1 * TOP_SPEED, 12);
  });

  it("starts within the square about the origin, evenly on both sides of the axis", () => {
    const environment = fork();
    const starts = Array.from({ length: 400 }, (_, seed) => {
      environment.reset(seed);
      return stateOf(environment);
    });
    expect(Math.max(...starts.flat().map(Math.abs))).toBeLessThanOrEqual(START_SPREAD);
    expect(Math.max(...starts.flat())).toBeGreaterThan(0.95 * START_SPREAD);
    const left = starts.filter(([, y = 0]) => y > 0).length;
    expect(Math.abs(left - 200)).toBeLessThan(3 * 10);
  });

  it("stops for good where it touches the obstacle, with reward 0", () => {
    const environment = fork();
    environment.setState([FRONT - 0.1, 0]);
    expect(environment.step([0.5, 0])).toMatchObject({ collision: false, success: false });
    expect(environment.step([1, 0])).toMatchObject({ collision: true, success: false, reward: 0, mode: null });
    const stopped = stateOf(environment);
    expect(stopped[0]).toBeCloseTo(FRONT, 12);
    expect(environment.step([0, 1])).toMatchObject({ collision: true, success: false, reward: 0 });
    expect(stateOf(environment)).toEqual(stopped);
  });

  it("sees a contact between two ticks, whose places are both clear", () => {
    const environment = fork();
    const from = [FORK_OBSTACLE.x - 0.05, FORK_OBSTACLE.radius - 0.002] as const;
    environment.setState(from);
    expect(Math.hypot(0.05, from[1])).toBeGreaterThan(FORK_OBSTACLE.radius);
    expect(environment.step([1, 0]).collision).toBe(true);
  });

  it("tells the side on which the obstacle's middle is first passed, and forgets it with the episode", () => {
    const environment = fork();
    for (const [mode, y] of [0.5, -0.5].entries()) {
      environment.setState([FORK_OBSTACLE.x - 0.05, y]);
      expect(environment.step([0.4, 0]).mode).toBeNull();
      expect(environment.step([0.4, 0]).mode).toBe(mode);
      environment.step([0, -10 * y]);
      expect(environment.step([-1, 0]).mode).toBe(mode);
      environment.reset(0);
      expect(environment.step([0, 0]).mode).toBeNull();
    }
  });

  it("rewards the share of the way to the goal's rim, and solves within 0.15 m of the goal", () => {
    const environment = fork();
    const rest = (x: number, y: number) => {
      environment.setState([x, y]);
      return { ...environment.step([0, 0]) };
    };
    expect(rest(0, 0).reward).toBe(0);
    expect(rest(-1, 0).reward).toBe(0);
    expect(rest(1, 1).reward).toBeCloseTo((2 - Math.SQRT2) / 1.85, 12);
    expect(rest(FORK_GOAL.x, 0.151)).toMatchObject({ success: false });
    expect(rest(FORK_GOAL.x, 0.149)).toMatchObject({ success: true, reward: 1, collision: false });
  });
});

describe("firstContact", () => {
  const disc = { x: 1, y: 1, radius: 0.5 };

  it.each([
    ["head on", { x: 0, y: 1 }, { x: 2, y: 1 }, 0.25],
    ["from within", { x: 1.1, y: 1 }, { x: 3, y: 1 }, 0],
    ["stopping at the rim", { x: 0, y: 1 }, { x: 0.5, y: 1 }, 1],
    ["off axis", { x: 0, y: 1.3 }, { x: 2, y: 1.3 }, 0.3],
  ])("%s is at the share of the way where the rim is", (_, from, to, share) => {
    expect(firstContact(from, to, disc)).toBeCloseTo(share, 12);
  });

  it.each([
    ["stopping short", { x: 0, y: 1 }, { x: 0.499, y: 1 }],
    ["passing beside", { x: 0, y: 1.501 }, { x: 2, y: 1.501 }],
    ["going away", { x: 0, y: 1 }, { x: -2, y: 1 }],
    ["standing still", { x: 0, y: 1 }, { x: 0, y: 1 }],
  ])("%s is none", (_, from, to) => {
    expect(firstContact(from, to, disc)).toBeNull();
  });
});
