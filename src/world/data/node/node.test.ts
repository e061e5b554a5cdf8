import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Dataset } from "../dataset.ts";
import { makeFolders, readDataset, writeDataset, writeFileAtomic } from "./index.ts";

const G1 = "fixtures/data/g1-lerobot-v21";

const DEMO: Dataset = {
  name: "demo",
  fps: 5,
  robotType: null,
  license: null,
  features: { action: { dtype: "float32", shape: [2], names: ["x", "y"] } },
  episodes: [{ index: 0, length: 2, task: "go", columns: { action: Float32Array.of(1, 2, 3, 4) } }],
  skippedFeatures: [],
};

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-data-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("writeDataset", () => {
  it("leaves a folder that reads back the same, named after the folder, and nothing else", async () => {
    await writeDataset(join(folder, "demo"), DEMO);
    expect(await readDataset(join(folder, "demo"))).toEqual(DEMO);
    expect(await readdir(folder)).toEqual(["demo"]);
  });

  it("takes further files along, in the same step", async () => {
    await writeDataset(join(folder, "demo"), DEMO, { extraFiles: new Map<string, string | Uint8Array>([["LICENSE", "MIT"], ["texts/NOTICE.md", Uint8Array.of(104, 105)]]) });
    expect(await readFile(join(folder, "demo", "LICENSE"), "utf8")).toBe("MIT");
    expect(await readFile(join(folder, "demo", "texts", "NOTICE.md"), "utf8")).toBe("hi");
    expect(await readDataset(join(folder, "demo"))).toEqual(DEMO);
  });

  it("refuses an existing folder and leaves it as it was", async () => {
    const target = join(folder, "demo");
    await mkdir(target);
    await writeFile(join(target, "mine.txt"), "keep");
    await expect(writeDataset(target, DEMO)).rejects.toThrow(/demo already exists; choose another/);
    expect(await readdir(target)).toEqual(["mine.txt"]);
    expect(await readdir(folder)).toEqual(["demo"]);
  });

  it("leaves nothing behind when the dataset cannot be written", async () => {
    await expect(writeDataset(join(folder, "demo"), { ...DEMO, episodes: [] })).rejects.toThrow(/no episodes/);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("readDataset", () => {
  it("reads a real v2.1 dataset, leaving its video out by name", async () => {
    const dataset = await readDataset(G1, { episodes: [2] });
    expect(dataset).toMatchObject({
      fps: 30,
      robotType: "Unitree_G1_Inspire",
      skippedFeatures: ["observation.images.cam_high"],
    });
    expect(dataset.features["action"]?.names?.[3]).toBe("kLeftElbow");
    const [episode] = dataset.episodes;
    expect(episode).toMatchObject({ index: 2, length: 343, task: "Pick up the yellow bottle on the table." });
    expect(episode?.columns["observation.state"]?.[0]).toBe(-0.7199882864952087);
    expect(episode?.columns["action"]).toHaveLength(343 * 26);
  });

  it("names the first episode file that is not there", async () => {
    await expect(readDataset(G1)).rejects.toThrow(
      /data\/chunk-000\/episode_000000.parquet is missing, which holds episode 0/,
    );
  });

  it("says in one line that a folder is missing, a file, or empty", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(readDataset(join(folder, "nowhere"))).rejects.toThrow(/^dataset .*nowhere does not exist$/);
    await expect(readDataset(join(folder, "file"))).rejects.toThrow(/file is a file, expected a folder$/);
    await expect(readDataset(folder)).rejects.toThrow(/meta\/info.json is missing; is this the dataset's folder/);
  });
});

describe("writeFileAtomic", () => {
  it("replaces the whole content and leaves no temporary file", async () => {
    const path = join(folder, "config.json");
    await writeFileAtomic(path, "a longer first content");
    await writeFileAtomic(path, Uint8Array.of(104, 105));
    expect(await readFile(path, "utf8")).toBe("hi");
    expect(await readdir(folder)).toEqual(["config.json"]);
  });

  it("keeps the old file and cleans up when the new one cannot take its place", async () => {
    await mkdir(join(folder, "taken", "inside"), { recursive: true });
    const failure = await writeFileAtomic(join(folder, "taken"), "x").catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: join(folder, "taken"), cause: { syscall: "rename" } });
    expect(await readdir(folder)).toEqual(["taken"]);
  });
});

describe("makeFolders", () => {
  it("makes what is missing and leaves what is there", async () => {
    await makeFolders(join(folder, "a", "b", "c"));
    await writeFile(join(folder, "a", "b", "mine.txt"), "keep");
    await Promise.all([makeFolders(join(folder, "a", "b", "d", "e")), makeFolders(join(folder, "a", "b", "d", "f"))]);
    expect((await readdir(join(folder, "a"), { recursive: true })).sort()).toEqual(
      ["b", "b/c", "b/d", "b/d/e", "b/d/f", "b/mine.txt"].map((path) => join(...path.split("/"))),
    );
  });

  it("says below which file no folder can be made", async () => {
    await writeFile(join(folder, "file"), "");
    const path = join(folder, "file", "x", "y");
    await expect(makeFolders(path)).rejects.toMatchObject({ code: "ENOTDIR", path: join(folder, "file", "x") });
  });

  it.runIf(process.platform === "linux")("ends where the system knows no folder to make, as in /proc", async () => {
    await expect(makeFolders("/proc/x/run")).rejects.toMatchObject({ code: "ENOENT", path: "/proc/x" });
    await expect(writeDataset("/proc/x/y", DEMO)).rejects.toMatchObject({ message: "dataset /proc/x/y", cause: { code: "ENOENT" } });
  });
});
