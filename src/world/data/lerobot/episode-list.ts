/** @file Which episodes a LeRobot dataset has, how long they are, and where their rows lie. */

import { z } from "zod";
import { requireFile, type ByteStore } from "../byte-store.ts";
import { formatPath, parseJson, type LeRobotInfo } from "./info.ts";
import { readTable, type Table } from "./table.ts";

export interface EpisodeEntry {
  readonly index: number;
  readonly length: number;
  /** The parquet file that holds its rows. */
  readonly path: string;
}

/** All episodes, in order. */
export function listEpisodes(store: ByteStore, info: LeRobotInfo): Promise<EpisodeEntry[]> {
  return info.codebase_version === "v3.0" ? listEpisodesV3(store, info) : listEpisodesV2(store, info);
}

/** Instructions by task index. */
export async function readTasks(store: ByteStore, info: LeRobotInfo): Promise<ReadonlyMap<number, string>> {
  if (info.codebase_version !== "v3.0") {
    const lines = await readJsonLines(store, "meta/tasks.jsonl", TASK_LINE);
    return new Map(lines.map(({ task_index, task }) => [task_index, task]));
  }
  const path = "meta/tasks.parquet";
  const { columns } = await readTable(await requireFile(store, path), `${store.name}/${path}`);
  // pandas stores the instruction as its index; older writers did not give that index a name.
  const names = columns["task"] ?? columns["__index_level_0__"];
  const indices = columns["task_index"];
  if (names === undefined || indices === undefined) {
    throw new Error(
      `${store.name}/${path}: expected columns task and task_index, got ${Object.keys(columns).join(", ")}`,
    );
  }
  return new Map(indices.map((index, row) => [Number(index), String(names[row])]));
}

async function listEpisodesV3(store: ByteStore, info: LeRobotInfo): Promise<EpisodeEntry[]> {
  const episodes: EpisodeEntry[] = [];
  let chunk = 0;
  let file = 0;
  // Stores cannot list folders: files are counted up until every episode is found.
  while (episodes.length < info.total_episodes) {
    const path = `meta/episodes/chunk-${String(chunk).padStart(3, "0")}/file-${String(file).padStart(3, "0")}.parquet`;
    const bytes = await store.read(path);
    if (bytes === undefined && file === 0) {
      throw new Error(
        `${store.name}: ${path} is missing; ${episodes.length} of ${info.total_episodes} episodes are described before it`,
      );
    }
    if (bytes === undefined) {
      chunk++;
      file = 0;
      continue;
    }
    episodes.push(...entriesOf(await readTable(bytes, `${store.name}/${path}`, EPISODE_COLUMNS), info));
    file++;
  }
  return episodes.sort((a, b) => a.index - b.index);
}

const EPISODE_COLUMNS = ["episode_index", "length", "data/chunk_index", "data/file_index"] as const;

function entriesOf({ rows, columns }: Table, info: LeRobotInfo): EpisodeEntry[] {
  return Array.from({ length: rows }, (_, row) => {
    const [index = 0, length = 0, chunk_index = 0, file_index = 0] = EPISODE_COLUMNS.map((name) =>
      Number(columns[name]?.[row]),
    );
    return { index, length, path: formatPath(info.data_path, { chunk_index, file_index }) };
  });
}

const TASK_LINE = z.object({ task_index: z.int(), task: z.string() });
const EPISODE_LINE = z.object({ episode_index: z.int(), length: z.int().positive() });

async function listEpisodesV2(store: ByteStore, info: LeRobotInfo): Promise<EpisodeEntry[]> {
  const lines = await readJsonLines(store, "meta/episodes.jsonl", EPISODE_LINE);
  return lines.map(({ episode_index, length }) => {
    const episode_chunk = Math.floor(episode_index / info.chunks_size);
    return { index: episode_index, length, path: formatPath(info.data_path, { episode_chunk, episode_index }) };
  });
}

async function readJsonLines<T>(store: ByteStore, path: string, schema: z.ZodType<T>): Promise<T[]> {
  const text = new TextDecoder().decode(await requireFile(store, path));
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line, i) => {
    const where = `${store.name}/${path} line ${i + 1}`;
    const result = schema.safeParse(parseJson(new TextEncoder().encode(line), where));
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw new Error(`${where}: ${issue?.path.join(".")}: ${issue?.message}`);
  });
}
