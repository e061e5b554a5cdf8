/** @file The fork's demonstrations as a dataset: made when they are asked for, always the same. */

import { ACTION, STATE, type Dataset, type Feature } from "#world/data";
import { environmentFacts, EXPERT_TICKS, forkDemonstrations } from "#world/sim";

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
    features: { [STATE]: vector(["x", "y"]), [ACTION]: vector(["velocity_x", "velocity_y"]) },
    episodes: forkDemonstrations({ episodes: EPISODES, seed: 0 }).map(({ states, actions }, index) => ({
      index,
      length: EXPERT_TICKS,
      task: "pass the obstacle and go to the goal",
      columns: { [STATE]: states, [ACTION]: actions },
    })),
    skippedFeatures: [],
  };
}
