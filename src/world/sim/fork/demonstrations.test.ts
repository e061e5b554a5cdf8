/** @file Laws of the fork's demonstrations: what can be learned from them, and what a policy in the middle meets. */

import { describe, expect, it } from "vitest";
import { forkDemonstrations, type ForkDemonstration } from "./demonstrations.ts";
import { fork } from "./environment.ts";
import { EXPERT_STRAIGHT_TICKS, EXPERT_TICKS, expertJerk, expertPlace } from "./expert.ts";
import { DT_S, FORK_GOAL, FORK_MODES, FORK_OBSTACLE, START_SPREAD } from "./geometry.ts";
import { mirrorFork } from "./mirror.ts";

const demonstrations = forkDemonstrations({ episodes: 200, seed: 0 });

/** Play actions until the episode is over; the last step's facts and the places on the way. */
function play(start: ArrayLike<number>, actions: readonly (readonly [number, number])[]) {
  const environment = fork();
  const state = new Float64Array(2);
  environment.setState(start);
  const places = [Array.from(start)];
  let last = { ...environment.step([0, 0]) };
  for (const action of actions) {
    if (last.success || last.collision) break;
    last = { ...environment.step(action) };
    environment.readState(state);
    places.push([...state]);
  }
  return { ...last, places };
}

const actionsOf = ({ actions }: ForkDemonstration): [number, number][] =>
  Array.from({ length: EXPERT_TICKS }, (_, t) => [actions[2 * t] ?? NaN, actions[2 * t + 1] ?? NaN]);

/** Mean squared third difference over 0.1 s cubed, its root: m/s³. */
function rmsJerk(places: readonly (readonly number[])[]): number {
  const squares = places.slice(3).map((_, i) =>
    [0, 1].reduce((sum, axis) => {
      const [a = 0, b = 0, c = 0, d = 0] = places.slice(i, i + 4).map((place) => place[axis]);
      return sum + ((d - 3 * c + 3 * b - a) / DT_S ** 3) ** 2;
    }, 0),
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

describe("forkDemonstrations", () => {
  it("all succeed when they are played, on the side they mean to take", () => {
    for (const demonstration of demonstrations) {
      const { success, mode } = play(demonstration.states.subarray(0, 2), actionsOf(demonstration));
      expect([success, mode]).toEqual([true, demonstration.path.mode]);
    }
  });

  it("are the same for the same seed, fewer the first of more, and others for another seed", () => {
    expect(forkDemonstrations({ episodes: 20, seed: 0 })).toEqual(demonstrations.slice(0, 20));
    expect(forkDemonstrations({ episodes: 20, seed: 1 })).not.toEqual(demonstrations.slice(0, 20));
  });

  it("show both ways from every start, the coin deciding which comes first", () => {
    let firstLeft = 0;
    for (let pair = 0; pair < 100; pair++) {
      const [a, b] = demonstrations.slice(2 * pair, 2 * pair + 2);
      expect(a?.path.start).toEqual(b?.path.start);
      expect([a?.path.mode, b?.path.mode].sort()).toEqual(FORK_MODES.map((_, mode) => mode));
      firstLeft += a?.path.mode === 0 ? 1 : 0;
    }
    expect(Math.abs(firstLeft - 50)).toBeLessThan(3 * 5);
  });

  it("end in the middle of the goal and stay 0.12 m clear of the obstacle", () => {
    for (const { path } of demonstrations) {
      const end = expertPlace(path, EXPERT_TICKS);
      expect(Math.hypot(end.x - FORK_GOAL.x, end.y - FORK_GOAL.y)).toBeLessThan(1e-12);
      const clearances = Array.from({ length: 20 * EXPERT_TICKS }, (_, i) => {
        const { x, y } = expertPlace(path, i / 20);
        return Math.hypot(x - FORK_OBSTACLE.x, y - FORK_OBSTACLE.y) - FORK_OBSTACLE.radius;
      });
      expect(Math.min(...clearances)).toBeGreaterThan(0.12);
    }
  });

  it("have the jerk of their closed form", () => {
    const path = { start: { x: 0.01, y: -0.02 }, mode: 1, offset: 0.47 };
    const fine = 16;
    const places = Array.from({ length: (EXPERT_TICKS - EXPERT_STRAIGHT_TICKS) * fine + 1 }, (_, i) => {
      const { x, y } = expertPlace(path, EXPERT_STRAIGHT_TICKS + i / fine);
      return [x, y];
    });
    expect(rmsJerk(places) * fine ** 3).toBeCloseTo(expertJerk(path), 2);
    expect(rmsJerk(places.filter((_, i) => i % fine === 0)) / expertJerk(path)).toBeCloseTo(1, 1);
  });

  it("have actions within the limits, with room to spare", () => {
    for (const { actions } of demonstrations) expect(Math.max(...actions.map(Math.abs))).toBeLessThan(0.6);
  });

  it("mirrored, are demonstrations of the other side", () => {
    const demonstration = demonstrations[0];
    const out = new Float64Array(2);
    mirrorFork(demonstration?.states.subarray(0, 2) ?? [], out);
    const start = [...out];
    const actions = actionsOf(demonstration as ForkDemonstration).map((action): [number, number] => {
      mirrorFork(action, out);
      return [out[0] ?? NaN, out[1] ?? NaN];
    });
    const { success, mode } = play(start, actions);
    expect([success, mode]).toEqual([true, 1 - (demonstration?.path.mode ?? NaN)]);
  });

  it("come in pairs, so an odd number of them is refused", () => {
    expect(() => forkDemonstrations({ episodes: 7, seed: 0 })).toThrow("episodes is 7, expected an even integer ≥ 2");
  });
});

describe("a policy that has not chosen a side", () => {
  const pairs = Array.from({ length: 100 }, (_, pair) => demonstrations.slice(2 * pair, 2 * pair + 2).map(actionsOf));
  const startOf = (pair: number): Float32Array => demonstrations[2 * pair]?.states.subarray(0, 2) ?? new Float32Array();

  it("collides when it does the mean of both", () => {
    for (const [pair, [left = [], right = []]] of pairs.entries()) {
      const mean = left.map((action, t): [number, number] => [
        (action[0] + (right[t]?.[0] ?? NaN)) / 2,
        (action[1] + (right[t]?.[1] ?? NaN)) / 2,
      ]);
      expect(play(startOf(pair), mean).collision).toBe(true);
    }
  });

  it("collides even when it chooses after sixteen ticks and then does what the expert does from there on", () => {
    for (const [pair, ways] of pairs.entries()) {
      for (const chosen of ways) {
        const late = chosen.map(([vx, vy], t): [number, number] => [vx, t < 16 ? 0 : vy]);
        expect(play(startOf(pair), late).collision).toBe(true);
      }
    }
  });

  it("sees the same on both sides for eight ticks, and after sixteen places ten spreads of the start away from each other", () => {
    for (let pair = 0; pair < 100; pair++) {
      const [a, b] = demonstrations.slice(2 * pair, 2 * pair + 2);
      const same = 2 * (EXPERT_STRAIGHT_TICKS + 1);
      expect(a?.states.subarray(0, same)).toEqual(b?.states.subarray(0, same));
      expect(Math.abs((a?.states[2 * 16 + 1] ?? NaN) - (b?.states[2 * 16 + 1] ?? NaN))).toBeGreaterThan(2 * 10 * START_SPREAD);
    }
  });
});
