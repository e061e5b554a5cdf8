/** @file The in-memory dataset: episodes of numeric columns, one row per control tick. */

/** What one column holds at every tick. */
export interface Feature {
  /** Columns are float32 in memory, whatever number type their file had. */
  readonly dtype: "float32";
  /** Extents of one row; columns are stored flat, row-major. */
  readonly shape: readonly number[];
  /** One name per value of a row, or null when the dataset names none. */
  readonly names: readonly string[] | null;
}

/** What one camera recorded at every tick: colours, or depth. */
export interface ImageFeature {
  readonly dtype: "image";
  /** Three channels are RGB, u8[h, w, 3]; one is depth in mm, u16[h, w, 1], 0 where nothing was seen. */
  readonly shape: readonly [height: number, width: number, channels: 1 | 3];
}

/** u8[T, h, w, 3] or u16[T, h, w, 1], flat: row t is tick t. */
export type Images = Uint8Array | Uint16Array;

/** One recorded trajectory. */
export interface Episode {
  /** Position in the dataset it came from, from 0. */
  readonly index: number;
  /** Frames T, at least 1. */
  readonly length: number;
  /** The instruction, as a person would say it. */
  readonly task: string;
  /** f32[T * width] for every feature, row-major: row t is tick t. Units are the dataset's own. */
  readonly columns: Readonly<Record<string, Float32Array>>;
  /** For every image feature; left out where there are none. */
  readonly images?: Readonly<Record<string, Images>>;
}

export interface Dataset {
  readonly name: string;
  /** Frames per second, Hz: the control rate it was recorded at. */
  readonly fps: number;
  readonly robotType: string | null;
  /** SPDX-like licence word of the dataset card, such as "mit". */
  readonly license: string | null;
  readonly features: Readonly<Record<string, Feature>>;
  /** Cameras; left out where there are none. No name is also that of a feature. */
  readonly imageFeatures?: Readonly<Record<string, ImageFeature>>;
  readonly episodes: readonly Episode[];
  /** Columns the file has and memory has not: videos, images, text. */
  readonly skippedFeatures: readonly string[];
}

/** The robot's measured state, `f32[T, S]`. */
export const STATE = "observation.state";
/** The commands, `f32[T, A]`. */
export const ACTION = "action";

/** Values per row of a feature. */
export function featureWidth(feature: Feature): number {
  return feature.shape.reduce((product, extent) => product * extent, 1);
}

/**
 * A feature by name.
 *
 * @throws RangeError naming the features there are
 */
export function featureOf(dataset: Dataset, column: string): Feature {
  const feature = dataset.features[column];
  if (feature !== undefined) return feature;
  const known = Object.keys(dataset.features).join(", ") || "none";
  throw new RangeError(`dataset "${dataset.name}": column "${column}" is missing; it has ${known}`);
}

/**
 * Stop here unless a column has the width a task needs.
 *
 * @throws Error naming the column and both widths, RangeError when there is no such column
 */
export function demandWidth(dataset: Dataset, column: string, needs: { readonly task: string; readonly width: number }): void {
  const width = featureWidth(featureOf(dataset, column));
  if (width === needs.width) return;
  throw new Error(
    `dataset "${dataset.name}": ${column} has ${width} values per frame, task ${needs.task} has ${needs.width}; is it a dataset of another task?`,
  );
}

/** @throws Error when there are more or fewer frames in a second than the task has ticks: what is learned would be too slow or too fast */
export function demandRate({ name, fps }: Dataset, needs: { readonly task: string; readonly rateHz: number }): void {
  if (fps === needs.rateHz) return;
  throw new Error(`dataset "${name}": it has ${fps} frames/s, task ${needs.task} ticks at ${needs.rateHz} Hz; resample it, or is it a dataset of another task?`);
}

/**
 * One column of an episode, f32[T * width].
 *
 * @throws RangeError when the episode does not have it
 */
export function columnOf(episode: Episode, column: string): Float32Array {
  const values = episode.columns[column];
  if (values !== undefined) return values;
  throw new RangeError(`episode ${episode.index}: column "${column}" is missing`);
}

/**
 * Images of one camera of an episode, u8[T, h, w, 3] or u16[T, h, w, 1].
 *
 * @throws RangeError when the episode does not have them
 */
export function imagesOf(episode: Episode, column: string): Images {
  const images = episode.images?.[column];
  if (images !== undefined) return images;
  throw new RangeError(`episode ${episode.index}: images "${column}" are missing; were they read?`);
}

/** All rows of a column, f32[frames * width], episode after episode. */
export function allRows(dataset: Dataset, column: string): Float32Array {
  const width = featureWidth(featureOf(dataset, column));
  const rows = new Float32Array(frameCount(dataset) * width);
  let offset = 0;
  for (const episode of dataset.episodes) {
    rows.set(columnOf(episode, column), offset);
    offset += episode.length * width;
  }
  return rows;
}

/** Frames of all episodes together. */
export function frameCount(dataset: Dataset): number {
  return dataset.episodes.reduce((sum, episode) => sum + episode.length, 0);
}

/** The name of one value of a row, or its position when the dataset names none. */
export function dimensionName(feature: Feature, dimension: number): string {
  return feature.names?.[dimension] ?? String(dimension);
}
