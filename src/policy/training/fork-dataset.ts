/** @file The fork's demonstrations as a dataset: made when they are asked for, always the same. */

import { ACTION, STATE, type Dataset, type Feature } from "#world/data";
import { environmentFacts, EXPERT_TICKS, forkDemonstration, forkDemonstrations } from "#world/sim";
import type { TaskExpert } from "./task.ts";

const INSTRUCTION = "pass the obstacle and go to the goal";

/** Episodes are those of seed 0, one after the other: the first 200 are the built-in dataset. */
export const FORK_EXPERT: TaskExpert = {
  stateNames: ["x", "y"],
  actionNames: ["velocity_x", "velocity_y"],
  demonstrate(_environment, seed) {
    const { states, actions, path } = forkDemonstration({ seed: 0, episode: seed });
    return { seed, states, actions, length: EXPERT_TICKS, instruction: INSTRUCTION, mode: path.mode, success: true, failure: null };
  },
};

/** Enough for every head to learn both ways. */
const EPISODES = 200;

/** 200 demonstrations of 40 ticks at 10 Hz, 100 each way: state x, y (m), action velocity (m/s). */
export function forkDataset(): Dataset {
  const vector = (names: readonly string[]): Feature => ({ dtype: "float32", shape: [names.length], names });
  return {
    name: "fork",
    fps: environmentFacts("fork").rateHz,
    robotType: null,
    license: null,
    features: { [STATE]: vector(FORK_EXPERT.stateNames), [ACTION]: vector(FORK_EXPERT.actionNames) },
    episodes: forkDemonstrations({ episodes: EPISODES, seed: 0 }).map(({ states, actions }, index) => ({
      index,
      length: EXPERT_TICKS,
      task: INSTRUCTION,
      columns: { [STATE]: states, [ACTION]: actions },
    })),
    skippedFeatures: [],
  };
}
