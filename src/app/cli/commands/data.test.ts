import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ACTION, STATE, type Dataset } from "#world/data";
import { readDataset, writeDataset } from "#world/data/node";
import { runCommand, type Command } from "../command.ts";
import { fakeIo } from "../fake-io.ts";
import { dataImportCommand } from "./data-import.ts";
import { dataInfoCommand, datasetInfo } from "./data-info.ts";

const ZARR = "fixtures/data/push-t-replay.zarr";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-cli-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(command: Command, ...argv: string[]): Promise<{ status: number; out: string; notes: string[] }> {
  const io = fakeIo();
  const status = await runCommand(command, argv, io);
  return { status, out: io.outLines.join("\n"), notes: io.noteLines };
}

function datasetOf(state: readonly number[]): Dataset {
  const feature = { dtype: "float32", shape: [1], names: ["x"] } as const;
  const columns = { [STATE]: Float32Array.from(state), [ACTION]: Float32Array.of(1, 2, 3) };
  return {
    name: "demo",
    fps: 10,
    robotType: null,
    license: null,
    features: { [STATE]: feature, [ACTION]: feature },
    episodes: [{ index: 0, length: 3, task: "go", columns }],
    skippedFeatures: [],
  };
}

test("an imported replay buffer reads back as a Push-T dataset with its licence beside it", async () => {
  const out = join(folder, "push-t");
  const { status, out: printed, notes } = await run(dataImportCommand, ZARR, out);
  expect([status, notes]).toEqual([0, []]);
  const dataset = await readDataset(out);
  expect(dataset).toMatchObject({ name: "push-t", fps: 10, license: "mit" });
  expect(printed).toBe(`${out}: ${dataset.episodes.length} episodes, ${dataset.episodes.reduce((sum, { length }) => sum + length, 0)} frames at 10 Hz`);
  expect(await readFile(join(out, "LICENSE"), "utf8")).toBe(await readFile(join(ZARR, "LICENSE"), "utf8"));
});

test("a source without texts gets those of the published demonstrations, word for word; its own come first", async () => {
  const zarr = join(folder, "replay.zarr");
  await cp(ZARR, zarr, { recursive: true });
  await rm(join(zarr, "LICENSE"));
  await writeFile(join(zarr, "NOTICE.md"), "mine");
  await run(dataImportCommand, zarr, join(folder, "out"));
  expect(await readFile(join(folder, "out", "LICENSE"), "utf8")).toBe(await readFile("datasets/push-t/LICENSE", "utf8"));
  expect(await readFile(join(folder, "out", "NOTICE.md"), "utf8")).toBe("mine");
  await rm(join(zarr, "NOTICE.md"));
  await run(dataImportCommand, zarr, join(folder, "again"));
  expect(await readFile(join(folder, "again", "NOTICE.md"), "utf8")).toBe(await readFile("datasets/push-t/NOTICE.md", "utf8"));
  const files = async (dir: string): Promise<string[]> => (await readdir(dir, { recursive: true })).sort();
  expect(await files(join(folder, "again"))).toEqual(await files("datasets/push-t"));
});

test("an import for scripts prints one object", async () => {
  const out = join(folder, "push-t");
  const { out: printed } = await run(dataImportCommand, ZARR, out, "--json");
  expect(JSON.parse(printed)).toEqual({ dataset: out, episodes: 1, frames: 161, fps: 10 });
});

test("an import to where no folder can be made is one line", async () => {
  await writeFile(join(folder, "file"), "");
  const out = join(folder, "file", "out");
  const { status, notes } = await run(dataImportCommand, ZARR, out);
  expect(status).toBe(1);
  expect(notes).toEqual([expect.stringMatching(/^tendon data import: dataset .*file\/out: cannot create .*: a part of the path is not a folder \(ENOTDIR\)$/)]);
});

test("an existing folder is refused and stays as it is", async () => {
  const out = join(folder, "mine");
  await mkdir(out);
  const { status, notes } = await run(dataImportCommand, ZARR, out);
  expect(status).toBe(2);
  expect(notes).toEqual([`tendon data import: ${out} already exists; choose another folder or remove it first`, "see: tendon data import --help"]);
  expect(await readdir(out)).toEqual([]);
});

test("a missing or damaged source is one line and leaves nothing behind", async () => {
  const missing = await run(dataImportCommand, join(folder, "no.zarr"), join(folder, "out"));
  expect(missing.notes).toEqual([`tendon data import: replay buffer ${folder}/no.zarr does not exist`]);
  await mkdir(join(folder, "empty.zarr"));
  const empty = await run(dataImportCommand, join(folder, "empty.zarr"), join(folder, "out"));
  expect(empty.status).toBe(1);
  expect(empty.notes[0]).toContain("cannot read array data/state of the replay buffer");
  expect(await readdir(folder)).toEqual(["empty.zarr"]);
});

