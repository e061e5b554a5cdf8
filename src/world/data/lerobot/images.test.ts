import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { rng } from "#engine/array";
import { memoryStore } from "../byte-store.ts";
import type { Dataset, Episode } from "../dataset.ts";
import { encodeLeRobot, readLeRobot, type ReadLeRobotOptions } from "./index.ts";
import { readTable, writeTable } from "./table.ts";

const DATA = "data/chunk-000/file-000.parquet";
const EPISODES = "meta/episodes/chunk-000/file-000.parquet";
const [FRONT, DEPTH] = ["observation.images.front", "observation.images.depth"] as const;

/** Three episodes of noise in a camera 5 wide and 4 high, with the largest and the smallest level. */
function demo(): Dataset {
  const random = rng(0, "images");
  const episodes = [2, 1, 3].map((length, index): Episode => {
    const rgb = Uint8Array.from({ length: length * 60 }, (_, i) => (i === 0 ? 255 : i === 1 ? 0 : random.integer(0, 256)));
    const depth = Uint16Array.from({ length: length * 20 }, (_, i) => (i === 0 ? 65_535 : i === 1 ? 0 : random.integer(0, 65_536)));
    const action = Float32Array.from({ length }, (_, t) => t + index);
    return { index, length, task: "look", columns: { action }, images: { [FRONT]: rgb, [DEPTH]: depth } };
  });
  return {
    name: "demo", fps: 10, robotType: "arm", license: null,
    features: { action: { dtype: "float32", shape: [1], names: null } },
    imageFeatures: { [FRONT]: { dtype: "image", shape: [4, 5, 3] }, [DEPTH]: { dtype: "image", shape: [4, 5, 1] } },
    episodes,
    skippedFeatures: [],
  };
}

const read = (files: ReadonlyMap<string, Uint8Array>, options: ReadLeRobotOptions = { images: true }) => readLeRobot(memoryStore(files, "somewhere/demo"), options);
const jsonOf = (files: ReadonlyMap<string, Uint8Array>, path: string) => JSON.parse(new TextDecoder().decode(files.get(path)));

describe("a dataset with images", () => {
  it("reads back pixel by pixel, colours and depth", async () => {
    expect(await read(encodeLeRobot(demo()))).toEqual(demo());
  });

  it("is the same bytes when written again, also from what was read", async () => {
    const files = encodeLeRobot(demo());
    expect(encodeLeRobot(await read(files))).toEqual(files);
  });

  it("leaves images out unless asked, and names those it left out", async () => {
    const files = encodeLeRobot(demo());
    const without = await read(files, {});
    expect(without.skippedFeatures).toEqual([FRONT, DEPTH]);
    expect("imageFeatures" in without || without.episodes.some((episode) => "images" in episode)).toBe(false);
    const some = await read(files, { images: [DEPTH], episodes: [1] });
    expect(some.skippedFeatures).toEqual([FRONT]);
    expect(some.episodes[0]?.images).toEqual({ [DEPTH]: demo().episodes[1]?.images?.[DEPTH] });
    await expect(read(files, { images: ["wrist"] })).rejects.toThrow(`images "wrist": the dataset has no such image feature; it has ${FRONT}, ${DEPTH}`);
  });

  it("is described as LeRobot describes one, depth with its mark and unit", async () => {
    const files = encodeLeRobot(demo());
    const { features } = jsonOf(files, "meta/info.json");
    expect(features[FRONT]).toEqual({ dtype: "image", shape: [4, 5, 3], names: ["height", "width", "channels"] });
    expect(features[DEPTH].info).toEqual({ is_depth_map: true, depth_unit: "mm" });
    const { columns } = await readTable(files.get(DATA) ?? new Uint8Array(), DATA, [FRONT]);
    const paths = (columns[FRONT] as { bytes: Uint8Array; path: string }[]).map(({ path }) => path);
    expect(paths).toEqual([0, 1, 0, 0, 1, 2].map((frame) => `frame-00000${frame}.png`));
  });

  it("has statistics per channel, RGB in [0, 1] and depth in mm, in the shape [c, 1, 1]", async () => {
    const files = encodeLeRobot(demo());
    const stats = jsonOf(files, "meta/stats.json");
    const green = demo().episodes.flatMap(({ images }) => [...(images?.[FRONT] ?? [])].filter((_, i) => i % 3 === 1));
    const mean = green.reduce((sum, value) => sum + value, 0) / green.length;
    const std = Math.sqrt(green.reduce((sum, value) => sum + (value - mean) ** 2, 0) / green.length);
    expect(stats[FRONT].mean[1][0][0]).toBeCloseTo(mean / 255, 12);
    expect(stats[FRONT].std[1][0][0]).toBeCloseTo(std / 255, 12);
    green.sort((a, b) => a - b);
    expect(stats[FRONT].q50[1][0][0]).toBeCloseTo(((green[59] ?? 0) + (green[60] ?? 0)) / 2 / 255, 12);
    // The first per cent of 120 values lies at 1.19.
    expect(stats[FRONT].q01[1][0][0]).toBeCloseTo(((green[1] ?? 0) + 0.19 * ((green[2] ?? 0) - (green[1] ?? 0))) / 255, 12);
    expect([stats[FRONT].max[0], stats[FRONT].min[1], stats[FRONT].count]).toEqual([[[1]], [[0]], [6]]);
    expect([stats[DEPTH].min, stats[DEPTH].max, stats[DEPTH].mean.length]).toEqual([[[[0]]], [[[65_535]]], 1]);
    const { columns } = await readTable(files.get(EPISODES) ?? new Uint8Array(), EPISODES);
    expect(columns[`stats/${DEPTH}/max`]).toEqual([[[[65_535]]], [[[65_535]]], [[[65_535]]]]);
    expect(columns[`stats/${FRONT}/count`]).toEqual([[2n], [1n], [3n]]);
  });

  it("goes on in a next file where images fill one, and still reads back", async () => {
    const files = encodeLeRobot(demo(), { maxFileBytes: 800 });
    const data = [...files.keys()].filter((path) => path.startsWith("data/"));
    expect(data.length).toBeGreaterThan(1);
    expect(data[1]).toBe("data/chunk-000/file-001.parquet");
    expect(await read(files)).toEqual(demo());
  });
});

