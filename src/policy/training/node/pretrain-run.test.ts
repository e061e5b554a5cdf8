/** @file Laws of the two stages on disk: a head from generated motion, a policy over it, each stopped and continued. */

import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ARM_ACTION_NAMES, demonstrateArm } from "#world/sim";
import { isTrained, policyParameters } from "#policy/policies";
import { tinyConfig, tinyDataset } from "#testing";
import { ACTION, STATE, type Dataset } from "#world/data";
import { writeDataset } from "#world/data/node";
import { decodeCheckpoint } from "../checkpoint.ts";
import type { RunConfig } from "../config.ts";
import { resolveHeadConfig, type HeadConfig } from "../head-config.ts";
import { taskOf } from "../tasks.ts";
import { evaluateRun } from "./evaluate-run.ts";
import { loadRun } from "./load-run.ts";
import { pretrainRun, readHead, readHeadConfig } from "./pretrain-run.ts";
import { listCheckpoints, readMetrics, readRunConfig } from "./run-folder.ts";
import { trainRun, type TrainRunOptions } from "./train-run.ts";

const SIZES = { head: "diffusion-adaln-zero", width: 32, blocks: 1, horizon: 4, integrationSteps: 2 };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-pretrain-"));
  await writeDataset(join(folder, "reach"), await reaches());
  await writeDataset(join(folder, "push"), tinyDataset());
  await pretrain("head");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Two demonstrations of `reach` on the arm. */
async function reaches(): Promise<Dataset> {
  const task = taskOf("reach");
  const environment = await task.makeEnvironment();
  const shown = [0, 1].map((seed) => demonstrateArm(environment, seed));
  await environment.close();
  const feature = (size: number, names: readonly string[] | null) => ({ dtype: "float32" as const, shape: [size], names });
  return {
    ...tinyDataset(),
    name: "reach",
    fps: 20,
    features: { [STATE]: feature(task.facts.stateSize, task.expert?.stateNames ?? null), [ACTION]: feature(10, ARM_ACTION_NAMES) },
    episodes: shown.map(({ states, actions, length }, index) => ({
      index, length, task: "reach", columns: { [STATE]: Float32Array.from(states), [ACTION]: Float32Array.from(actions) },
    })),
  };
}

const headConfig = (overrides: Partial<HeadConfig> = {}): HeadConfig =>
  resolveHeadConfig("smoke", { ...SIZES, batch: 8, steps: 9, warmupSteps: 2, logEvery: 2, checkpointEvery: 4, episodes: 20, ticks: 40, ...overrides });

async function pretrain(name: string, options: Partial<Parameters<typeof pretrainRun>[0]> = {}): Promise<string> {
  const dir = join(folder, name);
  await pretrainRun({ dir, config: headConfig(), resume: false, command: "tendon pretrain-head", ...options });
  return dir;
}

const policyConfig = (overrides: Partial<RunConfig> = {}): RunConfig =>
  tinyConfig({ ...SIZES, task: "reach", dataset: "reach", steps: 9, logEvery: 2, checkpointEvery: 4, headFrom: join(folder, "head"), freeze: "head", ...overrides });

async function train(name: string, overrides: Partial<RunConfig> = {}, options: Partial<TrainRunOptions> = {}): Promise<string> {
  const dir = join(folder, name);
  await trainRun({ dir, config: policyConfig(overrides), datasetDir: join(folder, "reach"), resume: false, command: "tendon train", ...options });
  return dir;
}

/** The files that the same seed must give again. */
async function reproducible(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir, { recursive: true })).sort().filter((name) => name !== "checkpoints" && name !== "run.json");
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name), "base64")])));
}

const stopAt = (step: number, stop = new AbortController()) => ({
  signal: stop.signal,
  onStep: (metrics: { readonly step: number }) => metrics.step === step && stop.abort(new Error("enough")),
});

test("a head leaves configuration, metrics, checkpoints and facts, and says where it comes from", async () => {
  const dir = join(folder, "head");
  expect((await readdir(dir)).sort()).toEqual(["checkpoints", "config.json", "metrics.jsonl", "run.json"]);
  expect(await readHeadConfig(dir)).toEqual(headConfig());
  expect((await readMetrics(dir)).map(({ step }) => step)).toEqual([2, 4, 6, 8, 9]);
  const { checkpoint: { header } } = await readHead(dir);
  expect(header.spec).toMatchObject({ obsSteps: 4, obsSize: 8, actionSize: 10 });
  expect(header.provenance).toMatchObject({ stage: 1, data: ["kinematics"], condition: "joints" });
});

