/** @file Worker: plays the demonstrations of whole parts, and draws them, in a thread with a simulation of its own. */

import { parentPort, workerData } from "node:worker_threads";
import type { Demonstration } from "#world/sim";
import { taskOf } from "../tasks.ts";
import { drawDemonstration, saveImages, type ImageOptions } from "./demonstration-images.ts";

/** What the thread is started with. */
export interface DemonstrationWork {
  readonly task: string;
  /** As in `DemonstrateOptions`. */
  readonly upsetShare?: number;
  /** Images to draw of what succeeds, and where to keep them; left out where there are none. */
  readonly images?: ImageOptions & { readonly folder: string };
}

/** Seeds to play, one after the other. */
export interface PartRequest {
  readonly part: number;
  readonly firstSeed: number;
  readonly episodes: number;
}

/** `episode` is told after each, `part` with all of them at the end, when their images are on the disk. */
export type PartMessage =
  | { readonly kind: "episode"; readonly success: boolean }
  | { readonly kind: "part"; readonly part: number; readonly demonstrations: readonly Demonstration[] };

const { task: name, images, upsetShare } = workerData as DemonstrationWork; // what demonstrationPool gives
const port = parentPort;
if (port === null) throw new Error("demonstration-worker: run it with demonstrationPool, not by itself");
const { expert, makeEnvironment, cameras } = taskOf(name);
if (expert === undefined) throw new RangeError(`demonstration-worker: task ${name} has no scripted expert`);
if (images !== undefined && cameras === undefined) throw new RangeError(`demonstration-worker: task ${name} has no cameras`);
const environment = await makeEnvironment();
const eyes = images === undefined ? undefined : cameras?.(images);

/** A rejection ends the thread with an error, which the pool throws. */
port.on("message", async ({ part, firstSeed, episodes }: PartRequest) => {
  const demonstrations: Demonstration[] = [];
  for (let i = 0; i < episodes; i++) {
    const demonstration = expert.demonstrate(environment, firstSeed + i, { upsetShare });
    if (images !== undefined && eyes !== undefined && demonstration.success) {
      await saveImages(images.folder, demonstration.seed, drawDemonstration(eyes, demonstration, images));
    }
    demonstrations.push(demonstration);
    port.postMessage({ kind: "episode", success: demonstration.success } satisfies PartMessage);
  }
  port.postMessage({ kind: "part", part, demonstrations } satisfies PartMessage);
});
