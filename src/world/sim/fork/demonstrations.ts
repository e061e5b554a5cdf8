/** @file Demonstrations of the fork, both ways from every start. */

import { rng } from "#engine/array";
import { EXPERT_OFFSET, EXPERT_OFFSET_SPREAD, EXPERT_TICKS, expertPlace, type ExpertPath } from "./expert.ts";
import { DT_S, FORK_MODES } from "./geometry.ts";
import { forkStart } from "./start.ts";

/** One demonstration; T is `EXPERT_TICKS`. */
export interface ForkDemonstration {
  /** f32[T, 2] flat: x, y before each action, m. */
  readonly states: Float32Array;
  /** f32[T, 2] flat: velocities, m/s. */
  readonly actions: Float32Array;
  readonly path: ExpertPath;
}

/**
 * Demonstrations by the scripted expert; the same seed gives the same ones, and fewer are the first of more.
 *
 * They come in pairs that share their start. A coin decides which way the first of a pair goes; the second goes the
 * other way. So exactly half of them go left, whatever the seed, and nothing in the observation of a start, not even
 * its digits, tells the side.
 *
 * @param options.episodes even, so that both ways are shown equally often
 */
export function forkDemonstrations(options: { readonly episodes: number; readonly seed: number }): ForkDemonstration[] {
  const { episodes, seed } = options;
  if (!Number.isInteger(episodes) || episodes < 2 || episodes % 2 !== 0) {
    throw new RangeError(`forkDemonstrations: episodes is ${episodes}, expected an even integer ≥ 2: they come in pairs`);
  }
  return Array.from({ length: episodes }, (_, episode) => forkDemonstration({ seed, episode }));
}

/** The demonstration that is this one, from 0, of those of a seed. */
export function forkDemonstration({ seed, episode }: { readonly seed: number; readonly episode: number }): ForkDemonstration {
  return demonstrate(expertPath(seed, episode));
}

function expertPath(seed: number, episode: number): ExpertPath {
  const pair = Math.floor(episode / 2);
  const start = forkStart(rng(seed, "fork", "demonstration", pair, "start"));
  const coin = rng(seed, "fork", "demonstration", pair, "coin").integer(0, FORK_MODES.length);
  const spread = 2 * rng(seed, "fork", "demonstration", episode, "offset").uniform() - 1;
  return { start, mode: (coin + episode) % FORK_MODES.length, offset: EXPERT_OFFSET + EXPERT_OFFSET_SPREAD * spread };
}

function demonstrate(path: ExpertPath): ForkDemonstration {
  const states = new Float32Array(2 * EXPERT_TICKS);
  const actions = new Float32Array(2 * EXPERT_TICKS);
  for (let t = 0; t < EXPERT_TICKS; t++) {
    const [from, to] = [expertPlace(path, t), expertPlace(path, t + 1)];
    states.set([from.x, from.y], 2 * t);
    actions.set([(to.x - from.x) / DT_S, (to.y - from.y) / DT_S], 2 * t);
  }
  return { states, actions, path };
}
