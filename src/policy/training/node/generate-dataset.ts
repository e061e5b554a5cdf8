/** @file Generate a dataset: a scripted expert's demonstrations, in threads, part by part, so that it can be continued. */

import { lstat, readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { ACTION, STATE, type Dataset, type Feature, type ImageFeature } from "#world/data";
import { writeDataset } from "#world/data/node";
import type { Demonstration, StateCameras } from "#world/sim";
import { FIRST_EVALUATION_SEED, requireDemonstrationSeeds } from "../evaluation-seeds.ts";
import type { Task } from "../task.ts";
import { taskOf } from "../tasks.ts";
import { IMAGE_SIZES, imageFeatures, readImages, type ImageOptions } from "./demonstration-images.ts";
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
  /** Attempt i plays seed + i, all below 100000, where evaluation begins. */
  readonly seed: number;
  readonly workers: number;
  /** Images of every camera of the task; left out: none. */
  readonly images?: ImageOptions;
  /** Share of attempts that begin where something has gone wrong: the tool astray, the gripper open or closed, whatever it held. Default 0. */
  readonly upsetShare?: number;
  readonly signal?: AbortSignal;
  /** Called with how many successful demonstrations there are, at most `episodes`, and how many of them are from an earlier call. */
  readonly onEpisode?: (done: number, before: number) => void;
}

export interface GenerateReport {
  readonly dataset: string;
  readonly episodes: number;
  readonly frames: number;
  readonly fps: number;
  /** Of the whole folder. */
  readonly bytes: number;
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
 * Images are drawn from the recorded states and lie on the disk until they are written: those of one data file are in memory at a time.
 *
 * @throws RangeError when the task has no expert, or no cameras where images are wanted, or their size is out of range, or so many episodes reach the seeds of evaluation;
 *   Error when the folder is there already, the unfinished work beside it is of other options, the expert does not succeed, or it fails so often that attempts reach those seeds;
 *   the signal's reason when it aborts, and then the same call continues
 */
export async function generateDataset(options: GenerateOptions): Promise<GenerateReport> {
  const { dir, episodes } = options;
  const task = taskOf(options.task);
  if (task.expert === undefined) throw new RangeError(`generateDataset: task ${task.name} has no scripted expert`);
  requireDemonstrationSeeds("generateDataset", options);
  if (options.upsetShare !== undefined && task.expert.canBeUpset !== true) throw new RangeError(`generateDataset: demonstrations of ${task.name} cannot be upset; leave upsetShare out`);
  if ((await lstat(dir).catch(() => undefined)) !== undefined) throw new Error(`dataset ${dir} already exists; choose another folder or remove it first`);
  const images = options.images === undefined ? {} : imageFeatures(camerasOf(task, options.images), options.images);
  const start = performance.now();
  const parts = await demonstrationParts(`${resolve(dir)}.parts`, options);
  const before = successCount(parts);
  await playMissing(parts, options, before);
  const { kept, failed } = firstSuccesses(parts.played(), episodes);
  const dataset = datasetOf(task, basename(resolve(dir)), { kept, images });
  await writeDataset(dir, dataset, options.images === undefined ? {} : { images: (position) => readImages(parts.folder, kept[position]?.seed ?? NaN) });
  await parts.remove();
  const seconds = (performance.now() - start) / 1000;
  return {
    dataset: dir,
    episodes,
    frames: kept.reduce((sum, { length }) => sum + length, 0),
    fps: dataset.fps,
    bytes: await bytesOf(dir),
    failed: failed.length,
    brokenSimulations: failed.filter(({ failure }) => failure !== null).length,
    modes: Object.fromEntries(task.facts.modes.map((name, mode) => [name, kept.filter((each) => each.mode === mode).length])),
    seconds,
    episodesPerSecond: (successCount(parts) - before) / seconds,
  };
}

function camerasOf({ name, cameras }: Task, { size }: ImageOptions): StateCameras {
  if (cameras === undefined) throw new RangeError(`generateDataset: task ${name} has no cameras; leave images out`);
  const { smallest, largest } = IMAGE_SIZES;
  if (Number.isInteger(size) && size >= smallest && size <= largest) return cameras({ size });
  throw new RangeError(`generateDataset: image size is ${size}, expected a whole number of px from ${smallest} to ${largest}`);
}

/** Of all files below a folder. */
async function bytesOf(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = entries.filter((entry) => entry.isFile()).map(async (entry) => (await lstat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function successCount(parts: DemonstrationParts): number {
  return parts.played().filter(({ success }) => success).length;
}

async function playMissing(parts: DemonstrationParts, options: GenerateOptions, before: number): Promise<void> {
  const { task, episodes, seed, signal, workers, images, upsetShare, onEpisode } = options;
  let done = before;
  // Once for all, and once more for as many as have failed, until enough have succeeded.
  for (let missing = parts.missing(episodes); missing.length > 0; missing = parts.missing(episodes)) {
    assertSomeSuccess(parts, task);
    const queue = missing.map((part): PartRequest => {
      const firstSeed = seed + part * parts.size;
      return { part, firstSeed, episodes: Math.min(parts.size, FIRST_EVALUATION_SEED - firstSeed) };
    });
    assertSeedsLeft(queue, options);
    await demonstrationPool({
      task,
      ...(images && { images: { ...images, folder: parts.folder } }),
      ...(upsetShare !== undefined && { upsetShare }),
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

/** Failed attempts take more seeds than there are episodes. */
function assertSeedsLeft(queue: readonly PartRequest[], { dir, seed, episodes }: GenerateOptions): void {
  if (queue.every((part) => part.episodes > 0)) return;
  throw new Error(
    `generateDataset: attempts from seed ${seed} on have failed, and others for ${episodes} episodes would reach seed ${FIRST_EVALUATION_SEED}, where evaluation begins; ` +
      `remove ${dir}.parts, and take a lower seed or fewer episodes`,
  );
}

/** The first demonstrations that succeeded, and what failed before the last of them. */
function firstSuccesses(played: readonly Demonstration[], episodes: number): { readonly kept: readonly Demonstration[]; readonly failed: readonly Demonstration[] } {
  const kept = played.filter(({ success }) => success).slice(0, episodes);
  const last = kept.at(-1)?.seed ?? -1;
  return { kept, failed: played.filter(({ success, seed }) => !success && seed < last) };
}

interface Shown {
  readonly kept: readonly Demonstration[];
  readonly images: Readonly<Record<string, ImageFeature>>;
}

/** Without the images themselves. */
function datasetOf({ expert, facts }: Task, name: string, { kept, images }: Shown): Dataset {
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
    ...(Object.keys(images).length > 0 && { imageFeatures: images }),
    episodes: kept.map(({ states, actions, length, instruction, mode }, index) => ({
      index,
      length,
      task: instruction,
      columns: { [STATE]: states, [ACTION]: actions, ...(hasModes ? { [DEMONSTRATION_MODE]: new Float32Array(length).fill(mode ?? -1) } : {}) },
    })),
    skippedFeatures: [],
  };
}
