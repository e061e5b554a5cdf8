/** @file Laws of run folders: whole or not there, and readable after a crash. */

import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tinyConfig } from "#testing";
import { addTrainingTime, readRunFacts } from "./run-facts.ts";
import {
  appendMetrics,
  createRun,
  listCheckpoints,
  readMetrics,
  readRunConfig,
  saveCheckpoint,
  truncateMetrics,
} from "./run-folder.ts";

let folder = "";
let dir = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-run-"));
  dir = join(folder, "run");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const config = tinyConfig();
const lines = [1, 2, 3].map((step) => ({ step, loss: 1 / step, lr: 1e-3, gradNorm: 0.1 + 0.2 }));

test("a new run holds its configuration, flat, and reads back", async () => {
  await createRun(dir, config);
  expect(await readRunConfig(dir)).toEqual(config);
  expect(JSON.parse(await readFile(join(dir, "config.json"), "utf8"))).toEqual(config);
  expect(await readdir(folder)).toEqual(["run"]);
});

test.each(["deep/er/run", "run/", "run/."])("a folder may be named %s", async (name) => {
  const path = `${folder}/${name}`;
  await createRun(path, config);
  expect((await readdir(path)).sort()).toEqual(["checkpoints", "config.json"]);
  expect(await readdir(folder)).toHaveLength(1);
});

test.each(["an empty folder", "a folder with a file", "a file"])("%s of that name is refused and stays as it is", async (what) => {
  if (what === "a file") await writeFile(dir, "mine");
  else await mkdir(dir);
  if (what === "a folder with a file") await writeFile(join(dir, "note"), "mine");
  const before = await readdir(folder, { recursive: true });
  await expect(createRun(dir, config)).rejects.toThrow(`run folder ${dir} exists; continue it with --resume, or choose another folder`);
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});

test("where no folder can be made, the folder is named and nothing is left", async () => {
  await writeFile(join(folder, "file"), "");
  const failure = await createRun(join(folder, "file", "run"), config).then(() => undefined, (error: unknown) => error);
  expect(failure).toMatchObject({ message: `run folder ${join(folder, "file", "run")}`, cause: { code: "ENOTDIR" } });
  expect(await readdir(folder)).toEqual(["file"]);
});

test.runIf(process.platform === "linux").each(["/proc/x/run", "/proc/run"])("%s is refused at once", async (path) => {
  await expect(createRun(path, config)).rejects.toMatchObject({ message: `run folder ${path}`, cause: { code: "ENOENT" } });
});

test("a folder that is no run, or a broken one, is named with a hint", async () => {
  await expect(readRunConfig(dir)).rejects.toThrow(`run ${dir} does not exist; make one with \`tendon train push-t --out ${dir}\``);
  await mkdir(dir);
  await expect(readRunConfig(dir)).rejects.toThrow(`run ${dir} has no config.json`);
  await writeFile(join(dir, "config.json"), '{"task": "pu');
  await expect(readRunConfig(dir)).rejects.toThrow(`${dir}/config.json is not JSON; it may have been cut off`);
  await writeFile(join(dir, "config.json"), JSON.stringify({ ...config, horizon: 0 }));
  await expect(readRunConfig(dir)).rejects.toThrow(`${dir}/config.json: horizon: `);
});

test("metrics come back as they were written", async () => {
  await createRun(dir, config);
  expect(await readMetrics(dir)).toEqual([]);
  await appendMetrics(dir, lines.slice(0, 2));
  await appendMetrics(dir, []);
  await appendMetrics(dir, lines.slice(2));
  expect(await readMetrics(dir)).toEqual(lines);
});

test("a last line that a crash cut off is left out; a broken one before it is named", async () => {
  await createRun(dir, config);
  await appendMetrics(dir, lines);
  await appendFile(join(dir, "metrics.jsonl"), '{"step":4,"loss":0.');
  expect(await readMetrics(dir)).toEqual(lines);
  await truncateMetrics(dir, 2);
  expect(await readFile(join(dir, "metrics.jsonl"), "utf8")).toBe(lines.slice(0, 2).map((line) => `${JSON.stringify(line)}\n`).join(""));
  await appendFile(join(dir, "metrics.jsonl"), '{"step":3,\n{"step":4}\n');
  await expect(readMetrics(dir)).rejects.toThrow(`${dir}/metrics.jsonl is not JSON`);
});

test("metrics that cannot be read are no empty metrics", async () => {
  await createRun(dir, config);
  await mkdir(join(dir, "metrics.jsonl"));
  await expect(readMetrics(dir)).rejects.toThrow("EISDIR");
  await expect(truncateMetrics(dir, 0)).rejects.toThrow("EISDIR");
  await expect(appendMetrics(dir, lines)).rejects.toThrow(`${dir}/metrics.jsonl`);
});

test("the newest checkpoints stay, in the order of their steps", async () => {
  await createRun(dir, config);
  for (const step of [5, 90, 100, 1000]) await saveCheckpoint(dir, step, Uint8Array.of(step % 256), 3);
  const found = await listCheckpoints(dir);
  expect(found.map(({ step }) => step)).toEqual([90, 100, 1000]);
  expect(await readFile(found[0]?.path ?? "")).toEqual(Buffer.of(90));
  await writeFile(join(dir, "checkpoints", ".step-00002000.safetensors.x.tmp"), "half");
  expect((await listCheckpoints(dir)).map(({ step }) => step)).toEqual([90, 100, 1000]);
});

test("a checkpoint that cannot be written is named, and the others stay", async () => {
  await createRun(dir, config);
  await saveCheckpoint(dir, 1, Uint8Array.of(1), 1);
  await mkdir(join(dir, "checkpoints", "step-00000002.safetensors"));
  await expect(saveCheckpoint(dir, 2, Uint8Array.of(2), 1)).rejects.toThrow(`${dir}/checkpoints/step-00000002.safetensors`);
  expect((await readdir(join(dir, "checkpoints"))).sort()).toEqual(["step-00000001.safetensors", "step-00000002.safetensors"]);
});

test("training time adds up over resumptions; the first command line stays", async () => {
  await createRun(dir, config);
  expect(await readRunFacts(dir)).toBeUndefined();
  await addTrainingTime(dir, { seconds: 2, steps: 10, parameters: 7, command: "tendon train a" });
  await addTrainingTime(dir, { seconds: 3, steps: 5, parameters: 7, command: "tendon train --resume" });
  expect(await readRunFacts(dir)).toEqual({ command: "tendon train a", parameters: 7, trainSeconds: 5, steps: 15 });
});

test("facts that were cut off are named", async () => {
  await createRun(dir, config);
  await writeFile(join(dir, "run.json"), '{"command": "tendon tr');
  await expect(readRunFacts(dir)).rejects.toThrow(`${dir}/run.json is not JSON; it may have been cut off`);
});
