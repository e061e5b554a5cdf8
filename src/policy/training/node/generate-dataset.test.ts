/** @file Laws of generated datasets: the same bytes whatever happened on the way, and only what succeeded. */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ACTION, STATE } from "#world/data";
import { readDataset } from "#world/data/node";
import { demonstrateArm, forkDemonstrations, makeEnvironment } from "#world/sim";
import { taskOf } from "../tasks.ts";
import { demonstrationParts } from "./demonstration-parts.ts";
import { DEMONSTRATION_MODE, generateDataset, type GenerateOptions } from "./generate-dataset.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-generate-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = (name: string, more: Partial<GenerateOptions> = {}): GenerateOptions => ({ task: "fork", episodes: 12, dir: join(folder, name), seed: 0, workers: 1, ...more });

/** Every file of a dataset but the card, which names the folder. */
async function bytesOf(name: string): Promise<Record<string, string>> {
  const names = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && entry.name !== "README.md").map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map(async (path) => [path.slice(join(folder, name).length), (await readFile(path)).toString("base64")] as const));
  return Object.fromEntries(contents.sort());
}

test("the dataset holds what the expert shows, the instruction, and the way it took", async () => {
  const report = await generateDataset(options("fork"));
  expect(report).toMatchObject({ episodes: 12, frames: 480, fps: 10, failed: 0, brokenSimulations: 0, modes: { left: 6, right: 6 } });
  const dataset = await readDataset(join(folder, "fork"));
  const shown = forkDemonstrations({ episodes: 12, seed: 0 });
  dataset.episodes.forEach(({ columns, task }, i) => {
    expect(columns[STATE]).toEqual(shown[i]?.states);
    expect(columns[ACTION]).toEqual(shown[i]?.actions);
    expect(new Set(columns[DEMONSTRATION_MODE])).toEqual(new Set([shown[i]?.path.mode]));
    expect(task).toBe("pass the obstacle and go to the goal");
  });
  expect(await readdir(folder)).toEqual(["fork"]);
});

test("the arm is shown by threads as it is here, without a mode where there is none", async () => {
  await generateDataset(options("lift", { task: "lift", episodes: 3, seed: 5 }));
  const dataset = await readDataset(join(folder, "lift"));
  const environment = await makeEnvironment("lift");
  dataset.episodes.forEach(({ columns }, i) => {
    const { states, actions } = demonstrateArm(environment, 5 + i);
    expect(columns).toEqual({ [STATE]: states, [ACTION]: actions });
  });
  environment.close();
});

test("work that was stopped is continued, and ends in the same bytes as in one go by another number of threads", async () => {
  await generateDataset(options("whole", { workers: 1, episodes: 40 }));
  const stop = new AbortController();
  const half = generateDataset(options("parts", { episodes: 40, signal: stop.signal, onEpisode: (done) => done >= 20 && stop.abort(new Error("enough")) }));
  await expect(half).rejects.toThrow("enough");
  const left = await readdir(join(folder, "parts.parts"));
  expect(left).toContain("request.json");
  let earlier = -1;
  await generateDataset(options("parts", { episodes: 40, workers: 2, onEpisode: (_, before) => (earlier = before) }));
  expect(earlier).toBe(5 * (left.length - 1));
  expect(await bytesOf("parts")).toEqual(await bytesOf("whole"));
  expect((await readdir(folder)).sort()).toEqual(["parts", "whole"]);
});

test("attempts that fail are left out and counted, and others take their place", async () => {
  const parts = await demonstrationParts(join(folder, "fork.parts"), options("fork"));
  const demonstrations = forkDemonstrations({ episodes: 2, seed: 9 }).map(({ states, actions }, seed) => {
    return { seed, states, actions, length: 40, instruction: "go", mode: 0, success: seed === 1, failure: seed === 1 ? null : "unstable" };
  });
  await parts.save(0, demonstrations);
  expect(parts.missing(12)).toEqual([1, 2, 3, 4, 5, 6]);
  const report = await generateDataset(options("fork"));
  expect(report).toMatchObject({ episodes: 12, failed: 1, brokenSimulations: 1 });
  const { episodes } = await readDataset(join(folder, "fork"));
  expect(episodes.map(({ task }) => task).slice(0, 2)).toEqual(["go", "pass the obstacle and go to the goal"]);
  expect(episodes[1]?.columns[STATE]).toEqual(forkDemonstrations({ episodes: 4, seed: 0 })[2]?.states);
});

test("demonstrations that would reach the seeds of evaluation are refused before anything is written", async () => {
  const reaching = generateDataset(options("fork", { seed: 99_989 }));
  await expect(reaching).rejects.toThrow("12 episodes from seed 99989 play seeds up to 100000, expected them below 100000, where evaluation begins; take a lower seed or fewer episodes");
  await expect(generateDataset(options("fork", { seed: 200_000 }))).rejects.toThrow(RangeError);
  expect(await readdir(folder)).toEqual([]);
});

test("demonstrations may end right before the seeds of evaluation, also in a part that would go on beyond", async () => {
  // Parts are of two episodes.
  await generateDataset(options("fork", { seed: 99_987, episodes: 13 }));
  const { episodes } = await readDataset(join(folder, "fork"));
  const { expert, makeEnvironment } = taskOf("fork");
  expect(episodes.at(-1)?.columns[STATE]).toEqual(expert?.demonstrate(await makeEnvironment(), 99_999).states);
});

test("attempts that take the place of failed ones never reach the seeds of evaluation", async () => {
  const request = options("fork", { seed: 99_988 });
  const parts = await demonstrationParts(join(folder, "fork.parts"), request);
  const demonstrations = forkDemonstrations({ episodes: 2, seed: 0 }).map(({ states, actions }, i) => {
    return { seed: 99_988 + i, states, actions, length: 40, instruction: "go", mode: 0, success: i === 1, failure: null };
  });
  await parts.save(0, demonstrations);
  const failing = generateDataset(request);
  await expect(failing).rejects.toThrow(/attempts from seed 99988 on have failed, and others for 12 episodes would reach seed 100000.* remove .*fork\.parts, and take a lower seed/);
  expect(await readdir(folder)).toEqual(["fork.parts"]);
});

test("a folder that is there, other flags' unfinished work, and a task without an expert are refused", async () => {
  await writeFile(join(folder, "taken"), "mine");
  await expect(generateDataset(options("taken"))).rejects.toThrow(/taken already exists/);
  await demonstrationParts(join(folder, "fork.parts"), { task: "fork", seed: 1, episodes: 12 });
  await expect(generateDataset(options("fork"))).rejects.toThrow(/fork.parts holds unfinished work of other flags, .*"seed":1.* got .*"seed":0/);
  await expect(generateDataset(options("push", { task: "push-t" }))).rejects.toThrow("task push-t has no scripted expert");
  expect((await readdir(folder)).sort()).toEqual(["fork.parts", "taken"]);
});
