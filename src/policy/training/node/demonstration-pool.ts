/** @file Threads that play demonstrations side by side, part by part. */

import type { Worker } from "node:worker_threads";
import type { Demonstration } from "#world/sim";
import type { DemonstrationWork, PartMessage, PartRequest } from "./demonstration-worker.ts";
import { startWorker } from "./start-worker.ts";

export interface PoolOptions extends DemonstrationWork {
  readonly workers: number;
  /** The next part to play; undefined where there is none left. */
  next(): PartRequest | undefined;
  /** Called with a finished part. The worker gets its next one when this has come back. */
  onPart(part: number, demonstrations: readonly Demonstration[]): Promise<void>;
  onEpisode(success: boolean): void;
  readonly signal?: AbortSignal;
}

/**
 * Play parts until `next` gives none.
 *
 * @throws what a worker throws, or the signal's reason; all workers have ended then
 */
export async function demonstrationPool(options: PoolOptions): Promise<void> {
  const { task, images, upsetShare, workers, signal } = options;
  signal?.throwIfAborted();
  const threads = Array.from({ length: workers }, () => startWorker("demonstration-worker", { task, ...(images && { images }), ...(upsetShare !== undefined && { upsetShare }) } satisfies DemonstrationWork));
  let stop = (_reason: unknown): void => {};
  const stopped = new Promise<never>((_, reject) => (stop = reject));
  const onAbort = (): void => stop(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    await Promise.race([Promise.all(threads.map((thread) => playParts(thread, options))), stopped]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function playParts(worker: Worker, { next, onPart, onEpisode }: PoolOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (): void => {
      const request = next();
      if (request === undefined) resolve();
      else worker.postMessage(request, []);
    };
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`demonstrationPool: a worker ended by itself with status ${code}`)));
    worker.on("message", (message: PartMessage) => {
      if (message.kind === "episode") onEpisode(message.success);
      else onPart(message.part, message.demonstrations).then(give, reject);
    });
    give();
  });
}
