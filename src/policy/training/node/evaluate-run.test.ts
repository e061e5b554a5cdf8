/** @file Laws of evaluating a run folder: which checkpoints count, and which are refused. */

import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import { loadPolicy } from "#policy/policies";
import { tinyConfig, tinyDataset } from "#testing";
import { writeDataset } from "#world/data/node";
import type { RunConfig } from "../config.ts";
import { evaluatePolicy } from "../evaluate.ts";
import { summarize } from "../summarize.ts";
import { taskOf } from "../tasks.ts";
import { evaluateRun, type EvalReport } from "./evaluate-run.ts";
import { loadRun, readPolicy } from "./load-run.ts";
import { listCheckpoints } from "./run-folder.ts";
import { trainRun } from "./train-run.ts";

let folder = "";
const pathOf = (name: string): string => join(folder, name);
const newestOf = async (name: string): Promise<string> => (await listCheckpoints(pathOf(name))).at(-1)?.path ?? "";

async function train(name: string, overrides: Partial<RunConfig> = {}): Promise<RunConfig> {
  const config = tinyConfig({ dataset: pathOf("data"), steps: 4, logEvery: 2, checkpointEvery: 2, ...overrides });
  await trainRun({ dir: pathOf(name), config, datasetDir: pathOf("data"), resume: false, command: "tendon train" });
  return config;
}

const evaluate = (name: string, checkpoints: number = 1): Promise<EvalReport> =>
  evaluateRun({ dir: pathOf(name), episodes: 2, firstSeed: 100_000, checkpoints });

let config: RunConfig;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-evaluate-"));
  await writeDataset(pathOf("data"), tinyDataset());
  config = await train("run");
  await train("wide", { width: 12 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("several checkpoints are scored as means over them, seed by seed", async () => {
  const rollouts = [];
  for (const { path } of await listCheckpoints(pathOf("run"))) {
    await using policy = loadPolicy(await readPolicy(path, config), openSession);
    rollouts.push(...(await evaluatePolicy(policy, taskOf("push-t"), { episodes: 2, executeSteps: config.executeSteps })));
  }
  const report = await evaluate("run", 2);
  expect(rollouts).toHaveLength(4);
  expect(report).toMatchObject({ ...summarize(rollouts, taskOf("push-t")), episodes: 2 });
  expect(report.checkpoints.map(({ step }) => step)).toEqual([2, 4]);
});

test("a run is evaluated with its own receding horizon, unless another execution is asked for; eval.json says which", async () => {
  expect(await evaluate("run")).toMatchObject({ execution: "receding-horizon", executeSteps: config.executeSteps });
  const choice = { execution: "adaptive-ensemble", executeSteps: 1 } as const;
  const report = await evaluateRun({ dir: pathOf("run"), episodes: 2, firstSeed: 100_000, checkpoints: 1, ...choice });
  expect(JSON.parse(await readFile(join(pathOf("run"), "eval.json"), "utf8"))).toMatchObject(choice);
  await using policy = loadPolicy(await readPolicy(await newestOf("run"), config), openSession);
  const rollouts = await evaluatePolicy(policy, taskOf("push-t"), { episodes: 2, ...choice });
  expect(report).toMatchObject({ ...choice, ...summarize(rollouts, taskOf("push-t")) });
});

test("a checkpoint of another width in the folder is refused with every field and every weight that differs, and nothing is written", async () => {
  await cp(pathOf("run"), pathOf("mixed"), { recursive: true });
  const path = await newestOf("mixed");
  await cp(await newestOf("wide"), path);
  await rm(join(pathOf("mixed"), "eval.json"), { force: true });
  const before = (await readdir(pathOf("mixed"))).sort();
  const message = await evaluate("mixed").then(() => "", (error: Error) => error.message);
  expect(message).toMatch(new RegExp(`^${path}: the checkpoint is not of this run, whose config.json says otherwise: width is 12, expected 8; `));
  const own = (await readPolicy(await newestOf("run"), config)).weights;
  const { weights } = (await loadRun(pathOf("wide"))).weights;
  const differing = Object.keys(own).filter((name) => String(own[name]?.shape) !== String(weights[name]?.shape));
  expect(differing.length).toBeGreaterThan(5);
  for (const name of differing) {
    expect(message).toContain(`ema/${name} is f32[${weights[name]?.shape.join(", ")}], expected f32[${own[name]?.shape.join(", ")}]`);
  }
  expect(message).not.toContain("\n");
  expect((await readdir(pathOf("mixed"))).sort()).toEqual(before);
  await expect(loadRun(pathOf("mixed"))).rejects.toThrow(message);
});

test("fields that show in no weight are compared too", async () => {
  await cp(pathOf("run"), pathOf("finer"), { recursive: true });
  const path = join(pathOf("finer"), "config.json");
  const text = await readFile(path, "utf8");
  await writeFile(path, JSON.stringify({ ...JSON.parse(text), integrationSteps: 7 }));
  await expect(evaluate("finer")).rejects.toThrow(/says otherwise: integrationSteps is 3, expected 7$/);
});

test("a task that was not learned is refused, and so is telling a policy that cannot read", async () => {
  const asked = { dir: pathOf("run"), episodes: 2, firstSeed: 100_000, checkpoints: 1 };
  await expect(evaluateRun({ ...asked, task: "fork" })).rejects.toThrow("the task is fork, expected one that was learned: push-t");
  await expect(evaluateRun({ ...asked, told: "nothing" })).rejects.toThrow("the policy is to be told nothing, but it was trained without --read-instruction (head ");
  expect(await evaluateRun({ ...asked, task: "push-t" })).toMatchObject({ task: "push-t", told: "goal" });
});
