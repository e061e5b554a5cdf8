/** @file Generate a dataset: a scripted expert's demonstrations, in threads, part by part, so that it can be continued. */

import { lstat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ACTION, STATE, type Dataset, type Feature } from "#world/data";
import { writeDataset } from "#world/data/node";
import type { Demonstration } from "#world/sim";
import type { Task } from "../task.ts";
import { taskOf } from "../tasks.ts";
import { demonstrationParts, type DemonstrationParts } from "./demonstration-parts.ts";
import { demonstrationPool } from "./demonstration-pool.ts";
import type { PartRequest } from "./demonstration-worker.ts";

/** Which of the task's modes a demonstration took, from 0; -1 for none. Not for policies to see. */
export const DEMONSTRATION_MODE = "demonstration.mode";
/** An expert that has not succeeded in so many episodes will not. */
const PATIENCE_EPISODES = 100;

export interface GenerateOptions {
  readonly task: string;
  /** Demonstrations wanted, all successful. */
  readonly episodes: number;
  /** Folder to create. Unfinished work is kept beside it, in `<dir>.parts`. */
  readonly dir: string;
  /** Attempt i plays seed + i. */
  readonly seed: number;
  readonly workers: number;
  readonly signal?: AbortSignal;
  /** Called with how many successful demonstrations there are, at most `episodes`, and how many of them are from an earlier call. */
  readonly onEpisode?: (done: number, before: number) => void;
}

export interface GenerateReport {
  readonly dataset: string;
  readonly episodes: number;
  readonly frames: number;
  readonly fps: number;
  /** Attempts that failed and were left out, among those before the last one that was needed. */
  readonly failed: number;
  /** Of those, where the simulation itself broke down. */
  readonly brokenSimulations: number;
  /** Demonstrations of each way to do it, by name. */
  readonly modes: Readonly<Record<string, number>>;
  /** Wall time of this call, s, and successful demonstrations it played in a second. */
  readonly seconds: number;
  readonly episodesPerSecond: number;
}

/**
 * Write demonstrations as a LeRobot v3.0 dataset: `observation.state`, `action`, the instruction as the task, and the mode where there is
 * one. Attempts that fail are left out; the first `episodes` that succeed, in the order of their seeds, are kept. So the same options
 * give the same bytes, however many workers there are and however often the work was interrupted.
 *
 * @throws Error when the folder is there already, the unfinished work beside it is of other options, or the expert does not succeed;
 *   the signal's reason when it aborts, and then the same call continues
 */
export async function generateDataset(options: GenerateOptions): Promise<GenerateReport> {
  const { dir, episodes } = options;
  const task = taskOf(options.task);
  if (task.expert === undefined) throw new RangeError(`generateDataset: task ${task.name} has no scripted expert`);
  if ((await lstat(dir).catch(() => undefined)) !== undefined) throw new Error(`dataset ${dir} already exists; choose another folder or remove it first`);
  const start = performance.now();
  const parts = await demonstrationParts(`${resolve(dir)}.parts`, options);
  const before = successCount(parts);
  await playMissing(parts, options, before);
  const { kept, failed } = firstSuccesses(parts.played(), episodes);
  const dataset = datasetOf(task, basename(resolve(dir)), kept);
  await writeDataset(dir, dataset);
  await parts.remove();
  const seconds = (performance.now() - start) / 1000;
  return {
    dataset: dir,
    episodes,
    frames: kept.reduce((sum, { length }) => sum + length, 0),
    fps: dataset.fps,
    failed: failed.length,
    brokenSimulations: failed.filter(({ failure }) => failure !== null).length,
    modes: Object.fromEntries(task.facts.modes.map((name, mode) => [name, kept.filter((each) => each.mode === mode).length])),
    seconds,
    episodesPerSecond: (successCount(parts) - before) / seconds,
  };
}

function successCount(parts: DemonstrationParts): number {
  return parts.played().filter(({ success }) => success).length;
}

async function playMissing(parts: DemonstrationParts, options: GenerateOptions, before: number): Promise<void> {
  const { task, episodes, seed, signal, workers, onEpisode } = options;
  let done = before;
  // Once for all, and once more for as many as have failed, until enough have succeeded.
  for (let missing = parts.missing(episodes); missing.length > 0; missing = parts.missing(episodes)) {
    assertSomeSuccess(parts, task);
    const queue = missing.map((part): PartRequest => ({ part, firstSeed: seed + part * parts.size, episodes: parts.size }));
    await demonstrationPool({
      task,
      workers: Math.min(workers, queue.length),
      ...(signal === undefined ? {} : { signal }),
      next: () => queue.shift(),
      onPart: (part, demonstrations) => parts.save(part, demonstrations),
      onEpisode(success) {
        done += success ? 1 : 0;
        onEpisode?.(Math.min(done, episodes), Math.min(before, episodes));
      },
    });
  }
}

function assertSomeSuccess(parts: DemonstrationParts, task: string): void {
  const played = parts.played();
  if (played.length < PATIENCE_EPISODES || played.some(({ success }) => success)) return;
  throw new Error(`generateDataset: the expert of ${task} has failed in all of ${played.length} episodes`);
}

/** The first demonstrations that succeeded, and what failed before the last of them. */
function firstSuccesses(played: readonly Demonstration[], episodes: number): { readonly kept: readonly Demonstration[]; readonly failed: readonly Demonstration[] } {
  const kept = played.filter(({ success }) => success).slice(0, episodes);
  const last = kept.at(-1)?.seed ?? -1;
  return { kept, failed: played.filter(({ success, seed }) => !success && seed < last) };
}

function datasetOf({ expert, facts }: Task, name: string, demonstrations: readonly Demonstration[]): Dataset {
  const vector = (names: readonly string[]): Feature => ({ dtype: "float32", shape: [names.length], names });
  const hasModes = facts.modes.length > 0;
  return {
    name,
    fps: facts.rateHz,
    robotType: null,
    license: null,
    features: {
      [STATE]: vector(expert?.stateNames ?? []),
      [ACTION]: vector(expert?.actionNames ?? []),
      ...(hasModes ? { [DEMONSTRATION_MODE]: vector(["mode"]) } : {}),
    },
    episodes: demonstrations.map(({ states, actions, length, instruction, mode }, index) => ({
      index,
      length,
      task: instruction,
      columns: { [STATE]: states, [ACTION]: actions, ...(hasModes ? { [DEMONSTRATION_MODE]: new Float32Array(length).fill(mode ?? -1) } : {}) },
    })),
    skippedFeatures: [],
  };
}
