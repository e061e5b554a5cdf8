import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRunConfig } from "#policy/training/node";
import { keepHeadTimes, readHeadTimes } from "./head-times.ts";
import { studyRuns } from "./plan.ts";
import { studyPreset, type StudyPreset } from "./presets.ts";
import { isFailure } from "./results.ts";
import { runStudy } from "./study.ts";
import { headFingerprint, headFolder, runFolder } from "./work.ts";
import { runJobs } from "./workers.ts";

/** A head from generated motion, a policy trained whole and one over that head: two steps of each, really made. */
const TINY: StudyPreset = {
  ...studyPreset("smoke"),
  tasks: [{ name: "reach", seeds: 1 }],
  backbones: [{ key: "dp-mlp", title: "DP-MLP", head: "diffusion-dp-mlp", width: 32, blocks: 1 }],
  random: [],
  compared: [],
  outside: {},
  shared: "none",
  demonstrations: { reach: 2 },
  both: { steps: 2, batch: 4, horizon: 8, integrationSteps: 2 },
  stage1: { episodes: 100, ticks: 60 },
  rollouts: 2,
};
const runs = studyRuns(TINY);

let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "tendon-study-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function study(lines: string[]): Promise<Awaited<ReturnType<typeof runStudy>>> {
  const places = { work: folder, results: join(folder, "runs.jsonl"), heads: join(folder, "heads.json"), speed: join(folder, "speed.json"), report: join(folder, "report.md") };
  return await runStudy(runs, { places, workers: 2, command: "npm run bench", onLine: (line) => lines.push(line) });
}

test("how long heads took is read from their folders, and kept where those are gone", async () => {
  const places = { work: folder, results: "", heads: join(folder, "kept", "heads.json"), speed: "", report: "" };
  const [head] = runs.flatMap((run) => run.head ?? []);
  if (head === undefined) throw new Error("no run is decoupled");
  const dir = join(folder, headFolder(head));
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "run.json"), JSON.stringify({ command: "a", parameters: 1, trainSeconds: 12.34, steps: 5 }));
  const times = await readHeadTimes(runs, places);
  expect(times).toContainEqual({ key: head.key, fingerprint: headFingerprint(head), steps: head.config.steps, trainSeconds: 12.3 });
  await keepHeadTimes(times, places);
  await rm(dir, { recursive: true });
  expect(await readHeadTimes(runs, places)).toEqual(times);
});

test("what could not be made is told with its reason, and so is what it was needed for", async () => {
  const [head] = runs.flatMap((run) => run.head ?? []);
  if (head === undefined) throw new Error("no run is decoupled");
  const jobs = [
    { kind: "demonstrations" as const, id: "data/nothing-1", needs: [], demonstrations: { task: "nothing", episodes: 1 } },
    { kind: "head" as const, id: "heads/a", needs: ["data/nothing-1"], head },
  ];
  const told: string[] = [];
  await runJobs(jobs, { work: folder, workers: 2, command: "", onEnd: async ({ id }, { failure }) => void told.push(`${id}: ${failure}`) });
  expect(told).toEqual([
    expect.stringMatching(/^data\/nothing-1: there is no task "nothing"/),
    expect.stringMatching(/^heads\/a: data\/nothing-1 could not be made: there is no task "nothing"/),
  ]);
});

test("a study makes what it needs, and goes on where it was stopped", { timeout: 120_000 }, async () => {
  const lines: string[] = [];
  const results = await study(lines);
  for (const line of results) expect(isFailure(line) ? 0 : line.finalLoss).toBeGreaterThan(0);
  expect(results.map((line) => (isFailure(line) ? line.failure : [line.key, line.scores.length, line.steps]))).toEqual([
    ["reach/dp-mlp/normal/seed-0", 2, 2], ["reach/dp-mlp/decoupled-kinematics/seed-0", 2, 2],
  ]);
  expect(lines).toHaveLength(5);
  expect(lines.filter((line) => /^\[\d\/4\] reach\/dp-mlp\/(normal|decoupled-kinematics)\/seed-0: \d+ % \[\d+, \d+\] of 2, [\d.]+ steps\/s/.test(line))).toHaveLength(2);
  const [, decoupled] = runs;
  if (decoupled?.head === null || decoupled === undefined) throw new Error("the second run is not decoupled");
  expect(await readRunConfig(join(folder, runFolder(decoupled)))).toMatchObject({ freeze: "head", headFrom: join(folder, headFolder(decoupled.head)) });

  // All is there.
  const again: string[] = [];
  expect(await study(again)).toEqual(results);
  expect(again).toEqual(["2 of 2 runs are there; pieces of work to do: 0, 2 at a time"]);

  // Stopped behind its training, before its episodes: trained policies are tried as they are.
  const path = join(folder, "runs.jsonl");
  await writeFile(path, `${(await readFile(path, "utf8")).split("\n")[0]}\n`);
  const resumed: string[] = [];
  const untimed = (of: typeof results): unknown[] => of.map((line) => ({ ...line, trainSeconds: 0, tryingSeconds: 0 }));
  expect(untimed(await study(resumed))).toEqual(untimed(results));
  expect(resumed[0]).toBe("1 of 2 runs are there; pieces of work to do: 1, 2 at a time");
  expect(resumed[1]).not.toContain("steps/s");
});