test("a head that was stopped and resumed ends with the same bytes", async () => {
  await expect(pretrain("stopped", stopAt(5))).rejects.toThrow("enough");
  const resumed = await reproducible(await pretrain("stopped", { resume: true }));
  const whole = await reproducible(join(folder, "head"));
  for (const name of ["config.json", "metrics.jsonl", "checkpoints/step-00000009.safetensors"]) expect(resumed[name] === whole[name] && name).toBe(name);
});

test("a policy over a frozen head acts with the head's own weights and units, and is rolled out", async () => {
  const dir = await train("policy");
  const { checkpoint: head } = await readHead(join(folder, "head"));
  const { weights } = await loadRun(dir);
  const frozen = policyParameters(weights.network).filter((spec) => !isTrained(spec, { freeze: "head", trainPositions: true }));
  expect(frozen.length).toBeGreaterThan(5);
  expect(frozen.map(({ name }) => weights.weights[name]?.data)).toEqual(frozen.map(({ name }) => head.tensors[`ema/${name}`]?.data));
  expect(weights.normalizers.action).toEqual(head.header.normalizers.action);
  const report = await evaluateRun({ dir, episodes: 1, firstSeed: 0, checkpoints: 1, execution: "receding-horizon" });
  expect(report.episodes).toBe(1);
});

test("a policy that was stopped goes on without the head's folder, and ends with the same bytes", async () => {
  const whole = await reproducible(await train("whole", { headFrom: join(folder, "lent") }, await lent()));
  await expect(train("halted", { headFrom: join(folder, "lent") }, stopAt(5))).rejects.toThrow("enough");
  await rm(join(folder, "lent"), { recursive: true });
  const resumed = await reproducible(await train("halted", { headFrom: join(folder, "lent") }, { resume: true }));
  for (const name of ["config.json", "metrics.jsonl", "policy.onnx", "checkpoints/step-00000009.safetensors"]) expect(resumed[name] === whole[name] && name).toBe(name);
  const newest = (await listCheckpoints(join(folder, "halted"))).at(-1)?.path ?? "";
  expect(decodeCheckpoint(await readFile(newest), newest).header.provenance).toMatchObject({ stage: 2, freeze: "head", head: { data: ["kinematics"] } });
});

/** A copy of the head, to be taken away. */
async function lent(): Promise<Record<never, never>> {
  await cp(join(folder, "head"), join(folder, "lent"), { recursive: true });
  return {};
}

test("demonstrations of a task pre-train a head, too, as does their first checkpoint file", async () => {
  const config = headConfig({ data: ["reach"], condition: "pose", steps: 4, checkpointEvery: 2 });
  const dir = await pretrain("shown", { config, datasetDirs: [join(folder, "reach")] });
  const file = (await listCheckpoints(dir))[0]?.path ?? "";
  const policy = await train("over-shown", { headFrom: file, steps: 3 });
  expect((await loadRun(policy)).config.headFrom).toBe(file);
});

test("a head whose dataset was saved without a list is read as one of that dataset", async () => {
  const dir = join(folder, "earlier");
  await cp(join(folder, "head"), dir, { recursive: true });
  await writeFile(join(dir, "config.json"), JSON.stringify({ ...headConfig(), data: "kinematics" }));
  expect(await readHeadConfig(dir)).toEqual(headConfig());
});

test("what is no head is refused before anything is written", async () => {
  await expect(train("none-1", { headFrom: join(folder, "absent") })).rejects.toThrow(/absent does not exist; make one with `tendon pretrain-head --out/);
  const push = { task: "push-t", dataset: "push-t", head: "flow-mlp" };
  const plain = join(folder, "plain");
  await trainRun({ dir: plain, config: tinyConfig(push), datasetDir: join(folder, "push"), resume: false, command: "" });
  await expect(train("none-2", { headFrom: plain })).rejects.toThrow(
    /step-00000020\.safetensors: the checkpoint has no provenance of stage 1: it was trained in one stage/,
  );
  await expect(train("none-3", push, { datasetDir: join(folder, "push") })).rejects.toThrow(
    /the head does not serve this task: head is flow-mlp, the head has diffusion-adaln-zero; actions have 2 numbers, the head writes 10: it is of another action space/,
  );
  expect((await readdir(folder)).filter((name) => name.startsWith("none"))).toEqual([]);
});

test("a head is no policy, and a policy no head", async () => {
  await expect(readRunConfig(join(folder, "head"))).rejects.toThrow(/head is a head that was pre-trained without observations, not a policy/);
  await expect(readHeadConfig(join(folder, "policy"))).rejects.toThrow(/policy is a policy and has no provenance of stage 1; pre-train a head/);
  await writeFile(join(folder, "plain", "config.json"), '{"stage":1}');
  await expect(readHeadConfig(join(folder, "plain"))).rejects.toThrow(/config\.json: data: /);
});
