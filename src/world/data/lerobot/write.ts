/** @file Writer of LeRobot v3.0 datasets: a dataset becomes files as bytes. */

import { allRows, columnOf, featureWidth, frameCount, type Dataset, type Episode, type Feature } from "../dataset.ts";
import { statisticsOfImages, type ImageHistogram } from "../image-statistics.ts";
import { statisticsOf, type FeatureStatistics } from "../statistics.ts";
import { cardOf } from "./card.ts";
import { emptyHistograms, encodeImages, episodesOfFiles, imageColumns, imageInfo, overPixels, type EncodedImages } from "./images.ts";
import { BOOKKEEPING, formatPath } from "./info.ts";
import { writeTable, type ColumnToWrite } from "./table.ts";

const DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet";
const EPISODES_FILE = "meta/episodes/chunk-000/file-000.parquet";
const CHUNK_SIZE = 1000;
const SCALAR: Feature = { dtype: "float32", shape: [1], names: null };
const STATISTICS = ["min", "max", "mean", "std", "q01", "q10", "q50", "q90", "q99"] as const;

export interface EncodeOptions {
  /** Bytes of images after which the next data file begins. Default 100 MiB. */
  readonly maxFileBytes?: number;
}

/**
 * The files of a LeRobot v3.0 dataset, by path. The same dataset gives the same bytes.
 *
 * Episodes are numbered anew from 0 in their order, one row group each. All rows go into one data file; a next one begins where images fill
 * 100 MiB. Images are PNG inside the rows; depth is marked as LeRobot marks it, in mm.
 *
 * @throws RangeError when there is nothing to write, a column does not fit its feature, or a feature is no vector
 *
 * Source: huggingface/lerobot `datasets/`, format v3.0. LeRobot approximates quantiles from histograms and merges
 * them; these are exact.
 */
export function encodeLeRobot(dataset: Dataset, { maxFileBytes }: EncodeOptions = {}): Map<string, Uint8Array> {
  const checked = withBookkeeping(dataset);
  const tasks = tasksOf(dataset);
  const histograms = emptyHistograms(checked);
  const images = checked.episodes.map((episode) => encodeImages(checked, episode, histograms));
  const files = episodesOfFiles(images, maxFileBytes);
  return new Map([
    ["README.md", cardOf(dataset)],
    ["meta/info.json", json(infoOf(checked, tasks.length))],
    ["meta/stats.json", json(statsOf(checked, histograms))],
    ["meta/tasks.parquet", encodeTasks(tasks)],
    [EPISODES_FILE, encodeEpisodes(checked, images, files)],
    ...files.map((positions, file): [string, Uint8Array] => [formatPath(DATA_PATH, placeOf(file)), encodeRows(checked, images, positions)]),
  ]);
}

/** Chunk and number of the data file at a position. */
function placeOf(file: number): { chunk_index: number; file_index: number } {
  return { chunk_index: Math.floor(file / CHUNK_SIZE), file_index: file % CHUNK_SIZE };
}

/** The dataset with its bookkeeping columns, in file order; rows are checked on the way. */
function withBookkeeping(dataset: Dataset): Dataset {
  if (dataset.episodes.length === 0) throw new RangeError(`encodeLeRobot: dataset "${dataset.name}" has no episodes`);
  for (const [name, { shape }] of Object.entries(dataset.features)) {
    if (shape.length === 1 && !(name in BOOKKEEPING)) continue;
    throw new RangeError(
      `encodeLeRobot: feature "${name}" has shape [${shape.join(", ")}], expected a vector with a name of its own`,
    );
  }
  const taken = Object.keys(dataset.imageFeatures ?? {}).find((name) => name in dataset.features || name in BOOKKEEPING);
  if (taken !== undefined) throw new RangeError(`encodeLeRobot: images "${taken}" have the name of another column`);
  const tasks = tasksOf(dataset);
  let start = 0;
  const episodes = dataset.episodes.map((episode, index): Episode => {
    const { length, task } = episode;
    checkRows(dataset, episode);
    const filled = (value: (frame: number) => number): Float32Array =>
      Float32Array.from({ length }, (_, frame) => value(frame));
    const first = start;
    const bookkeeping: Readonly<Record<keyof typeof BOOKKEEPING, Float32Array>> = {
      timestamp: filled((frame) => frame / dataset.fps),
      frame_index: filled((frame) => frame),
      episode_index: filled(() => index),
      index: filled((frame) => first + frame),
      task_index: filled(() => tasks.indexOf(task)),
    };
    start += length;
    return { ...episode, index, columns: { ...episode.columns, ...bookkeeping } };
  });
  const bookkeepingFeatures = Object.fromEntries(Object.keys(BOOKKEEPING).map((name) => [name, SCALAR]));
  return { ...dataset, features: { ...dataset.features, ...bookkeepingFeatures }, episodes };
}

