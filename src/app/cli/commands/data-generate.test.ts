/** @file Laws of `tendon data generate`, down to a run that learns from what it wrote. */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readDataset } from "#world/data/node";
import { runCommand } from "../command.ts";
import { fakeIo } from "../fake-io.ts";
import { dataGenerateCommand } from "./data-generate.ts";
import { evalCommand } from "./eval.ts";
import { trainCommand } from "./train.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-cli-generate-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a lift dataset is generated with progress, trained on, and the run is evaluated", async () => {
  const out = join(folder, "lift");
  const io = fakeIo();
  expect(await runCommand(dataGenerateCommand, ["lift", "--episodes", "4", "--out", out, "--workers", "1", "--json"], io)).toBe(0);
  expect(JSON.parse(io.outLines[0] ?? "")).toMatchObject({ dataset: out, episodes: 4, fps: 20, failed: 0, brokenSimulations: 0 });
  expect(io.progressLines.at(-1)).toBe("generate 4/4");

  const run = join(folder, "run");
  const small = "--preset smoke --steps 4 --batch 4 --width 8 --blocks 1 --warmup-steps 1 --log-every 2 --checkpoint-every 2".split(" ");
  expect(await runCommand(trainCommand, ["lift", "--dataset", out, "--out", run, ...small], fakeIo())).toBe(0);
  const evaluated = fakeIo();
  expect(await runCommand(evalCommand, [run, "--episodes", "2", "--json"], evaluated)).toBe(0);
  expect(JSON.parse(evaluated.outLines[0] ?? "")).toMatchObject({ episodes: 2, jerkUnit: "m/s³" });
});

test("a task without an expert is wrong usage, and a folder that is there is kept", async () => {
  const io = fakeIo();
  expect(await runCommand(dataGenerateCommand, ["push-t"], io)).toBe(2);
  expect(io.noteLines.join("\n")).toMatch(/fork.*lift/);
  expect(await runCommand(dataGenerateCommand, ["fork", "--out", folder], io)).toBe(1);
  expect(io.noteLines.join("\n")).toMatch(/already exists; choose another folder/);
});

test("images are recorded when asked for, and their size is told", async () => {
  const out = join(folder, "seen");
  const io = fakeIo();
  expect(await runCommand(dataGenerateCommand, ["reach", "--episodes", "1", "--out", out, "--workers", "1", "--images", "--image-size", "8", "--depth"], io)).toBe(0);
  expect(io.outLines.join("\n")).toMatch(/^images: \d+\.\d MB, \d+ kB an episode$/m);
  const { imageFeatures } = await readDataset(out, { images: true });
  expect(Object.values(imageFeatures ?? {}).map(({ shape }) => shape.join(" "))).toEqual(["8 8 3", "8 8 1", "8 8 3", "8 8 1"]);
});

test.each([
  [["lift", "--depth"], /--depth says how images shall be; add --images/],
  [["lift", "--image-size", "64"], /--image-size says how images shall be; add --images/],
  [["fork", "--upset-share", "0.5"], /--upset-share: nothing can go wrong with demonstrations of fork; leave it out/],
  [["fork", "--images"], /--images: task fork has no cameras; reach, lift, pick-place, stack, sort have some/],
  [["lift", "--seed", "99990", "--episodes", "11"], /--seed, --episodes: 11 episodes from seed 99990 play seeds up to 100000, expected them below 100000/],
  [["lift", "--images", "--image-size", "4"], /--image-size: got "4", expected .*8.*1024/],
  [["lift", "--images", "--image-size", "96.5"], /--image-size: got "96.5"/],
])("%j is wrong usage", async (argv, message) => {
  const io = fakeIo();
  expect(await runCommand(dataGenerateCommand, [...argv, "--out", join(folder, "never")], io)).toBe(2);
  expect(io.noteLines.join("\n")).toMatch(message);
  expect(existsSync(join(folder, "never"))).toBe(false);
});
