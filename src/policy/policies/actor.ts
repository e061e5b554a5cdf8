/** @file A policy on one robot: one observation in, one action out, every tick. */

import { rng } from "#engine/array";
import { chunkExecution, type ExecutionChoice } from "#policy/control";
import { observationWindow } from "./observation-window.ts";
import type { Policy } from "./policy.ts";
import { senseWindow, type Sight } from "./sense-window.ts";

export interface Actor {
  /** Begin an episode. @param seed decides the noise of every chunk */
  reset(seed: number): void;
  /**
   * The action of this tick.
   *
   * @param observation f[S] of this tick, physical units
   * @param sight what is seen and said at this tick, of a policy with cameras or one that reads
   * @returns f64[A] physical units; overwritten by the next call
   * @throws RangeError when something is missing that the policy sees or reads, or is of another size
   */
  act(observation: ArrayLike<number>, sight?: Sight): Promise<Float64Array>;
}

/**
 * Run a policy: ask it for a chunk every E ticks, and execute chunks in the way that is chosen, by default E steps of each.
 *
 * @throws RangeError unless 1 ≤ executeSteps ≤ horizon
 */
export async function policyActor(policy: Policy, options: ExecutionChoice): Promise<Actor> {
  const { spec } = policy.weights.network;
  const sampler = await policy.sampler(1);
  const window = observationWindow(spec);
  const senses = senseWindow(spec);
  const queue = chunkExecution({ ...spec, ...options });
  const action = new Float64Array(spec.actionSize);
  let seed = 0;
  let chunks = 0;
  return {
    reset(nextSeed) {
      seed = nextSeed;
      chunks = 0;
      window.clear();
      senses.clear();
      queue.clear();
    },
    async act(observation, sight = {}) {
      senses.push(sight);
      window.push(observation);
      if (queue.isDue) {
        sampler.observation.set(window.values);
        senses.write(sampler.observations);
        chunkNoise(seed, chunks++, sampler.noise);
        await sampler.run();
        queue.refill(sampler.chunk);
      }
      queue.next(action);
      return action;
    },
  };
}

/** Standard normals for chunk number `chunk` of an episode: they depend on nothing else. */
export function chunkNoise(seed: number, chunk: number, out: Float32Array): void {
  rng(seed, "chunk", chunk).fillNormal(out);
}
