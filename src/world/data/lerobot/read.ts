/** @file Reader of LeRobot datasets, v3.0 and v2.x. */

import { requireFile, type ByteStore } from "../byte-store.ts";
import { featureWidth, type Dataset, type Episode, type Feature, type ImageFeature, type Images } from "../dataset.ts";
import { licenseOfCard } from "./card.ts";
import { listEpisodes, readTasks, type EpisodeEntry } from "./episode-list.ts";
import { decodeImages } from "./images.ts";
import { parseInfo, splitFeatures } from "./info.ts";
import { readTable, type Table } from "./table.ts";

export interface ReadLeRobotOptions {
  /** What to call the dataset. Default: the last part of the store's name. */
  readonly name?: string;
  /** Read only these episodes, by index; the files of the others need not exist. */
  readonly episodes?: readonly number[];
  /**
   * Read images that lie in the tables as PNG: all, or those of these features. They are decoded at once and held as they are, T·h·w·3 bytes
   * per episode for RGB and T·h·w·2 for depth: 2.8 MB for 100 frames of 96 × 96 in RGB. Default false: none.
   */
  readonly images?: boolean | readonly string[];
}

/**
 * Read a LeRobot dataset's numeric columns, and images when asked.
 *
 * Numbers of other types become float32. Videos, text and images not asked for are left out and named in `skippedFeatures`. An
 * episode whose frames have several instructions keeps the first.
 *
 * @throws Error naming the file and field that is missing, cut off or does not fit
 *
 * Source: huggingface/lerobot `datasets/lerobot_dataset.py`, dataset formats v2.1 and v3.0.
 */
export async function readLeRobot(store: ByteStore, options: ReadLeRobotOptions = {}): Promise<Dataset> {
  const info = parseInfo(await requireFile(store, "meta/info.json"), `${store.name}/meta/info.json`);
  const { features, imageFeatures, skipped } = splitFeatures(info, options.images ?? false);
  // One after the other, so that of several broken files the same one is always named.
  const tasks = await readTasks(store, info);
  const listed = await listEpisodes(store, info);
  const card = await store.read("README.md");
  const entries = selectEpisodes(store, listed, options.episodes);
  const episodes = await readEpisodes(store, entries, { features, imageFeatures, tasks });
  return {
    name: options.name ?? (store.name.split("/").filter(Boolean).at(-1) || store.name),
    fps: info.fps,
    robotType: info.robot_type ?? null,
    license: card === undefined ? null : licenseOfCard(card),
    features,
    ...(Object.keys(imageFeatures).length > 0 && { imageFeatures }),
    episodes,
    skippedFeatures: skipped,
  };
}

function selectEpisodes(
  store: ByteStore,
  listed: readonly EpisodeEntry[],
  wanted: readonly number[] | undefined,
): readonly EpisodeEntry[] {
  if (wanted === undefined) return listed;
  return wanted.map((index) => {
    const entry = listed.find((candidate) => candidate.index === index);
    if (entry === undefined)
      throw new RangeError(`${store.name}: there is no episode ${index}; it has ${listed.length}`);
    return entry;
  });
}

interface Context {
  readonly features: Readonly<Record<string, Feature>>;
  readonly imageFeatures: Readonly<Record<string, ImageFeature>>;
  readonly tasks: ReadonlyMap<number, string>;
}

/** Each file is read once and dropped before the next: v3.0 packs many episodes into one file. */
async function readEpisodes(store: ByteStore, entries: readonly EpisodeEntry[], context: Context): Promise<Episode[]> {
  const byPath = new Map<string, EpisodeEntry[]>();
  for (const entry of entries) byPath.set(entry.path, [...(byPath.get(entry.path) ?? []), entry]);
  const columns = ["episode_index", "task_index", ...Object.keys(context.features), ...Object.keys(context.imageFeatures)];
  const read = new Map<number, Episode>();
  for (const [path, wanted] of byPath) {
    const where = `${store.name}/${path}`;
    const bytes = await store.read(path);
    if (bytes === undefined) {
      const which = wanted.length === 1 ? `episode ${wanted[0]?.index}` : `${wanted.length} episodes`;
      throw new Error(
        `${store.name}: ${path} is missing, which holds ${which}; complete the download or name the episodes to read`,
      );
    }
    const table = await readTable(bytes, where, columns);
    const starts = episodeStarts(table);
    for (const entry of wanted)
      read.set(entry.index, cutEpisode(table, { entry, start: starts.get(entry.index), where }, context));
  }
  return entries.flatMap((entry) => read.get(entry.index) ?? []);
}

/** First row of every episode in a file. */
function episodeStarts(table: Table): ReadonlyMap<number, number> {
  const starts = new Map<number, number>();
  for (const [row, value] of (table.columns["episode_index"] ?? []).entries()) {
    const index = Number(value);
    if (!starts.has(index)) starts.set(index, row);
  }
  return starts;
}

interface Cut {
  readonly entry: EpisodeEntry;
  readonly start: number | undefined;
  readonly where: string;
}

function cutEpisode(table: Table, { entry, start = 0, where }: Cut, { features, imageFeatures, tasks }: Context): Episode {
  const { index, length } = entry;
  const owners = (table.columns["episode_index"] ?? []).slice(start, start + length);
  const found = owners.filter((owner) => Number(owner) === index).length;
  if (length < 1 || found !== length) {
    throw new Error(`${where}: episode ${index} has ${found} rows, expected ${length}; the file does not match meta/`);
  }
  const taskIndex = Number(table.columns["task_index"]?.[start]);
  const task = tasks.get(taskIndex);
  if (task === undefined)
    throw new Error(`${where}: episode ${index} has task ${taskIndex}, which meta/tasks does not name`);
  const columns = Object.entries(features).map(([name, feature]): [string, Float32Array] => {
    const rows = (table.columns[name] ?? []).slice(start, start + length);
    return [name, toFloats(rows, featureWidth(feature), `${where}: episode ${index}: ${name}`)];
  });
  const images = Object.entries(imageFeatures).map(([name, feature]): [string, Images] => {
    const cells = (table.columns[name] ?? []).slice(start, start + length);
    return [name, decodeImages(feature, cells, `${where}: episode ${index}: ${name}`)];
  });
  return { index, length, task, columns: Object.fromEntries(columns), ...(images.length > 0 && { images: Object.fromEntries(images) }) };
}

/** Rows of numbers, bigints, booleans or nested lists of them, flattened. */
function toFloats(rows: readonly unknown[], width: number, where: string): Float32Array {
  const values = new Float32Array(rows.length * width);
  let position = 0;
  const append = (value: unknown): void => {
    if (typeof value === "number") values[position++] = value;
    else if (Array.isArray(value) || ArrayBuffer.isView(value))
      for (const item of value as Iterable<unknown>) append(item);
    else if (typeof value === "bigint" || typeof value === "boolean") values[position++] = Number(value);
    else throw new Error(`${where}: a value is ${value === null ? "null" : typeof value}, expected numbers`);
  };
  for (const [row, value] of rows.entries()) {
    append(value);
    if (position !== (row + 1) * width) {
      throw new Error(`${where}: frame ${row} does not have ${width} values, as meta/info.json says`);
    }
  }
  return values;
}
