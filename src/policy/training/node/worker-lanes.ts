/** @file Lanes in threads: simulations and cameras of an evaluation on all cores. */

import type { Worker } from "node:worker_threads";
import { zeros, type HostTensor } from "#engine/array";
import type { PolicySpec } from "#policy/policies";
import type { LaneReport, LaneResult, Lanes, OpenLanes, Told } from "../lanes.ts";
import type { Task } from "../task.ts";
import type { LanesReply, LanesRequest, LanesWork } from "./lanes-worker.ts";
import { startWorker } from "./start-worker.ts";

/**
 * Lanes in this many threads, as many to each. Episodes are the same to the bit as in one.
 *
 * A task is known to a thread by its name: it has to be one of `TASK_NAMES`.
 */
export function workerLanes(workers: number): OpenLanes {
  return async (task, spec, told) => openWorkers({ task, spec, told }, workers);
}

interface Played {
  readonly task: Task;
  readonly spec: PolicySpec;
  readonly told: Told;
}

function openWorkers({ task, spec, told }: Played, workers: number): Lanes {
  const threads = Array.from({ length: workers }, () => laneThread({ task: task.name, spec, told }));
  /** Where the lanes of every thread begin, and behind the last one the end. */
  let from: readonly number[] = [];
  const ask = <Reply extends LanesReply>(requestOf: (thread: number) => LanesRequest): Promise<Reply[]> =>
    // The kind of a reply follows from that of its request.
    Promise.all(threads.map((thread, i) => thread.ask(requestOf(i)) as Promise<Reply>));
  return {
    async start(seeds) {
      from = [...threads.keys(), threads.length].map((i) => Math.round((i * seeds.length) / threads.length));
      return joinReports(await ask<LaneReport>((i) => ({ kind: "start", seeds: seeds.slice(from[i], from[i + 1]) })));
    },
    async play(actions, ticks) {
      const length = ticks * task.actionSize;
      const part = (i: number): Float64Array => actions.slice((from[i] ?? 0) * length, (from[i + 1] ?? 0) * length);
      return joinReports(await ask<LaneReport>((i) => ({ kind: "play", actions: part(i), ticks })));
    },
    results: async () => (await ask<readonly LaneResult[]>(() => ({ kind: "results" }))).flat(),
    close: async () => void (await Promise.all(threads.map(({ worker }) => worker.terminate()))),
  };
}

interface LaneThread {
  readonly worker: Worker;
  /** @throws what the thread throws, now or before */
  ask(request: LanesRequest): Promise<LanesReply>;
}

function laneThread(work: LanesWork): LaneThread {
  const worker = startWorker("lanes-worker", work);
  let settle: { resolve(reply: LanesReply): void; reject(reason: unknown): void } | undefined;
  let problem: unknown;
  const fail = (reason: unknown): void => {
    problem ??= reason;
    settle?.reject(problem);
  };
  worker.on("message", (reply: LanesReply) => settle?.resolve(reply));
  worker.on("error", fail);
  worker.on("exit", (code) => fail(new Error(`workerLanes: a worker ended by itself with status ${code}`)));
  return {
    worker,
    ask: (request) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        if (problem === undefined) worker.postMessage(request, []);
        else reject(problem);
      }),
  };
}

/** Rows of all threads, one after the other. */
function joinReports(reports: readonly LaneReport[]): LaneReport {
  const names = Object.keys(reports[0]?.observations ?? {});
  const tensors = (name: string): HostTensor[] => reports.map(({ observations }) => observations[name] as HostTensor); // all threads have the same encoder
  return {
    observations: Object.fromEntries(names.map((name) => [name, joinRows(tensors(name))])),
    isDone: reports.flatMap(({ isDone }) => isDone),
  };
}

function joinRows(tensors: readonly HostTensor[]): HostTensor {
  const [first] = tensors;
  if (first === undefined) throw new RangeError("workerLanes: got no tensor, expected one of every thread");
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const joined = zeros(first.dtype, [rows, ...first.shape.slice(1)]);
  let at = 0;
  for (const { data } of tensors) {
    (joined.data as Float32Array).set(data as Float32Array, at); // of one type, as all are
    at += data.length;
  }
  return joined;
}
