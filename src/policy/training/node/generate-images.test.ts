/** @file Laws of generated images: they are what the cameras see of the recorded states, and the same bytes whatever happened on the way. */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ACTION, depthToMillimeters, STATE } from "#world/data";
import { readCameras, readDataset } from "#world/data/node";
import { armCameras, armTask, demonstrateArm, makeEnvironment } from "#world/sim";
import { demonstrationParts } from "./demonstration-parts.ts";
import { generateDataset, type GenerateOptions } from "./generate-dataset.ts";

const SIZE = 16;
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-images-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = (name: string, more: Partial<GenerateOptions> = {}): GenerateOptions => {
  return { task: "reach", episodes: 4, dir: join(folder, name), seed: 0, workers: 1, images: { size: SIZE, depth: true }, ...more };
};

/** Every file of a dataset but the card, which names the folder. */
async function bytesOf(name: string): Promise<Record<string, string>> {
  const names = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && entry.name !== "README.md").map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map(async (path) => [path.slice(join(folder, name).length), (await readFile(path)).toString("base64")] as const));
  return Object.fromEntries(contents.sort());
}

test("every image, read back, is what the camera of its column sees of the state beside it", async () => {
  const report = await generateDataset(options("reach", { episodes: 2 }));
  expect(report.bytes).toBeGreaterThan(1000);
  const { episodes, features } = await readDataset(join(folder, "reach"), { images: true });
  const width = features[STATE]?.shape[0] ?? 0;
  const eyes = armCameras(armTask("reach"), { size: SIZE });
  for (const { columns, images = {}, length } of episodes) {
    expect(Object.keys(images)).toEqual(["front", "front_depth", "wrist", "wrist_depth"].map((name) => `observation.images.${name}`));
    for (let t = 0; t < length; t++) {
      const seen = eyes.look((columns[STATE] ?? new Float32Array()).subarray(t * width, (t + 1) * width));
      for (const [name, { rgb, depth }] of Object.entries(seen)) {
        const millimeters = new Uint16Array(SIZE * SIZE);
        depthToMillimeters(depth, millimeters);
        expect(images[`observation.images.${name}`]?.subarray(t * 3 * SIZE * SIZE, (t + 1) * 3 * SIZE * SIZE)).toEqual(rgb);
        expect(images[`observation.images.${name}_depth`]?.subarray(t * SIZE * SIZE, (t + 1) * SIZE * SIZE)).toEqual(millimeters);
      }
    }
  }
  expect(await readdir(folder)).toEqual(["reach"]);
});

test("without depth there are two columns of colours, and the numbers are those the expert shows", async () => {
  const { frames } = await generateDataset(options("seen", { episodes: 1, images: { size: SIZE, depth: false } }));
  const camera = { dtype: "image", shape: [SIZE, SIZE, 3], frames };
  expect(await readCameras(join(folder, "seen"))).toEqual({ "observation.images.front": camera, "observation.images.wrist": camera });
  const environment = await makeEnvironment("reach");
  const { states, actions } = demonstrateArm(environment, 0);
  environment.close();
  expect((await readDataset(join(folder, "seen"))).episodes[0]?.columns).toEqual({ [STATE]: states, [ACTION]: actions });
});

test("work that was stopped is continued, and ends in the same bytes as in one go by another number of threads", async () => {
  await generateDataset(options("whole", { episodes: 9 }));
  const stop = new AbortController();
  const half = generateDataset(options("parts", { episodes: 9, signal: stop.signal, onEpisode: (done) => done >= 5 && stop.abort(new Error("enough")) }));
  await expect(half).rejects.toThrow("enough");
  const left = await readdir(join(folder, "parts.parts"));
  expect(left.filter((name) => /^part-\d+.bin$/.test(name)).length).toBeGreaterThan(0);
  // What a part in the making had drawn is drawn anew.
  await writeFile(join(folder, "parts.parts", "images-7.bin"), "cut off");
  await generateDataset(options("parts", { episodes: 9, workers: 2 }));
  expect(await bytesOf("parts")).toEqual(await bytesOf("whole"));
  expect((await readdir(folder)).sort()).toEqual(["parts", "whole"]);
});

test("other images are other flags, a task without cameras has none, and sizes out of range are refused, before anything is made", async () => {
  await demonstrationParts(join(folder, "reach.parts"), options("reach"));
  await expect(generateDataset(options("reach", { images: { size: SIZE, depth: false } }))).rejects.toThrow(/unfinished work of other flags, .*"depth":true.* got .*"depth":false/);
  await expect(generateDataset(options("fork", { task: "fork" }))).rejects.toThrow("generateDataset: task fork has no cameras; leave images out");
  await expect(generateDataset(options("big", { images: { size: 2000, depth: false } }))).rejects.toThrow("image size is 2000, expected a whole number of px from 8 to 1024");
  expect(await readdir(folder)).toEqual(["reach.parts"]);
});
