/** @file Laws of training into a folder: what is there at the end, after a stop, and after bad numbers. */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rng, tensorFrom, toNumbers } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { loadPolicy } from "#policy/policies";
import { normals, tinyConfig, tinyDataset } from "#testing";
import { writeDataset } from "#world/data/node";
import { decodeCheckpoint, policyOf } from "../checkpoint.ts";
import type { RunConfig } from "../config.ts";
import { NonFiniteError } from "../non-finite.ts";
import { listCheckpoints, readMetrics } from "./run-folder.ts";
import { trainRun, type TrainRunOptions } from "./train-run.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-train-"));
  await writeDataset(join(folder, "data"), tinyDataset());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const configOf = (overrides: Partial<RunConfig>): RunConfig =>
  tinyConfig({ dataset: join(folder, "data"), steps: 9, logEvery: 2, checkpointEvery: 4, ...overrides });

async function run(name: string, overrides: Partial<RunConfig> = {}, options: Partial<TrainRunOptions> = {}): Promise<string> {
  const dir = join(folder, name);
  await trainRun({ dir, config: configOf(overrides), datasetDir: join(folder, "data"), resume: false, command: "tendon train", ...options });
  return dir;
}

/** Every file of a run that the same seed must give again, by path. */
async function reproducible(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir, { recursive: true })).sort().filter((name) => name !== "checkpoints" && name !== "run.json");
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name), "base64")])));
}

test("a run leaves configuration, metrics, checkpoints, facts and the deployable policy", async () => {
  const dir = await run("whole");
  expect((await readdir(dir)).sort()).toEqual(["checkpoints", "config.json", "metrics.jsonl", "policy.onnx", "run.json"]);
  expect((await listCheckpoints(dir)).map(({ step }) => step)).toEqual([4, 8, 9]);
  expect((await readMetrics(dir)).map(({ step }) => step)).toEqual([2, 4, 6, 8, 9]);
});

test("a second run with the same seed gives the same bytes, another seed others", async () => {
  const first = await reproducible(await run("first"));
  expect(await reproducible(await run("second"))).toEqual(first);
  const other = await reproducible(await run("other", { seed: 1 }));
  expect(Object.keys(other)).toEqual(Object.keys(first));
  expect(Object.keys(first).filter((name) => other[name] === first[name])).toEqual([]);
});

test.each([1, 4, 5, 7])("a run stopped after step %i and resumed ends with the same weights, metrics and policy", async (stopAt) => {
  const whole = await reproducible(await run(`uninterrupted-${stopAt}`));
  const stop = new AbortController();
  const stopping = run(`stopped-${stopAt}`, {}, { signal: stop.signal, onStep: ({ step }) => step === stopAt && stop.abort(new Error("enough")) });
  await expect(stopping).rejects.toThrow("enough");
  const dir = join(folder, `stopped-${stopAt}`);
  expect((await listCheckpoints(dir)).at(-1)?.step).toBe(stopAt);
  expect(await readdir(dir)).not.toContain("policy.onnx");
  const resumed = await reproducible(await run(`stopped-${stopAt}`, {}, { resume: true }));
  for (const name of ["config.json", "metrics.jsonl", "policy.onnx", "checkpoints/step-00000009.safetensors"]) {
    expect(resumed[name] === whole[name] && name).toBe(name);
  }
});

test("a run killed while it wrote its first checkpoint starts anew, and leaves nothing unfinished", async () => {
  const whole = await reproducible(await run("early-whole"));
  const dir = await run("early");
  for (const { path } of await listCheckpoints(dir)) await rm(path);
  await rm(join(dir, "policy.onnx"));
  await writeFile(join(dir, "checkpoints", ".step-00000004.safetensors.1234.tmp"), "half");
  await writeFile(join(dir, ".config.json.1234.tmp"), "half");
  await writeFile(join(dir, "metrics.jsonl"), '{"step":2,"loss":1,"lr":1,"gradNorm":1}\n{"step":4,"lo');
  expect(await reproducible(await run("early", {}, { resume: true }))).toEqual(whole);
});

test("metrics behind the newest checkpoint are written anew", async () => {
  const whole = await reproducible(await run("behind-whole"));
  const dir = await run("behind");
  await rm(join(dir, "checkpoints/step-00000009.safetensors"));
  await rm(join(dir, "checkpoints/step-00000008.safetensors"));
  expect(await reproducible(await run("behind", {}, { resume: true }))).toEqual(whole);
});

test("a loss that is not finite keeps the last finite checkpoint and writes no policy", async () => {
  const failure = await run("diverged", { learningRate: 1e30, warmupSteps: 0 }).then(() => undefined, (error: unknown) => error);
  expect(failure).toBeInstanceOf(NonFiniteError);
  const dir = join(folder, "diverged");
  const newest = (await listCheckpoints(dir)).at(-1);
  expect(failure).toMatchObject({ step: (newest?.step ?? NaN) + 1 });
  const { tensors } = decodeCheckpoint(await readFile(newest?.path ?? ""), "it");
  expect(Object.values(tensors).flatMap(toNumbers).every(Number.isFinite)).toBe(true);
  expect(await readdir(dir)).not.toContain("policy.onnx");
});

test("weights that an update made infinite are in no checkpoint", async () => {
  const failure = await run("overflowed", { learningRate: 1e39, warmupSteps: 0 }).then(() => undefined, (error: unknown) => error);
  expect(failure).toBeInstanceOf(NonFiniteError);
  expect(String(failure)).toMatch(/step 1: params\/\S+ is not finite after this step\. No checkpoint was saved: lower learningRate/);
  expect(await listCheckpoints(join(folder, "overflowed"))).toEqual([]);
  expect(await readdir(join(folder, "overflowed"))).not.toContain("policy.onnx");
});

test("a checkpoint that was cut off is named when the run is resumed, and stays as it is", async () => {
  const dir = await run("cut");
  const path = join(dir, "checkpoints/step-00000009.safetensors");
  await writeFile(path, (await readFile(path)).subarray(0, 1000));
  const before = await reproducible(dir);
  await expect(run("cut", {}, { resume: true })).rejects.toThrow(`${path}: `);
  expect(await reproducible(dir)).toEqual(before);
});

test("policy.onnx gives the chunks of the newest checkpoint's averaged weights", async () => {
  const dir = await run("deployed");
  const path = join(dir, "checkpoints/step-00000009.safetensors");
  await using policy = loadPolicy(policyOf(decodeCheckpoint(await readFile(path), path), path), openSession);
  const sampler = await policy.sampler(1);
  const random = rng(0, "observation");
  for (let i = 0; i < sampler.observation.length; i++) sampler.observation[i] = 512 * random.uniform();
  sampler.noise.set(normals(sampler.noise.length, 1));
  await sampler.run();
  await using session = await openSession(await readFile(join(dir, "policy.onnx")));
  expect([session.inputNames, session.outputNames]).toEqual([["observation", "noise"], ["chunk"]]);
  const { chunk } = await session.run({
    observation: tensorFrom("f32", [1, 2, 18], sampler.observation),
    noise: tensorFrom("f32", [1, 4, 2], sampler.noise),
  });
  expect(chunk?.shape).toEqual([1, 4, 2]);
  expect(chunk?.data).toEqual(sampler.chunk);
});
