/** @file One timed call of a policy at batch 1 at a time, so that several policies can be timed in turns. */

import { rng } from "#engine/array";
import type { Policy } from "#policy/policies";
import type { Task } from "./tasks.ts";

/** Calls before the first that counts. */
const WARM_UP = 20;
/** Different observations, by turns. */
const STARTS = 50;

/**
 * A function that asks the policy for one chunk, from the start of some episode, and tells how long that took in ms.
 * The runtime is warm when this returns.
 */
export async function inferenceCalls(policy: Policy, task: Task): Promise<() => Promise<number>> {
  const sampler = await policy.sampler(1);
  const observations = await startObservations(task, policy.weights.network.spec.obsSteps);
  let calls = 0;
  const call = async (): Promise<number> => {
    sampler.observation.set(observations[calls % STARTS] ?? []);
    rng(0, "timing", calls).fillNormal(sampler.noise);
    calls += 1;
    const start = performance.now();
    await sampler.run();
    return performance.now() - start;
  };
  for (let i = 0; i < WARM_UP; i++) await call();
  return call;
}

/** f32[O * S] at the start of different episodes, the robot at rest. */
async function startObservations(task: Task, obsSteps: number): Promise<Float32Array[]> {
  const environment = await task.makeEnvironment();
  const state = new Float64Array(environment.stateSize);
  const observations = Array.from({ length: STARTS }, (_, seed) => {
    environment.reset(seed);
    environment.readState(state);
    const window = new Float32Array(obsSteps * task.obsSize);
    for (let step = 0; step < obsSteps; step++) task.observe(state, window, step * task.obsSize);
    return window;
  });
  environment.close();
  return observations;
}
