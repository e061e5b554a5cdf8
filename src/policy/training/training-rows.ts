/** @file The rows that training learns from: numbers of every tick, and what cameras and instructions said of it. */

import { ACTION, assertTrainable, columnOf, demandRate, demandWidth, featureOf, imagesOf, STATE, type ChunkSource, type Dataset, type Episode } from "#world/data";
import type { RunConfig } from "./config.ts";
import { mirrorRows } from "./mirror-rows.ts";
import { relativeDimensionsOf, stateView } from "./perception.ts";
import type { StateView, Task } from "./task.ts";

/** Rows in physical units, with what else is observed where a configuration asks for it. */
export interface TrainingRows extends ChunkSource {
  /** u8[T, h, w, 3] per episode, by camera. */
  readonly frames?: Readonly<Record<string, readonly Uint8Array[]>>;
  /** One per episode. */
  readonly instructions?: readonly string[];
  /** Which dimensions of an action, bool[A], are learned as offsets from the same dimension of the newest observation, in chunks of so many steps. */
  readonly relative?: { readonly dimensions: readonly boolean[]; readonly horizon: number };
  /** Points to learn to point at, x, y, z each, m, NaN where one is not there: how many, and f32[T * points * 3] per episode. */
  readonly pointing?: { readonly points: number; readonly rows: readonly Float32Array[] };
  /** What the numbers of an action are called, and how often there is one, Hz: null and 0 where nothing says. */
  readonly actionNames?: readonly string[] | null;
  readonly rateHz?: number;
  /** Ranges that normalizers do not stretch further, as in `fitNormalizer`. */
  readonly leastRange?: { readonly observation: readonly number[]; readonly action: readonly number[] };
}

/** What a configuration says of rows. */
export type RowsConfig = Pick<RunConfig, "mirror" | "horizon" | "cameras" | "imageSize" | "readInstruction" | "pointingWeight" | "relativeActions">;

/** Name of a camera's column, after LeRobot's. */
export const imageColumn = (camera: string): string => `observation.images.${camera}`;

/**
 * The rows to learn from, in physical units: observations of every recorded state, and the actions.
 *
 * @param options.mirror also give the mirror image of every episode, behind the originals
 * @param options.horizon H, checked against the episodes
 * @param options.cameras whose images the dataset has to hold, `imageSize` px along each side
 * @param onWarning told what is worth a look without being wrong, such as a constant dimension
 * @throws Error naming what is wrong with the dataset
 */
export function trainingRows(task: Task, dataset: Dataset, options: RowsConfig, onWarning?: (message: string) => void): TrainingRows {
  const warnings = assertTrainable(dataset, { columns: [STATE, ACTION], horizon: options.horizon });
  demandWidth(dataset, STATE, { task: task.name, width: task.facts.stateSize });
  demandWidth(dataset, ACTION, { task: task.name, width: task.actionSize });
  demandRate(dataset, { task: task.name, rateHz: task.facts.rateHz });
  const { mirror } = task;
  if (options.mirror && mirror === undefined) {
    throw new RangeError(`task ${task.name} has no mirror symmetry; use --no-mirror`);
  }
  const view = stateView(task, options);
  const { cameras = [], imageSize = 0, readInstruction = false, relativeActions, horizon } = options;
  for (const camera of cameras) demandImages(dataset, camera, imageSize);
  // Last: data that are refused get one line.
  for (const { message } of warnings) onWarning?.(message);
  const originals = dataset.episodes.map((episode) => ({ states: columnOf(episode, STATE), actions: columnOf(episode, ACTION) }));
  const images = options.mirror && mirror !== undefined ? originals.map((rows) => mirrorRows(task, mirror, rows)) : [];
  const all = [...originals, ...images];
  return {
    observations: all.map(({ states }) => observeRows(view, states, task.facts.stateSize)),
    actions: all.map(({ actions }) => actions),
    obsSize: view.size,
    actionSize: task.actionSize,
    actionNames: featureOf(dataset, ACTION).names,
    rateHz: dataset.fps,
    leastRange: { observation: view.leastRange ?? [], action: task.actionLeastRange ?? [] },
    ...(cameras.length > 0 ? { frames: Object.fromEntries(cameras.map((camera) => [camera, dataset.episodes.map((episode) => framesOf(episode, camera))])) } : {}),
    ...(relativeActions === undefined ? {} : { relative: { dimensions: relativeDimensionsOf(task, relativeActions), horizon } }),
    ...(options.pointingWeight === undefined ? {} : { pointing: pointsOf(task, originals.map(({ states }) => states)) }),
    ...(readInstruction ? { instructions: dataset.episodes.map(({ task }) => task) } : {}),
  };
}

/** @throws Error naming the images that there are */
function demandImages({ name, imageFeatures = {} }: Dataset, camera: string, size: number): void {
  const feature = imageFeatures[imageColumn(camera)];
  if (feature === undefined) {
    const known = Object.keys(imageFeatures).join(", ") || "none";
    throw new Error(`dataset "${name}": images ${imageColumn(camera)} are missing, it has ${known}; generate one with --images, or leave --cameras out`);
  }
  const [height, width, channels] = feature.shape;
  if (channels === 3 && height === size && width === size) return;
  throw new Error(`dataset "${name}": images ${imageColumn(camera)} are ${height}×${width}×${channels}, expected ${size}×${size}×3; set --image-size, or generate others`);
}

function framesOf(episode: Episode, camera: string): Uint8Array {
  return imagesOf(episode, imageColumn(camera)) as Uint8Array; // of three channels, as demanded
}

/** @throws RangeError where the task says nothing of any point */
function pointsOf({ name, points, facts: { stateSize } }: Task, episodes: readonly Float32Array[]): NonNullable<TrainingRows["pointing"]> {
  if (points === undefined) throw new RangeError(`task ${name} says nothing of points that could be pointed at; leave pointingWeight (--pointing-weight) out`);
  return { points: points.size / 3, rows: episodes.map((states) => observeRows(points, states, stateSize)) };
}

function observeRows({ size, observe }: StateView, states: Float32Array, stateSize: number): Float32Array {
  const ticks = states.length / stateSize;
  const observations = new Float32Array(ticks * size);
  for (let t = 0; t < ticks; t++) observe(states.subarray(t * stateSize, (t + 1) * stateSize), observations, t * size);
  return observations;
}
