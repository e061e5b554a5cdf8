/** @file One timed call of a policy at batch 1 at a time, so that several policies can be timed in turns. */

import { rng } from "#engine/array";
import type { Policy } from "#policy/policies";
import { stateOf } from "./lanes.ts";
import { observerOf, type Seen } from "./observer.ts";
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
  const starts = await startStates(task);
  const observer = observerOf(task, policy.weights.network.spec);
  let calls = 0;
  const call = async (): Promise<number> => {
    observer.write(sampler.observations, 0, starts[calls % STARTS] ?? { states: [], instruction: "" });
    rng(0, "timing", calls).fillNormal(sampler.noise);
    calls += 1;
    const start = performance.now();
    await sampler.run();
    return performance.now() - start;
  };
  for (let i = 0; i < WARM_UP; i++) await call();
  return call;
}

/** The starts of different episodes, the robot at rest. */
async function startStates(task: Task): Promise<Seen[]> {
  const environment = await task.makeEnvironment();
  const starts = Array.from({ length: STARTS }, (_, seed) => {
    environment.reset(seed);
    return { states: [stateOf(environment)], instruction: environment.instruction };
  });
  environment.close();
  return starts;
}
