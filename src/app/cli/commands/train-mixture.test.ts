/** @file From the command line: learn two tasks at once, and go on with one of them by adapters. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadRun, newestCheckpoint } from "#policy/training/node";
import { fakeRun as run } from "../fake-run.ts";
import { checkpointInspectCommand } from "./checkpoint-inspect.ts";
import { checkpointSaveCommand } from "./checkpoint-save.ts";
import { dataGenerateCommand } from "./data-generate.ts";
import { evalCommand } from "./eval.ts";
import { trainCommand } from "./train.ts";

let folder = "";
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-mixture-"));
  for (const task of ["stack", "lift"]) await run(dataGenerateCommand, task, "--episodes", "2", "--images", "--image-size", "40", "--out", at(`data-${task}`));
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const SHORT = "--steps 3 --warmup-steps 1 --batch 2 --log-every 1 --checkpoint-every 3".split(" ");

test("two tasks are learned at once, then one by adapters, which a saved checkpoint has in its weights", async () => {
  const sizes = "--preset smoke --head pi0 --cameras front,wrist --image-size 40 --crop-size 40 --read-instruction --width 32 --blocks 1 --padded-size 20".split(" ");
  const first = await run(trainCommand, "stack", "--dataset", at("data-stack"), "--mixture", `lift=${at("data-lift")}`, ...sizes, ...SHORT, "--out", at("both"));
  expect(first).toMatchObject({ status: 0 });
  expect(JSON.parse(await readFile(join(at("both"), "config.json"), "utf8"))).toMatchObject({ mixture: [`lift=${at("data-lift")}`], paddedSize: 20 });
  const second = ["lift", "--dataset", at("data-lift"), "--from", at("both"), "--preset", "smoke", "--trunk-rank", "2", "--expert-rank", "2", ...SHORT, "--out", at("lift")];
  expect(await run(trainCommand, ...second)).toMatchObject({ status: 0 });
  // The same command continues what it started.
  expect(await run(trainCommand, ...second, "--resume")).toMatchObject({ status: 0 });
  expect(JSON.parse(await readFile(join(at("lift"), "config.json"), "utf8"))).toMatchObject({ freeze: "base", trunkRank: 2, expertRank: 2, paddedSize: 20 });
  expect(await run(checkpointSaveCommand, at("lift"), "--out", at("saved"))).toMatchObject({ status: 0 });
  const { weights: { weights, normalizers } } = await loadRun(at("lift"));
  // Lift was learned, and is learned on, behind its own scaling: not the one the first run acts with.
  const { header } = await newestCheckpoint(at("both"));
  expect(normalizers).toEqual(header.mixture["lift"]?.normalizers);
  expect(normalizers).not.toEqual(header.normalizers);
  const adapters = Object.keys(weights).filter((name) => /\.lora[AB]$/.test(name));
  const inspected = JSON.parse((await run(checkpointInspectCommand, at("saved"), "--json")).out) as { readonly keys: { readonly found: number }; readonly problems: readonly string[] };
  expect(inspected).toMatchObject({ keys: { found: Object.keys(weights).length - adapters.length }, problems: [] });
  expect(adapters).toHaveLength(2 * 2 * 7);
}, 120_000);

test("the policy of a mixture is tried at either task, and told otherwise beside the run's own evaluation", async () => {
  const tried = async (...flags: string[]): Promise<unknown> => JSON.parse((await run(evalCommand, at("both"), "--episodes", "1", "--workers", "1", "--json", ...flags)).out);
  expect(await tried("--task", "lift")).toMatchObject({ task: "lift", told: "goal", report: join(at("both"), "report-lift-goal.html") });
  expect(await tried("--told", "another")).toMatchObject({ task: "stack", told: "another" });
  const files = await readdir(at("both"));
  expect(files).toEqual(expect.arrayContaining(["eval-lift-goal.json", "eval-stack-another.json", "report-lift-goal.html", "report-stack-another.html"]));
  expect(files).not.toContain("eval.json");
  expect(await run(evalCommand, at("both"), "--task", "lift", "--told", "another")).toMatchObject({ status: 1, notes: expect.stringContaining("lift: there is no other goal to tell of") });
  expect(await run(evalCommand, at("both"), "--task", "sort")).toMatchObject({ status: 1, notes: expect.stringContaining("the task is sort, expected one that was learned: stack, lift") });
}, 120_000);

test("a task of the mixture without data is named", async () => {
  const { status, notes } = await run(trainCommand, "stack", "--dataset", at("data-stack"), "--preset", "smoke", "--cameras", "front", "--image-size", "40", "--mixture", `lift=${at("nowhere")}`, "--out", at("none"));
  expect(status).not.toBe(0);
  expect(notes).toContain("nowhere");
});
