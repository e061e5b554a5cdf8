/** @file Laws of `tendon data generate`, down to a run that learns from what it wrote. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
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
