import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { studyRuns } from "./plan.ts";
import { studyPreset } from "./presets.ts";
import { appendResult, readResults, type ResultLine } from "./results.ts";
import { failureOf, resultFor } from "./test-results.ts";

let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "tendon-study-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const [first, second] = studyRuns(studyPreset("smoke")).map((run) => resultFor(run)) as [ResultLine, ResultLine];

test("lines are read as they were written, from a folder that was not there", async () => {
  const path = join(folder, "new", "runs.jsonl");
  expect(await readResults(path)).toEqual([]);
  await appendResult(path, first);
  await appendResult(path, second);
  expect(await readResults(path)).toEqual([first, second]);
});

test("the last line of a run counts", async () => {
  const path = join(folder, "again.jsonl");
  const [run] = studyRuns(studyPreset("smoke"));
  if (run === undefined) throw new Error("the smoke study is empty");
  await appendResult(path, failureOf(run));
  await appendResult(path, first);
  expect(await readResults(path)).toEqual([first]);
});

test("a line that a crash cut off is left out, and does not spoil the next one", async () => {
  const path = join(folder, "cut.jsonl");
  await writeFile(path, `${JSON.stringify(first)}\n{"key":"li`);
  expect(await readResults(path)).toEqual([first]);
  await appendResult(path, second);
  expect(await readResults(path)).toEqual([first, second]);
});

test("a line that is no result is named", async () => {
  const path = join(folder, "wrong.jsonl");
  await writeFile(path, `${JSON.stringify(first)}\n{"key":"lift"}\n`);
  await expect(readResults(path)).rejects.toThrow(/wrong\.jsonl: line 2 is no result of a run; remove it, and the run is made again/);
});
