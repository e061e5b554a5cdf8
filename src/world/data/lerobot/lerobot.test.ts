import { parquetMetadata } from "hyparquet";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../byte-store.ts";
import type { Dataset } from "../dataset.ts";
import { encodeLeRobot, readLeRobot } from "./index.ts";
import { readTable, writeTable } from "./table.ts";

const DATA = "data/chunk-000/file-000.parquet";
const EPISODES = "meta/episodes/chunk-000/file-000.parquet";

/** Three episodes, two instructions, a vector, a scalar and numbers that only survive as the same bits. */
function demo(): Dataset {
  const awkward = [1e-45, 3.4e37, -0, 0.1, 1 / 3, 16_777_217];
  const rows = (count: number, seed: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => (awkward[i % awkward.length] ?? 0) * (1 + seed * i));
  const lengths = [3, 1, 4];
  return {
    name: "demo",
    fps: 20,
    robotType: "arm",
    license: "apache-2.0",
    features: {
      "observation.state": { dtype: "float32", shape: [2], names: ["elbow", "wrist"] },
      action: { dtype: "float32", shape: [1], names: null },
    },
    episodes: lengths.map((length, index) => ({
      index,
      length,
      task: index === 1 ? "wave 👋" : "pick",
      columns: { "observation.state": rows(length * 2, index / 64), action: rows(length, index) },
    })),
    skippedFeatures: [],
  };
}

const read = (files: ReadonlyMap<string, Uint8Array>) => readLeRobot(memoryStore(files, "somewhere/demo"));

function withJson(
  files: Map<string, Uint8Array>,
  path: string,
  change: (value: Record<string, unknown>) => unknown,
): Map<string, Uint8Array> {
  const value: Record<string, unknown> = JSON.parse(new TextDecoder().decode(files.get(path)));
  return files.set(path, new TextEncoder().encode(JSON.stringify(change(value))));
}

function without(path: string): Map<string, Uint8Array> {
  const files = encodeLeRobot(demo());
  files.delete(path);
  return files;
}

