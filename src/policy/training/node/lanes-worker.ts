/** @file Worker: some lanes of an evaluation, in a thread with simulations of its own. */

import { parentPort, workerData } from "node:worker_threads";
import type { PolicySpec } from "#policy/policies";
import { localLanes, type LaneReport, type LaneResult, type Told } from "../lanes.ts";
import { taskOf } from "../tasks.ts";

/** What the thread is started with. */
export interface LanesWork {
  readonly task: string;
  readonly spec: PolicySpec;
  readonly told: Told;
}

export type LanesRequest =
  | { readonly kind: "start"; readonly seeds: readonly number[] }
  | { readonly kind: "play"; readonly actions: Float64Array; readonly ticks: number }
  | { readonly kind: "results" };

/** One for every request, in their order. */
export type LanesReply = LaneReport | readonly LaneResult[];

const { task, spec, told } = workerData as LanesWork; // what workerLanes gives
const port = parentPort;
if (port === null) throw new Error("lanes-worker: run it with workerLanes, not by itself");
const lanes = await localLanes(taskOf(task), spec, told);

async function answer(request: LanesRequest): Promise<LanesReply> {
  switch (request.kind) {
    case "start":
      return lanes.start(request.seeds);
    case "play":
      return lanes.play(request.actions, request.ticks);
    case "results":
      return lanes.results();
  }
}

/** A rejection ends the thread with an error, which workerLanes throws. */
port.on("message", async (request: LanesRequest) => port.postMessage(await answer(request)));