function checkRows(dataset: Dataset, episode: Episode): void {
  for (const [name, feature] of Object.entries(dataset.features)) {
    const got = columnOf(episode, name).length;
    const width = featureWidth(feature);
    if (got === episode.length * width && got > 0) continue;
    throw new RangeError(
      `encodeLeRobot: episode ${episode.index}: ${name} has ${got} values, expected ${episode.length} rows of ${width}`,
    );
  }
}

function tasksOf(dataset: Dataset): string[] {
  return [...new Set(dataset.episodes.map((episode) => episode.task))];
}

function infoOf(dataset: Dataset, totalTasks: number): unknown {
  const features = Object.entries(dataset.features).map(([name, { shape, names }]) => [
    name,
    { dtype: fileType(name), shape, names },
  ]);
  const cameras = Object.entries(dataset.imageFeatures ?? {}).map(([name, feature]) => [name, imageInfo(feature)]);
  return {
    codebase_version: "v3.0",
    robot_type: dataset.robotType,
    total_episodes: dataset.episodes.length,
    total_frames: frameCount(dataset),
    total_tasks: totalTasks,
    chunks_size: CHUNK_SIZE,
    data_files_size_in_mb: 100,
    video_files_size_in_mb: 200,
    fps: dataset.fps,
    splits: { train: `0:${dataset.episodes.length}` },
    data_path: DATA_PATH,
    video_path: null,
    features: Object.fromEntries([...features, ...cameras]),
  };
}

function fileType(name: string): "float32" | "int64" {
  return name in BOOKKEEPING ? BOOKKEEPING[name as keyof typeof BOOKKEEPING] : "float32";
}

function statsOf(dataset: Dataset, histograms: Readonly<Record<string, ImageHistogram>>): unknown {
  const entries = Object.entries(dataset.features).map(([name, feature]) => {
    const statistics = statisticsOf(allRows(dataset, name), featureWidth(feature));
    return [name, { ...statistics, count: [statistics.count] }];
  });
  const cameras = Object.entries(histograms).map(([name, histogram]) => {
    const statistics = statisticsOfImages(histogram);
    const values = STATISTICS.map((statistic) => [statistic, overPixels(statistics[statistic])]);
    return [name, { ...Object.fromEntries(values), count: [statistics.count] }];
  });
  return Object.fromEntries([...entries, ...cameras]);
}

/** The instruction is the table's index: LeRobot reads this file with pandas and looks tasks up by it. */
function encodeTasks(tasks: readonly string[]): Uint8Array {
  const column = (name: string, pandasType: string, numpyType: string): unknown => {
    return { name, field_name: name, pandas_type: pandasType, numpy_type: numpyType, metadata: null };
  };
  const pandas = {
    index_columns: ["task"],
    column_indexes: [],
    columns: [column("task_index", "int64", "int64"), column("task", "unicode", "object")],
    creator: { library: "tendon", version: "0.1.0" },
    pandas_version: "2.2.3",
  };
  const columns: ColumnToWrite[] = [
    { name: "task_index", type: "INT64", depth: 0, values: tasks.map((_, i) => BigInt(i)) },
    { name: "task", type: "STRING", depth: 0, values: tasks },
  ];
  return writeTable(columns, [tasks.length], { pandas });
}

