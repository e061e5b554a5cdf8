/** @file Act with a trained policy: one episode of Push-T. `npx tsx examples/03-push-t.ts runs/demo` */

import { loadPolicy, policyActor } from "tendon/policies";
import { openSession } from "tendon/runtime/node";
import { makeEnvironment, observePushT } from "tendon/sim";
import { loadRun } from "tendon/training/node";

const [dir = "runs/demo", seed = "100000"] = process.argv.slice(2);
const { config, weights } = await loadRun(dir);
await using policy = loadPolicy(weights, openSession);
const actor = await policyActor(policy, config);

const environment = await makeEnvironment("push-t");
const state = new Float64Array(environment.stateSize);
const observation = new Float32Array(weights.network.spec.obsSize);
environment.reset(Number(seed));
actor.reset(Number(seed));

let [score, ticks, isSolved] = [0, 0, false];
while (ticks < environment.maxSteps && !isSolved) {
  environment.readState(state);
  observePushT(state, observation, 0);
  const { reward, success } = environment.step(await actor.act(observation));
  [score, isSolved] = [Math.max(score, reward), success];
  ticks += 1;
}
environment.close();
console.log(`seed ${seed}: score ${score.toFixed(3)} after ${ticks} ticks (${(ticks / environment.rateHz).toFixed(1)} s)`);
