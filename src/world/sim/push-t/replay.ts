/** @file Replay recorded Push-T actions and compare with what was recorded: how faithful is the simulation? */

import { pushT } from "./environment.ts";

/** One recorded episode; T is its number of control steps. */
export interface RecordedEpisode {
  /** f[T, 5] flat: the state before each action. */
  readonly states: Float32Array | Float64Array;
  /** f[T, 2] flat: actions, px. */
  readonly actions: Float32Array | Float64Array;
}

export interface ReplaySummary {
  /** Episodes replayed. */
  readonly episodes: number;
  /** Episodes whose block stays within 0.01 px of the recording at every step. */
  readonly within001px: number;
  /** Episodes whose block stays within 1 px at every step. */
  readonly within1px: number;
  /** Episodes whose block is within 5 px at the last recorded state. */
  readonly finalWithin5px: number;
  /** Simulated control steps (10 steps of 0.01 s each) per second of wall clock. */
  readonly controlStepsPerSecond: number;
}

/**
 * Play the recorded actions open loop from each episode's first recorded state, at rest. Action t leads from state t to
 * state t + 1; the last action has nothing to be compared with and is not played.
 *
 * Of the 206 demonstrations of `pusht_cchi_v7_replay.zarr`, 204 stay within 0.01 px, 205 within 1 px, and all end
 * within 5 px. Starting finds the contacts, as the original's reset does by a step; without that, contacts that already
 * press at the start count as new, and only 183 stay within 0.01 px. In demonstration 186 the agent starts inside both boxes, where the order of the pairs decides.
 */
export function replayEpisodes(episodes: readonly RecordedEpisode[]): ReplaySummary {
  let within001px = 0;
  let within1px = 0;
  let finalWithin5px = 0;
  let steps = 0;
  const start = performance.now();
  for (const episode of episodes) {
    const { largest, last } = replayErrors(episode);
    if (largest < 0.01) within001px++;
    if (largest < 1) within1px++;
    if (last < 5) finalWithin5px++;
    steps += episode.states.length / 5 - 1;
  }
  const seconds = (performance.now() - start) / 1000;
  const controlStepsPerSecond = steps / seconds;
  return { episodes: episodes.length, within001px, within1px, finalWithin5px, controlStepsPerSecond };
}

/** Distances between replayed and recorded block position, px: the largest of all steps, and the last one. */
export function replayErrors({ states, actions }: RecordedEpisode): { largest: number; last: number } {
  const T = states.length / 5;
  if (!Number.isInteger(T) || T < 1 || actions.length !== 2 * T) {
    throw new RangeError(
      `replayErrors: got ${states.length} state and ${actions.length} action numbers, expected 5·T and 2·T with T ≥ 1`,
    );
  }
  const environment = pushT();
  const state = new Float64Array(5);
  const action = new Float64Array(2);
  environment.setState(states.subarray(0, 5));
  let largest = 0;
  let last = 0;
  for (let t = 0; t + 1 < T; t++) {
    action[0] = actions[2 * t] ?? 0;
    action[1] = actions[2 * t + 1] ?? 0;
    environment.step(action);
    environment.readState(state);
    const row = 5 * (t + 1);
    last = Math.hypot((state[2] ?? 0) - (states[row + 2] ?? 0), (state[3] ?? 0) - (states[row + 3] ?? 0));
    largest = Math.max(largest, last);
  }
  return { largest, last };
}