function encodeEpisodes(dataset: Dataset, images: readonly EncodedImages[], files: readonly (readonly number[])[]): Uint8Array {
  const { episodes } = dataset;
  const places = files.flatMap((positions, file) => positions.map(() => placeOf(file)));
  const integers = (name: string, values: readonly number[]): ColumnToWrite => {
    return { name, type: "INT64", depth: 0, values: values.map(BigInt) };
  };
  const zeros = episodes.map(() => 0);
  const starts = episodes.map((episode) => columnOf(episode, "index")[0] ?? 0);
  const columns: ColumnToWrite[] = [
    integers(
      "episode_index",
      episodes.map(({ index }) => index),
    ),
    { name: "tasks", type: "STRING", depth: 1, values: episodes.map(({ task }) => [task]) },
    integers(
      "length",
      episodes.map(({ length }) => length),
    ),
    integers(
      "data/chunk_index",
      places.map(({ chunk_index }) => chunk_index),
    ),
    integers(
      "data/file_index",
      places.map(({ file_index }) => file_index),
    ),
    integers("dataset_from_index", starts),
    integers(
      "dataset_to_index",
      episodes.map(({ length }, i) => (starts[i] ?? 0) + length),
    ),
    ...Object.entries(dataset.features).flatMap(([name, feature]) => {
      const width = featureWidth(feature);
      return statisticsColumns(name, episodes.map((episode) => statisticsOf(columnOf(episode, name), width)));
    }),
    ...Object.keys(dataset.imageFeatures ?? {}).flatMap((name) =>
      statisticsColumns(name, images.flatMap((each) => each[name]?.statistics ?? []), overPixels),
    ),
    integers("meta/episodes/chunk_index", zeros),
    integers("meta/episodes/file_index", zeros),
  ];
  return writeTable(columns, [episodes.length]);
}

/** `shaped` puts values per channel into the shape of an image. */
function statisticsColumns(name: string, perEpisode: readonly FeatureStatistics[], shaped?: typeof overPixels): ColumnToWrite[] {
  const columns = STATISTICS.map((statistic): ColumnToWrite => {
    const values = perEpisode.map((each) => (shaped === undefined ? each[statistic] : shaped(each[statistic])));
    return { name: `stats/${name}/${statistic}`, type: "DOUBLE", depth: shaped === undefined ? 1 : 3, values };
  });
  const counts = perEpisode.map(({ count }) => [BigInt(count)]);
  return [...columns, { name: `stats/${name}/count`, type: "INT64", depth: 1, values: counts }];
}

/** The rows of the episodes at these positions. */
function encodeRows(whole: Dataset, images: readonly EncodedImages[], positions: readonly number[]): Uint8Array {
  const dataset = { ...whole, episodes: positions.flatMap((position) => whole.episodes[position] ?? []) };
  const cameras = Object.keys(dataset.imageFeatures ?? {});
  const entries = Object.entries(dataset.features);
  const columns = entries.map(([name, feature]): ColumnToWrite => {
    const rows = allRows(dataset, name);
    const width = featureWidth(feature);
    if (fileType(name) === "int64") return { name, type: "INT64", depth: 0, values: Array.from(rows, BigInt) };
    if (width === 1) return { name, type: "FLOAT", depth: 0, values: Array.from(rows) };
    const vectors = Array.from({ length: rows.length / width }, (_, row) =>
      Array.from(rows.subarray(row * width, (row + 1) * width)),
    );
    return { name, type: "FLOAT", depth: 1, values: vectors };
  });
  const types = [
    ...entries.map(([name, feature]) => [name, huggingFaceType(name, feature)]),
    ...cameras.map((name) => [name, { _type: "Image" }]),
  ];
  const huggingface = { info: { features: Object.fromEntries(types) } };
  const pictures = imageColumns(cameras, images.filter((_, position) => positions.includes(position)));
  return writeTable(
    [...columns, ...pictures],
    dataset.episodes.map(({ length }) => length),
    { huggingface },
  );
}

function huggingFaceType(name: string, feature: Feature): unknown {
  const value = { dtype: fileType(name), _type: "Value" };
  const width = featureWidth(feature);
  return width === 1 ? value : { feature: value, length: width, _type: "List" };
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 4)}\n`);
}