describe("images that do not fit", () => {
  it("are refused when written, saying what was expected", () => {
    const change = (images: Record<string, Uint8Array | Uint16Array>) => () => {
      const [first, ...others] = demo().episodes;
      return encodeLeRobot({ ...demo(), episodes: first === undefined ? [] : [{ ...first, images: { ...first.images, ...images } }, ...others] });
    };
    expect(change({ [FRONT]: new Uint8Array(119) })).toThrow(`episode 0: ${FRONT} has 119 values of u8, expected u8[2, 4, 5, 3]`);
    expect(change({ [DEPTH]: new Uint8Array(40) })).toThrow(`episode 0: ${DEPTH} has 40 values of u8, expected u16[2, 4, 5, 1]`);
    const [first] = demo().episodes;
    const { images: _, ...bare } = first ?? { index: 0, length: 1, task: "", columns: {} };
    expect(() => encodeLeRobot({ ...demo(), episodes: [bare] })).toThrow(`episode 0: images "${FRONT}" are missing`);
    const same = { ...demo(), imageFeatures: { action: { dtype: "image", shape: [4, 5, 3] } } } as const;
    expect(() => encodeLeRobot(same)).toThrow(/images "action" have the name of another column/);
  });

  it("are refused when read, naming file, episode, camera and frame", async () => {
    const patched = async (cell: unknown) => {
      const files = encodeLeRobot({ ...demo(), imageFeatures: { [FRONT]: { dtype: "image", shape: [4, 5, 3] } } });
      const table = await readTable(files.get(DATA) ?? new Uint8Array(), DATA);
      const columns = Object.entries(table.columns).map(([name, values]) => {
        const type = name === FRONT ? "IMAGE" : typeof values[0] === "bigint" ? "INT64" : "FLOAT";
        return { name, type, depth: 0, values: name === FRONT ? values.with(4, cell) : values } as const;
      });
      return read(files.set(DATA, writeTable(columns, [6])));
    };
    const png = (options: object) => encode({ width: 5, height: 4, channels: 3, data: new Uint8Array(60), ...options });
    const where = `somewhere/demo/${DATA}: episode 2: ${FRONT}: frame 1`;
    await expect(patched({ bytes: png({}), path: "a.png" })).resolves.toBeDefined();
    await expect(patched({ bytes: png({ width: 4, height: 5 }), path: "a.png" })).rejects.toThrow(`${where}: is a PNG of 5 × 4 × 3 × 8`);
    await expect(patched({ bytes: png({ channels: 1, data: new Uint8Array(20) }), path: "a.png" })).rejects.toThrow(/4 × 5 × 1 × 8 .*expected 4 × 5 × 3 × 8/);
    await expect(patched({ bytes: Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), path: "a.jpg" })).rejects.toThrow(`${where}: cannot read this image as PNG`);
    await expect(patched({ bytes: png({}).slice(0, 60), path: "a.png" })).rejects.toThrow(`${where}: cannot read this image as PNG`);
    await expect(patched({ bytes: null, path: "images/a.png" })).rejects.toThrow(`${where} has no image in the table; files beside it are not read`);
  });

  it("have their shape read with channels first where the names say so, and refused where it is none", async () => {
    const files = encodeLeRobot(demo());
    const renamed = (shape: readonly number[], names: readonly string[] | null) => {
      const info = jsonOf(files, "meta/info.json");
      info.features[FRONT] = { dtype: "image", shape, names };
      return read(new Map(files).set("meta/info.json", new TextEncoder().encode(JSON.stringify(info))));
    };
    expect((await renamed([3, 4, 5], ["channels", "height", "width"])).imageFeatures?.[FRONT]?.shape).toEqual([4, 5, 3]);
    await expect(renamed([4, 5, 4], null)).rejects.toThrow(`images "${FRONT}" have shape [4, 5, 4], expected height, width and 3 channels`);
    await expect(renamed([4, 5], null)).rejects.toThrow(/shape \[4, 5\]/);
  });
});