describe("a written LeRobot v3.0 dataset", () => {
  it("reads back as it was written, bit by bit", async () => {
    const back = await read(encodeLeRobot(demo()));
    expect(back).toEqual(demo());
    expect(Object.is(back.episodes[0]?.columns["observation.state"]?.[2], -0)).toBe(true);
  });

  it("is the same bytes when written again, also from what was read", async () => {
    const files = encodeLeRobot(demo());
    expect(encodeLeRobot(demo())).toEqual(files);
    expect(encodeLeRobot(await read(files))).toEqual(files);
  });

  it("has the layout LeRobot expects", async () => {
    const files = encodeLeRobot(demo());
    const table = await readTable(files.get(DATA) ?? new Uint8Array(), DATA);
    expect(table.columns["timestamp"]).toEqual([0, 0.05, 0.1, 0, 0, 0.05, 0.1, 0.15].map(Math.fround));
    expect(table.columns["frame_index"]?.map(Number)).toEqual([0, 1, 2, 0, 0, 1, 2, 3]);
    expect(table.columns["episode_index"]?.map(Number)).toEqual([0, 0, 0, 1, 2, 2, 2, 2]);
    expect(table.columns["index"]?.map(Number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(table.columns["task_index"]?.map(Number)).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
    const metadata = parquetMetadata(files.get(DATA)?.slice().buffer ?? new ArrayBuffer(0));
    expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual([3, 1, 4]);
    expect(metadata.key_value_metadata?.map(({ key }) => key)).toContain("huggingface");

    const episodes = await readTable(files.get(EPISODES) ?? new Uint8Array(), EPISODES);
    expect(episodes.columns["dataset_from_index"]?.map(Number)).toEqual([0, 3, 4]);
    expect(episodes.columns["dataset_to_index"]?.map(Number)).toEqual([3, 4, 8]);
    expect(episodes.columns["tasks"]).toEqual([["pick"], ["wave 👋"], ["pick"]]);
    expect(episodes.columns["stats/index/max"]).toEqual([[2], [3], [7]]);
    expect(episodes.columns["stats/action/count"]).toEqual([[3n], [1n], [4n]]);
  });
});

describe("a LeRobot v3.0 dataset", () => {
  it("may be spread over several files and chunks", async () => {
    const files = encodeLeRobot(demo());
    const [data, episodes] = await Promise.all(
      [DATA, EPISODES].map((path) => readTable(files.get(path) ?? new Uint8Array(), path)),
    );
    const part = (table: typeof data, rows: readonly number[], patch: Record<string, unknown> = {}): Uint8Array => {
      const columns = Object.entries(table?.columns ?? {}).filter(([name]) => !name.startsWith("stats/"));
      const cut = columns.map(([name, values]) => {
        const isList = Array.isArray(values[0]);
        const element: unknown = isList ? (values[0] as unknown[])[0] : values[0];
        const type = typeof element === "bigint" ? "INT64" : typeof element === "string" ? "STRING" : "FLOAT";
        return { name, type, depth: isList ? 1 : 0, values: rows.map((row) => patch[name] ?? values[row]) } as const;
      });
      return writeTable(cut, [rows.length]);
    };
    files.set(DATA, part(data, [0, 1, 2]));
    files.set("data/chunk-000/file-001.parquet", part(data, [3]));
    files.set("data/chunk-001/file-000.parquet", part(data, [4, 5, 6, 7]));
    files.set(EPISODES, part(episodes, [0]));
    files.set("meta/episodes/chunk-000/file-001.parquet", part(episodes, [1], { "data/file_index": 1n }));
    files.set("meta/episodes/chunk-001/file-000.parquet", part(episodes, [2], { "data/chunk_index": 1n }));
    expect(await read(files)).toEqual(demo());
  });

  it("reads chosen episodes only, and needs no others", async () => {
    const { episodes } = await readLeRobot(memoryStore(encodeLeRobot(demo())), { episodes: [2, 0] });
    expect(episodes.map(({ index }) => index)).toEqual([2, 0]);
    expect(episodes[0]).toEqual(demo().episodes[2]);
    await expect(readLeRobot(memoryStore(encodeLeRobot(demo())), { episodes: [3] })).rejects.toThrow(
      /no episode 3; it has 3/,
    );
  });
});

describe("the features of a LeRobot dataset", () => {
  it("leave out videos and images, by name", async () => {
    const files = withJson(encodeLeRobot(demo()), "meta/info.json", (info) => ({
      ...info,
      features: {
        ...(info["features"] as object),
        "observation.images.top": { dtype: "video", shape: [96, 96, 3], names: null },
      },
    }));
    const back = await read(files);
    expect(back.skippedFeatures).toEqual(["observation.images.top"]);
    expect(Object.keys(back.features)).toEqual(["observation.state", "action"]);
  });

  it.each([
    [
      ["x", "y"],
      ["x", "y"],
    ],
    [[["x", "y"]], ["x", "y"]],
    [{ axes: ["x", "y"] }, ["x", "y"]],
    [{ x: 0, y: 1 }, ["x", "y"]],
    [["state"], null],
    [null, null],
  ])("have their dimension names read from %j", async (names, expected) => {
    const files = withJson(encodeLeRobot(demo()), "meta/info.json", (info) => {
      const features = info["features"] as Record<string, object>;
      return { ...info, features: { ...features, "observation.state": { ...features["observation.state"], names } } };
    });
    expect((await read(files)).features["observation.state"]?.names).toEqual(expected);
  });
});

describe("readLeRobot", () => {
  it.each(["meta/info.json", "meta/tasks.parquet", EPISODES, DATA])("names the missing file %s", async (path) => {
    await expect(read(without(path))).rejects.toThrow(`somewhere/demo: ${path} is missing`);
  });

  it.each(["meta/tasks.parquet", EPISODES, DATA])("names the file %s when it is cut off", async (path) => {
    const files = encodeLeRobot(demo());
    const whole = files.get(path) ?? new Uint8Array();
    for (const length of [0, 3, 12, Math.floor(whole.length / 2), whole.length - 1]) {
      files.set(path, whole.slice(0, length));
      await expect(read(files)).rejects.toThrow(`somewhere/demo/${path}: cannot read this parquet file`);
    }
  });

  it("refuses an info.json that is damaged, foreign or of an unknown version, naming the field", async () => {
    const files = encodeLeRobot(demo());
    expect(await read(files)).toBeDefined();
    await expect(read(new Map(files).set("meta/info.json", new TextEncoder().encode("{")))).rejects.toThrow(
      /info.json: is not JSON/,
    );
    const changed = (patch: object) =>
      read(withJson(new Map(files), "meta/info.json", (info) => ({ ...info, ...patch })));
    await expect(changed({ codebase_version: "v9" })).rejects.toThrow(
      /info.json: codebase_version: .*LeRobot v2 or v3.0/,
    );
    await expect(changed({ fps: 0 })).rejects.toThrow(/info.json: fps: /);
    await expect(changed({ data_path: "{nothing}.parquet" })).rejects.toThrow(/\{nothing\} is unknown/);
  });

  it("refuses a column of another width than info.json says, or that is not there", async () => {
    const changed = (name: string, shape: number[]) =>
      read(
        withJson(encodeLeRobot(demo()), "meta/info.json", (info) => ({
          ...info,
          features: { ...(info["features"] as object), [name]: { dtype: "float32", shape } },
        })),
      );
    await expect(changed("observation.state", [3])).rejects.toThrow(
      /episode 0: observation.state: frame 0 does not have 3 values/,
    );
    await expect(changed("force", [1])).rejects.toThrow(/column "force" is missing; it has observation.state, action/);
  });

  it("refuses rows that do not match the episode list", async () => {
    const files = encodeLeRobot(demo());
    const other = encodeLeRobot({ ...demo(), episodes: demo().episodes.slice(0, 2) });
    files.set(DATA, other.get(DATA) ?? new Uint8Array());
    await expect(read(files)).rejects.toThrow(/episode 2 has 0 rows, expected 4; the file does not match/);
  });
});

describe("encodeLeRobot", () => {
  it("refuses what LeRobot could not read back", () => {
    const dataset = demo();
    expect(() => encodeLeRobot({ ...dataset, episodes: [] })).toThrow(/has no episodes/);
    const image = { dtype: "float32", shape: [2, 2], names: null } as const;
    expect(() => encodeLeRobot({ ...dataset, features: { image } })).toThrow(
      /"image" has shape \[2, 2\], expected a vector/,
    );
    const [first] = dataset.episodes;
    const short = { ...first, index: 0, length: 5, task: "", columns: first?.columns ?? {} };
    expect(() => encodeLeRobot({ ...dataset, episodes: [short] })).toThrow(
      /episode 0: observation.state has 6 values, expected 5 rows of 2/,
    );
  });
});
