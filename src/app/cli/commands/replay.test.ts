import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ACTION, STATE } from "#world/data";
import { readDataset, writeDataset } from "#world/data/node";
import { runCommand } from "../command.ts";
import { fakeIo } from "../fake-io.ts";
import { replayCommand } from "./replay.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-cli-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(...argv: string[]): Promise<{ status: number; out: string[]; notes: string[] }> {
  const io = fakeIo();
  const status = await runCommand(replayCommand, argv, io);
  return { status, out: io.outLines, notes: io.noteLines };
}

test("the simulator follows the 206 demonstrations", async () => {
  const { status, out, notes } = await run("push-t", "--json");
  expect([status, out.length, notes]).toEqual([0, 1, []]);
  const summary: Record<string, number> = JSON.parse(out[0] ?? "");
  expect(Object.keys(summary)).toEqual([
    "episodes",
    "within001px",
    "within1px",
    "finalWithin5px",
    "controlStepsPerSecond",
  ]);
  expect(summary).toMatchObject({ episodes: 206, within001px: 204, within1px: 205, finalWithin5px: 206 });
  expect(summary["controlStepsPerSecond"]).toBeGreaterThan(0);
});

test("another dataset is named with --dataset, and people get a table", async () => {
  const few = await readDataset("datasets/push-t", { episodes: [0, 1, 2] });
  await writeDataset(join(folder, "few"), few);
  const { out } = await run("push-t", "--dataset", join(folder, "few"));
  expect(out.slice(0, 4).map((line) => line.replaceAll(/ {2,}/g, " | "))).toEqual([
    "3 episodes | count | share",
    "within 0.01 px at every step | 3 | 100.0 %",
    "within 1 px at every step | 3 | 100.0 %",
    "within 5 px at the end | 3 | 100.0 %",
  ]);
  expect(out[4]).toMatch(/^[\d,]+ control steps per second$/);
});

test("a dataset of another robot is refused with how wide its columns should be", async () => {
  const one = await readDataset("datasets/push-t", { episodes: [0] });
  const [episode] = one.episodes;
  const action = episode?.columns[ACTION] ?? new Float32Array();
  const { [ACTION]: vector } = one.features;
  if (episode === undefined || vector === undefined) throw new Error("the built-in dataset lost its first episode");
  await writeDataset(join(folder, "arm"), {
    ...one,
    features: { [STATE]: vector, [ACTION]: vector },
    episodes: [{ ...episode, columns: { [STATE]: action, [ACTION]: action } }],
  });
  const { status, out, notes } = await run("push-t", "--dataset", join(folder, "arm"));
  expect([status, out]).toEqual([1, []]);
  expect(notes).toEqual([
    `tendon replay: dataset "arm": observation.state has 2 values per frame, task push-t has 5; is it a dataset of another task?`,
  ]);
});

test("an unknown environment and a missing dataset are one line", async () => {
  expect(await run("push-u")).toMatchObject({ status: 2, out: [] });
  const { status, notes } = await run("push-t", "--dataset", join(folder, "none"));
  expect(status).toBe(1);
  expect(notes).toEqual([`tendon replay: dataset "${folder}/none" not found; looked for ${folder}/none; the built-in one is push-t`]);
});
