/** @file Laws of `tendon compare`. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand } from "../command.ts";
import { fakeIo } from "../fake-io.ts";
import { compareCommand } from "./compare.ts";

const out = await mkdtemp(join(tmpdir(), "tendon-compare-"));
afterAll(() => rm(out, { recursive: true }));
const small = ["--preset", "smoke", "--batch", "8", "--width", "32", "--episodes", "3", "--budget", "0.5s", "--threads", "1", "--out", join(out, "a")];

test("with --json every head is one object on stdout with the promised keys, and the page is written", async () => {
  const io = fakeIo();
  expect(await runCommand(compareCommand, ["fork", "--heads", "mse,flow-mlp", "--json", ...small], io)).toBe(0);
  const results = io.outLines.map((line) => JSON.parse(line));
  expect(results.map(({ head }) => head)).toEqual(["mse", "flow-mlp"]);
  for (const key of ["success", "score", "modeShares", "jerk", "inferenceMsMedian", "inferenceMsP99", "parameters", "stepsPerSecond"]) {
    for (const result of results) expect(result).toHaveProperty(key);
  }
  expect(await readFile(join(out, "a", "compare.html"), "utf8")).toContain("2 heads side by side");
});

test("people get a table with one row per head", async () => {
  const io = fakeIo();
  expect(await runCommand(compareCommand, ["fork", "--heads", "mse", ...small], io)).toBe(0);
  expect(io.outLines[0]).toMatch(/^head +success +score/);
  expect(io.outLines[1]).toMatch(/^mse +\d+ % /);
});

test.each([
  [["fork", "--heads", "mse,flwo"], /there is no head "flwo"; heads are .*flow-mlp/],
  [["fork", "--heads", "mse,mse"], /expected different heads separated by commas/],
  [["fork", "--heads", ","], /expected different heads separated by commas/],
  [["fork", "--budget", "soon"], /--budget: got "soon", expected a time above 0/],
  [["fork", "--heads", "mse,diffusion-mlp", "--integration-steps", "200"], /head diffusion-mlp: integrationSteps \(--integration-steps\) is 200, which it cannot have/],
  [["fork", "--heads", "mse", "--execute-steps", "17"], /executeSteps \(--execute-steps\) is 17, expected at most horizon/],
  [["knife"], /push-t.*fork/],
])("%j is wrong usage", async (argv, message) => {
  const io = fakeIo();
  expect(await runCommand(compareCommand, [...argv, "--out", join(out, "none")], io)).toBe(2);
  expect(io.noteLines.join("\n")).toMatch(message);
});
