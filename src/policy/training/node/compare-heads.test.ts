/** @file Laws of a comparison of heads: results, going on, and what it writes. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compareHead, timeHeads, writeComparison, type CompareRequest } from "./compare-heads.ts";
import { readRunConfig } from "./run-folder.ts";

const dir = await mkdtemp(join(tmpdir(), "tendon-compare-"));
afterAll(() => rm(dir, { recursive: true }));

const request: CompareRequest = {
  task: "fork",
  dir,
  budgetSeconds: 0.6,
  preset: "smoke",
  overrides: { batch: 8, width: 32, blocks: 1 },
  episodes: 6,
  firstSeed: 100_000,
  threads: 1,
  datasetDir: undefined,
  command: "tendon compare fork",
};
const flow = await compareHead("flow-mlp", request);
const mse = await compareHead("mse", request);

test("a head is trained for about its time, rolled out, and timed", async () => {
  const { result, rollouts } = flow;
  expect(result).toMatchObject({ head: "flow-mlp", episodes: 6, jerkUnit: "m/s³", run: join(dir, "flow-mlp") });
  expect(result.trainSeconds).toBeLessThan(5);
  expect(result.steps).toBe((await readRunConfig(result.run)).steps);
  expect(result.modeShares).toHaveLength(2);
  for (const share of [result.success, result.score, ...result.modeShares]) expect(share >= 0 && share <= 1).toBe(true);
  expect(result.inferenceMsP99).toBeGreaterThanOrEqual(result.inferenceMsMedian);
  expect(result.parameters).toBeGreaterThan(1000);
  expect(rollouts.map(({ seed }) => seed)).toEqual([100_000, 100_001, 100_002, 100_003, 100_004, 100_005]);
  expect(rollouts.every(({ path }) => path.length > 1)).toBe(true);
});

test("all heads meet the same episodes", () => {
  expect(mse.rollouts.map(({ path }) => path[0])).toEqual(flow.rollouts.map(({ path }) => path[0]));
});

test("a head that is there is not trained again", async () => {
  expect(await compareHead("flow-mlp", request)).toEqual(flow);
});

test.each([
  ["budget", { budgetSeconds: 9 }],
  ["episodes", { episodes: 7 }],
  ["flags", { overrides: { ...request.overrides, learningRate: 1 } }],
])("results under another %s are refused, not mixed", async (_name, changed) => {
  await expect(compareHead("mse", { ...request, ...changed })).rejects.toThrow(/made under other conditions, .*; choose another folder with --out/);
});

test("a head that was stopped goes on under its own conditions, and under no others", async () => {
  const stopped = join(dir, "stopped");
  const stop = new AbortController();
  const begun = { ...request, dir: stopped, budgetSeconds: 2, signal: stop.signal };
  await expect(compareHead("mse", begun, { onStep: () => stop.abort() })).rejects.toThrow("aborted");
  const path = join(stopped, "mse", "conditions.json");
  const later = { ...request, dir: stopped, budgetSeconds: 0.5, overrides: { ...request.overrides, seed: 7 } };
  await expect(compareHead("mse", later)).rejects.toThrow(
    new RangeError(`${path} was made under other conditions, budgetSeconds 2, got 0.5; seed by default, got 7; choose another folder with --out`),
  );
  const text = await readFile(path, "utf8");
  await rm(path);
  await expect(compareHead("mse", { ...request, dir: stopped, budgetSeconds: 2 })).rejects.toThrow(`${path} is not there, so nothing tells how the run`);
  await writeFile(path, text);
  const { result } = await compareHead("mse", { ...request, dir: stopped, budgetSeconds: 2 });
  expect(result.steps).toBe((await readRunConfig(result.run)).steps);
});

test("a finished head needs nothing but its result", async () => {
  const path = join(dir, "mse", "conditions.json");
  const text = await readFile(path, "utf8");
  await rm(path);
  expect(await compareHead("mse", request)).toEqual(mse);
  await writeFile(path, text);
});

test("a head that was trained but not yet rolled out goes on from its run", async () => {
  const path = join(dir, "mse", "comparison.json");
  const text = await readFile(path, "utf8");
  await rm(path);
  const again = await compareHead("mse", request);
  expect(again.rollouts).toEqual(mse.rollouts);
  expect(again.result).toMatchObject({ score: mse.result.score, steps: mse.result.steps, parameters: mse.result.parameters });
  await writeFile(path, text);
});

test("a file that is no result is named", async () => {
  const path = join(dir, "mse", "comparison.json");
  const text = await readFile(path, "utf8");
  await writeFile(path, "{}");
  await expect(compareHead("mse", request)).rejects.toThrow(`${path}: it is no result of a comparison; remove it, or choose another folder with --out`);
  await writeFile(path, text);
});

test("heads timed side by side keep everything but their times", async () => {
  const timed = await timeHeads([flow, mse], request);
  expect(timed.map(({ rollouts }) => rollouts)).toEqual([flow.rollouts, mse.rollouts]);
  for (const { result } of timed) expect(result.inferenceMsMedian).toBeGreaterThan(0);
});

test("the page holds every head with its numbers and one line per episode, and no other file", async () => {
  const path = await writeComparison([flow, mse], { ...request, command: 'tendon compare fork --heads "<b>"' });
  const html = await readFile(path, "utf8");
  expect(html.match(/<polyline /g)).toHaveLength(12);
  expect(html).toContain("&quot;&lt;b&gt;&quot;");
  for (const { result } of [flow, mse]) expect(html).toContain(`score ${result.score.toFixed(3)}`);
  expect(html).not.toMatch(/<script|src=|href=|url\(/);
  const { heads } = JSON.parse(await readFile(join(dir, "compare.json"), "utf8"));
  expect(heads).toEqual([flow.result, mse.result]);
});