test("data info tells of demonstrations that a task makes, too", async () => {
  const { out } = await run(dataInfoCommand, "fork", "--json");
  expect(JSON.parse(out)).toMatchObject({ name: "fork", fps: 10, episodes: 200, frames: 8000, problems: [] });
});

test("data info tells the size and the ranges of the built-in demonstrations", async () => {
  const { status, out, notes } = await run(dataInfoCommand, "push-t", "--json");
  const info: ReturnType<typeof datasetInfo> = JSON.parse(out);
  expect([status, notes]).toEqual([0, []]);
  expect(info).toMatchObject({ name: "push-t", fps: 10, episodes: 206, frames: 25650, seconds: 2565, license: "mit" });
  expect(info.episodeLengths.reduce((sum, length) => sum + length, 0)).toBe(25650);
  const state = info.features[STATE];
  expect(state?.names).toEqual(["agent_x", "agent_y", "block_x", "block_y", "block_angle"]);
  expect(state?.statistics?.max[4]).toBeLessThanOrEqual(2 * Math.PI);
  expect(info.features[ACTION]?.statistics?.min.every((min) => min >= 0)).toBe(true);
});

test("data info prints a table for people", async () => {
  const { out } = await run(dataInfoCommand, "push-t");
  expect(out).toContain("206 episodes, 25650 frames at 10 Hz, 2565.0 s");
  expect(out).toMatch(/^observation.state \[5\] +min +max +mean +std$/m);
  expect(out).toMatch(/^block_angle( +\d+\.\d+){4}$/m);
});

test("data info tells the shape, kind and number of frames of every camera", async () => {
  const cameras = { "observation.images.front": [2, 3, 3], "observation.images.front_depth": [2, 3, 1] } as const;
  const { episodes, ...rest } = datasetOf([1, 2, 3]);
  const images = { "observation.images.front": new Uint8Array(54), "observation.images.front_depth": new Uint16Array(18) };
  const imageFeatures = Object.fromEntries(Object.entries(cameras).map(([name, shape]) => [name, { dtype: "image", shape } as const]));
  await writeDataset(join(folder, "demo"), { ...rest, imageFeatures, episodes: episodes.map((episode) => ({ ...episode, images })) });
  const { out, status } = await run(dataInfoCommand, join(folder, "demo"));
  expect(status).toBe(0);
  expect(out).toMatch(/^observation.images.front +\[2, 3, 3\] +RGB +3$/m);
  expect(out).toMatch(/^observation.images.front_depth +\[2, 3, 1\] +depth, mm +3$/m);
  expect(out).not.toContain("not read");
  const { out: json } = await run(dataInfoCommand, join(folder, "demo"), "--json");
  expect(JSON.parse(json).cameras["observation.images.front"]).toEqual({ dtype: "image", shape: [2, 3, 3], frames: 3 });
});

test("a constant dimension is a warning that names it", async () => {
  await writeDataset(join(folder, "demo"), datasetOf([7, 7, 7]));
  const { status, notes } = await run(dataInfoCommand, join(folder, "demo"));
  expect(status).toBe(0);
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(/^warning: observation.state: constant in every frame: "x" = 7/);
});

test("values that are not finite have no statistics and are an error that names them", () => {
  const info = datasetInfo(datasetOf([1, NaN, 3]));
  expect(info.features[STATE]?.statistics).toBeNull();
  expect(info.features[ACTION]?.statistics).toMatchObject({ min: [1], max: [3], mean: [2] });
  expect(info.problems).toMatchObject([{ severity: "error", message: expect.stringContaining('NaN in episode 0, frame 1, dimension "x"') }]);
});

test("errors in a dataset make the exit status 1", async () => {
  const whole = datasetOf([1, 2, 3]);
  const { [STATE]: _, ...features } = whole.features;
  await writeDataset(join(folder, "demo"), { ...whole, features });
  const { status, notes } = await run(dataInfoCommand, join(folder, "demo"));
  expect(status).toBe(1);
  expect(notes).toEqual([`error: column "observation.state" is missing; the dataset has action`]);
});

test("a truncated or foreign folder is one line", async () => {
  await writeDataset(join(folder, "demo"), datasetOf([1, 2, 3]));
  await truncate(join(folder, "demo/data/chunk-000/file-000.parquet"), 200);
  const truncated = await run(dataInfoCommand, join(folder, "demo"));
  expect([truncated.status, truncated.notes.length]).toEqual([1, 1]);
  expect(truncated.notes[0]).toContain("file-000.parquet");
  await writeFile(join(folder, "file"), "");
  expect((await run(dataInfoCommand, join(folder, "file"))).notes[0]).toContain("is a file, expected a folder");
  expect((await run(dataInfoCommand, join(folder, "none"))).notes[0]).toContain("not found; looked for");
});
