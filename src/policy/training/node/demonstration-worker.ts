/** @file Worker: plays the demonstrations of whole parts, in a thread with a simulation of its own. */

import { parentPort, workerData } from "node:worker_threads";
import type { Demonstration } from "#world/sim";
import { taskOf } from "../tasks.ts";

/** What the thread is started with. */
export interface DemonstrationWork {
  readonly task: string;
}

/** Seeds to play, one after the other. */
export interface PartRequest {
  readonly part: number;
  readonly firstSeed: number;
  readonly episodes: number;
}

/** `episode` is told after each, `part` with all of them at the end. */
export type PartMessage =
  | { readonly kind: "episode"; readonly success: boolean }
  | { readonly kind: "part"; readonly part: number; readonly demonstrations: readonly Demonstration[] };

const { task: name } = workerData as DemonstrationWork; // what demonstrationPool gives
const port = parentPort;
if (port === null) throw new Error("demonstration-worker: run it with demonstrationPool, not by itself");
const { expert, makeEnvironment } = taskOf(name);
if (expert === undefined) throw new RangeError(`demonstration-worker: task ${name} has no scripted expert`);
const environment = await makeEnvironment();

port.on("message", ({ part, firstSeed, episodes }: PartRequest) => {
  const demonstrations: Demonstration[] = [];
  for (let i = 0; i < episodes; i++) {
    const demonstration = expert.demonstrate(environment, firstSeed + i);
    demonstrations.push(demonstration);
    port.postMessage({ kind: "episode", success: demonstration.success } satisfies PartMessage);
  }
  port.postMessage({ kind: "part", part, demonstrations } satisfies PartMessage);
});
