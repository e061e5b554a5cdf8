/** @file Act with a trained policy: one episode of Push-T. `npx tsx examples/03-push-t.ts runs/demo` */

import { readFile } from "node:fs/promises";
import { rng } from "tendon/array";
import { recedingHorizon } from "tendon/control";
import { loadPolicy } from "tendon/policies";
import { openSession } from "tendon/runtime/node";
import { makeEnvironment, observePushT } from "tendon/sim";
import { decodeCheckpoint, policyOf } from "tendon/training";
import { listCheckpoints, readRunConfig } from "tendon/training/node";

const [dir = "runs/demo", seed = "100000"] = process.argv.slice(2);
const { executeSteps } = await readRunConfig(dir);
const newest = (await listCheckpoints(dir)).at(-1);
if (newest === undefined) throw new Error(`${dir} holds no checkpoint`);
await using policy = loadPolicy(policyOf(decodeCheckpoint(await readFile(newest.path), newest.path), newest.path), openSession);

const { horizon, actionSize, obsSize } = policy.weights.network.spec;
const sampler = await policy.sampler(1);
const queue = recedingHorizon({ horizon, executeSteps, actionSize });
const environment = makeEnvironment("push-t");
const state = new Float64Array(environment.stateSize);
const action = new Float64Array(actionSize);
const random = rng(Number(seed), "noise");

/** Move the observations up and write the newest one behind them. */
function observe(): void {
  environment.readState(state);
  sampler.observation.copyWithin(0, obsSize);
  observePushT(state, sampler.observation, sampler.observation.length - obsSize);
}

environment.reset(Number(seed));
// Before the first action there is no past: the first observation fills the whole window.
for (let filled = 0; filled < sampler.observation.length; filled += obsSize) observe();

let [score, ticks, isSolved] = [0, 0, false];
while (ticks < environment.maxSteps && !isSolved) {
  if (queue.isDue) {
    random.fillNormal(sampler.noise);
    await sampler.run();
    queue.refill(sampler.chunk);
  }
  queue.next(action);
  const { reward, success } = environment.step(action);
  [score, isSolved] = [Math.max(score, reward), success];
  ticks += 1;
  observe();
}
console.log(`seed ${seed}: score ${score.toFixed(3)} after ${ticks} ticks (${(ticks / environment.rateHz).toFixed(1)} s)`);
