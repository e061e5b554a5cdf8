/** @file What the fork tells apart: policies of nearest neighbours that differ only in how they combine what they find. */

import { describe, expect, it } from "vitest";
import { rng, type Rng } from "#engine/array";
import { forkDemonstrations, type ForkDemonstration } from "./demonstrations.ts";
import { fork } from "./environment.ts";

type Pair = readonly [x: number, y: number];

const demonstrations = forkDemonstrations({ episodes: 200, seed: 0 });
const EXECUTE_STEPS = 8;
const NEIGHBOURS = 20;
const EPISODES = 100;

const row = (rows: Float32Array, t: number): Pair => {
  const at = 2 * Math.min(t, rows.length / 2 - 1);
  return [rows[at] ?? NaN, rows[at + 1] ?? NaN];
};

/** Demonstrations that were nearest to the robot at this tick, by its last two places. */
function nearest(places: readonly Pair[], tick: number): ForkDemonstration[] {
  const apart = ({ states }: ForkDemonstration): number =>
    [tick, Math.max(0, tick - 1)].reduce((sum, t) => {
      const [here, there] = [places[t] ?? [NaN, NaN], row(states, t)];
      return sum + Math.hypot(here[0] - there[0], here[1] - there[1]);
    }, 0);
  const distances = demonstrations.map((demonstration) => ({ demonstration, distance: apart(demonstration) }));
  return distances.sort((a, b) => a.distance - b.distance).slice(0, NEIGHBOURS).map(({ demonstration }) => demonstration);
}

/** Gives the actions of the steps from a tick on. */
type Combine = (neighbours: readonly ForkDemonstration[], tick: number, random: Rng) => (step: number) => Pair;

const pick = (neighbours: readonly ForkDemonstration[], random: Rng): ForkDemonstration =>
  neighbours[random.integer(0, neighbours.length)] as ForkDemonstration;

const mean: Combine = (neighbours, tick) => (step) => {
  const actions = neighbours.map((demonstration) => row(demonstration.actions, tick + step));
  const axis = (index: 0 | 1): number => actions.reduce((sum, action) => sum + action[index], 0) / actions.length;
  return [axis(0), axis(1)];
};

const joint: Combine = (neighbours, tick, random) => {
  const { actions } = pick(neighbours, random);
  return (step) => row(actions, tick + step);
};

const everyStepByItself: Combine = (neighbours, tick, random) => (step) => row(pick(neighbours, random).actions, tick + step);

function rollOut(combine: Combine, seed: number) {
  const environment = fork();
  environment.reset(seed);
  const random = rng(seed, "nearest neighbours");
  const state = new Float64Array(2);
  const places: Pair[] = [];
  let chunk: (step: number) => Pair = () => [0, 0];
  for (let tick = 0; tick < environment.maxSteps; tick++) {
    environment.readState(state);
    places.push([state[0] ?? NaN, state[1] ?? NaN]);
    if (tick % EXECUTE_STEPS === 0) chunk = combine(nearest(places, tick), tick, random);
    const result = environment.step(chunk(tick % EXECUTE_STEPS));
    if (result.success || result.collision) return { ...result };
  }
  return { success: false, collision: false, mode: null };
}

function shares(combine: Combine): { success: number; collision: number; left: number } {
  const results = Array.from({ length: EPISODES }, (_, i) => rollOut(combine, 1000 + i));
  const share = (holds: (result: ReturnType<typeof rollOut>) => boolean): number => results.filter(holds).length / EPISODES;
  return { success: share(({ success }) => success), collision: share(({ collision }) => collision), left: share(({ mode }) => mode === 0) };
}

describe("of policies that execute eight steps of a chunk", () => {
  it("one that copies the whole chunk of one demonstration always arrives, both ways about equally often", () => {
    const { success, left } = shares(joint);
    expect(success).toBe(1);
    expect(Math.abs(left - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / EPISODES));
  });

  it("one that does the mean of demonstrations collides in more than four episodes of five", () => {
    expect(shares(mean).collision).toBeGreaterThan(0.8);
  });

  it("one that draws every step from a demonstration of its own collides in more than a quarter", () => {
    expect(shares(everyStepByItself).collision).toBeGreaterThan(0.25);
  });
});
