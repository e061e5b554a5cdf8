/** @file Laws of `train` and `eval` on the command line: what they write, print, and refuse. */

import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toNumbers } from "#engine/array";
import { decodeCheckpoint, resolveConfig, runConfigSchema } from "#policy/training";
import { listCheckpoints, readMetrics, readRunFacts } from "#policy/training/node";
import { tinyDataset } from "#testing";
import { ACTION, STATE, type Dataset } from "#world/data";
import { writeDataset } from "#world/data/node";
import { runCommand } from "../command.ts";
import { fakeIo, type FakeIo } from "../fake-io.ts";
import { demoCommand } from "./demo.ts";
import { evalCommand } from "./eval.ts";
import { trainCommand } from "./train.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-cli-train-"));
  await writeDataset(join(folder, "data"), tinyDataset());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SMALL = "--preset smoke --steps 6 --batch 4 --width 8 --blocks 1 --warmup-steps 1 --log-every 1 --checkpoint-every 2 --horizon 4 --execute-steps 2 --integration-steps 2";

interface Outcome {
  readonly status: number;
  readonly out: readonly string[];
  readonly notes: readonly string[];
}

async function train(name: string, flags: string = SMALL, io: FakeIo = fakeIo()): Promise<Outcome> {
  const words = flags.split(" ").filter((word) => word !== "");
  const dataset = words.includes("--resume") || words.includes("--dataset") ? [] : ["--dataset", join(folder, "data")];
  const status = await runCommand(trainCommand, ["push-t", "--out", join(folder, name), ...dataset, ...words], io);
  return { status, out: io.outLines, notes: io.noteLines };
}

async function evaluate(name: string, ...flags: string[]): Promise<Outcome> {
  const io = fakeIo();
  const status = await runCommand(evalCommand, [join(folder, name), ...flags], io);
  return { status, out: io.outLines, notes: io.noteLines };
}

/** Every file below a folder with its bytes, but for wall times. */
async function contents(name: string): Promise<Record<string, string>> {
  const dir = join(folder, name);
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(await Promise.all(files.map(async (path) => [path.slice(dir.length + 1), await readFile(path, "base64")])));
}

async function reproducible(name: string): Promise<Record<string, string>> {
  const { "run.json": _facts, "report.html": _report, ...files } = await contents(name);
  return files;
}

test("training leaves a run: configuration, metrics, checkpoints, policy and report", async () => {
  const { status, out, notes } = await train("run", `${SMALL} --json`);
  expect(status).toBe(0);
  expect(out.map((line): unknown => JSON.parse(line))).toEqual([{ run: join(folder, "run"), steps: 6, report: join(folder, "run", "report.html") }]);
  expect(notes).toEqual([expect.stringMatching(/^push-t, flow-mlp head: [\d,]+ parameters, 54 windows, into .*run$/)]);
  expect((await readdir(join(folder, "run"))).sort()).toEqual(["checkpoints", "config.json", "metrics.jsonl", "policy.onnx", "report.html", "run.json"]);
  expect((await listCheckpoints(join(folder, "run"))).map(({ step }) => step)).toEqual([2, 4, 6]);
  expect((await readMetrics(join(folder, "run"))).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("the saved configuration is flat, complete, and what was asked for", async () => {
  const saved: unknown = JSON.parse(await readFile(join(folder, "run", "config.json"), "utf8"));
  const given = { dataset: join(folder, "data"), steps: 6, batch: 4, width: 8, blocks: 1, warmupSteps: 1, logEvery: 1, checkpointEvery: 2 };
  expect(saved).toEqual(resolveConfig("smoke", { ...given, horizon: 4, executeSteps: 2, integrationSteps: 2 }));
  // Nothing is pre-trained, frozen, seen or read, so nothing is said of it.
  const needed = Object.entries(runConfigSchema.shape).filter(([, field]) => !field.safeParse(undefined).success);
  expect(Object.keys(saved ?? {}).sort()).toEqual(needed.map(([name]) => name).sort());
});

test("eval prints one object with the promised keys, and writes the report", async () => {
  const { status, out } = await evaluate("run", "--episodes", "2", "--json");
  expect([status, out.length]).toEqual([0, 1]);
  const report: Record<string, unknown> = JSON.parse(out[0] ?? "");
  expect(Object.keys(report)).toEqual([
    "run", "task", "told", "report", "execution", "executeSteps", "episodes", "meanScore", "meanScoreInterval", "success80", "success90", "success95", "successRate", "jerk", "jerkUnit",
    "inferenceMsMedian", "inferenceMsP99", "checkpoints",
  ]);
  expect(report).toMatchObject({ run: join(folder, "run"), episodes: 2, meanScoreInterval: [expect.any(Number), expect.any(Number)], checkpoints: [{ step: 6, meanScore: report["meanScore"] }] });
  const written = JSON.parse(await readFile(join(folder, "run", "eval.json"), "utf8"));
  expect(written).toMatchObject(report);
  expect(await readFile(join(folder, "run", "report.html"), "utf8")).toContain("<html");
});

test("eval averages over the newest checkpoints, and tells people in lines", async () => {
  const { status, out } = await evaluate("run", "--episodes", "2", "--checkpoints", "2");
  expect(status).toBe(0);
  expect(out.join("\n")).toMatch(/^score +0\.\d{3} +\(95 % interval 0\.\d{3} to 0\.\d{3}, 2 episodes\)$/m);
  expect(out.join("\n")).toMatch(/^coverage +above 0\.80: \d+ %, above 0\.90: \d+ %, above 0\.95: \d+ %$/m);
  expect(out.join("\n")).toMatch(/^jerk +[\d.]+ px\/s³ \(root mean square, mean over episodes\)$/m);
  expect(out.join("\n")).toMatch(/^steps +4: 0\.\d{3}, 6: 0\.\d{3}$/m);
});

test("eval executes chunks as it is told, and refuses more steps than a chunk has", async () => {
  const flags = ["--episodes", "1", "--execution", "temporal-ensemble", "--execute-steps"];
  const { status, out } = await evaluate("run", ...flags, "1");
  expect([status, out.join("\n")]).toEqual([0, expect.stringMatching(/^execution +temporal-ensemble, a chunk every tick$/m)]);
  expect(JSON.parse(await readFile(join(folder, "run", "eval.json"), "utf8"))).toMatchObject({ execution: "temporal-ensemble", executeSteps: 1 });
  const refused = await evaluate("run", ...flags, "5");
  expect([refused.status, refused.notes[0]]).toEqual([2, "tendon eval: --execute-steps is 5, expected at most the horizon of the run, 4"]);
  const io = fakeIo();
  await runCommand(evalCommand, ["--help"], io);
  expect(io.outLines.join("\n")).toMatch(/--execution <text> +how chunks become actions \(one of receding-horizon, temporal-ensemble, adaptive-ensemble; default receding-horizon\)/);
  expect(io.outLines.join("\n")).toMatch(/--execute-steps <number> +ticks from one chunk to the next \(an integer ≥ 1; default the run's\)/);
});

test("a task that makes its demonstrations is learned and scored without a folder, and tells ways and collisions", async () => {
  const dir = join(folder, "fork");
  const io = fakeIo();
  expect(await runCommand(trainCommand, ["fork", "--out", dir, ...SMALL.split(" ")], io)).toBe(0);
  expect(io.noteLines).toEqual([expect.stringMatching(/^fork, flow-mlp head: [\d,]+ parameters, 16,000 windows, into .*fork$/)]);
  expect(JSON.parse(await readFile(join(dir, "config.json"), "utf8"))).toMatchObject({ task: "fork", dataset: "fork" });
  const { status, out } = await evaluate("fork", "--episodes", "3", "--json");
  const report: Record<string, unknown> = JSON.parse(out[0] ?? "");
  expect(status).toBe(0);
  expect(report).toMatchObject({ collisionRate: expect.any(Number), modes: ["left", "right"], modeShares: [expect.any(Number), expect.any(Number)], jerkUnit: "m/s³" });
  expect(report).not.toHaveProperty("success95");
  const lines = (await evaluate("fork", "--episodes", "3")).out.join("\n");
  expect(lines).toMatch(/^episodes +solved: \d+ %, collided: \d+ %$/m);
  expect(lines).toMatch(/^ways +left: \d+ %, right: \d+ % \(\d\.\d\d bits\)$/m);
});

test("the same flags give the same bytes of configuration, metrics, checkpoints and policy; another seed gives others", async () => {
  expect((await train("again")).status).toBe(0);
  expect((await train("third")).status).toBe(0);
  expect((await train("other", `${SMALL} --seed 1`)).status).toBe(0);
  const first = await reproducible("again");
  expect(await reproducible("third")).toEqual(first);
  const other = await reproducible("other");
  expect(Object.keys(first).filter((name) => other[name] === first[name])).toEqual([]);
});

test("an existing folder is refused without --resume, and stays as it is", async () => {
  const before = await contents("run");
  const { status, out, notes } = await train("run");
  expect([status, out]).toEqual([2, []]);
  expect(notes).toEqual([`tendon train: ${join(folder, "run")} exists; add --resume to continue it, or choose another folder with --out`, "see: tendon train --help"]);
  expect(await contents("run")).toEqual(before);
});

test("the demo refuses an existing folder too", async () => {
  const io = fakeIo();
  expect(await runCommand(demoCommand, ["--out", join(folder, "run")], io)).toBe(2);
  expect(io.noteLines[0]).toBe(`tendon demo: ${join(folder, "run")} exists; choose another folder with --out`);
});

test("a run is not resumed with other flags; each is named, and nothing changes", async () => {
  const before = await contents("run");
  const { status, notes } = await train("run", "--resume --steps 12 --seed 3 --no-mirror");
  expect(status).toBe(2);
  expect(notes[0]).toBe(
    `tendon train: ${join(folder, "run")} was started with other values: --seed is 0, got 3; --steps is 6, got 12; --mirror is true, got false; leave these flags out to continue it`,
  );
  expect(await contents("run")).toEqual(before);
});

test("a finished run is resumed without a step, with the same flags or none", async () => {
  const before = await reproducible("again");
  for (const flags of ["--resume", "--resume --seed 0 --steps 6"]) {
    const io = fakeIo();
    const { status, notes } = await train("again", flags, io);
    expect([status, notes]).toEqual([0, [`${join(folder, "again")} is already finished (6 of 6 steps)`]]);
    expect(io.progressLines).toEqual([]);
  }
  expect(await reproducible("again")).toEqual(before);
});

test("--resume where there is no run yet says so and starts it; the command line is noted", async () => {
  const { status, notes } = await train("fresh", `${SMALL} --resume --dataset ${join(folder, "data")}`);
  expect([status, notes[0]]).toEqual([0, `${join(folder, "fresh")} does not exist yet: starting it`]);
  expect(await reproducible("fresh")).toEqual(await reproducible("again"));
  expect((await readRunFacts(join(folder, "fresh")))?.command).toBe(["tendon", ...process.argv.slice(2)].join(" "));
});

test("the help of train shows each preset's values, and what can be turned off", async () => {
  const io = fakeIo();
  await runCommand(trainCommand, ["--help"], io);
  const help = io.outLines.join("\n");
  for (const line of [
    /--steps <number> +training steps \(an integer ≥ 1; smoke 60, demo \d+, full \d+\)/,
    /--obs-steps <number> .*\(an integer ≥ 1; default 2\)/,
    /--dataset <text> +dataset folder, or the name of a task for its own \(default the task's own\)/,
    /--preset <text> +starting values of every flag below \(one of smoke, demo, full; default demo; with --resume those of the run\)/,
    /--out <text> +run folder \(default runs\/<task>-<head>\)/,
    /--\[no-\]mirror .*\(smoke on, demo off, full on; reach, lift, pick-place, stack, sort on but with smoke\)/,
    / --resume +continue the run in the folder, or start it where there is none yet$/m,
  ]) expect(help).toMatch(line);
});

test("Ctrl-C stops a run in order, and --resume ends it as if nothing was", async () => {
  const io = fakeIo();
  const progress: FakeIo["progress"] = (task) => ({ ...io.progress(task), update: (done) => done === 3 && io.interrupt() });
  const { status, out, notes } = await train("stopped", SMALL, { ...io, progress });
  expect([status, out, notes.at(-1)]).toEqual([130, [], "tendon train: stopped"]);
  expect((await listCheckpoints(join(folder, "stopped"))).map(({ step }) => step)).toEqual([2, 3]);
  const resumed = await train("stopped", "--resume");
  expect(resumed.notes[0]).toContain("continuing after step 3");
  const [whole, stopped] = [await reproducible("again"), await reproducible("stopped")];
  for (const name of ["metrics.jsonl", "policy.onnx", "config.json", "checkpoints/step-00000006.safetensors"]) {
    expect(stopped[name] === whole[name] && name).toBe(name);
  }
});

const refused: readonly (readonly [what: string, flags: string, status: number, line: RegExp])[] = [
  ["a missing dataset", `${SMALL} --dataset no/such`, 1, /^tendon train: dataset "no\/such" not found; looked for /],
  ["an unknown flag", "--stepz 3", 2, /^tendon train: unknown flag --stepz; did you mean --steps\?$/],
  ["an empty folder name", `${SMALL} --out=`, 2, /^tendon train: --out: got "", expected text that is not empty \(run folder/],
  ["an empty dataset name", `${SMALL} --dataset=`, 2, /^tendon train: --dataset: got "", expected text that is not empty \(dataset folder/],
  ["an unknown head", "--head flwo", 2, /^tendon train: --head: got "flwo", expected one of flow/],
  ["an unknown preset", "--preset huge", 2, /^tendon train: --preset: got "huge", expected one of smoke/],
  ["contradicting flags", `${SMALL} --execute-steps 5`, 2, /^tendon train: executeSteps \(--execute-steps\) is 5, expected at most horizon \(--horizon\), 4$/],
  ["a warm-up longer than the training", `${SMALL} --warmup-steps 6`, 2, /^tendon train: warmupSteps \(--warmup-steps\) is 6, expected fewer than steps \(--steps\), 6$/],
  ["a horizon longer than every episode", `${SMALL} --horizon 13`, 1, /^tendon train: dataset "data" cannot be trained on: horizon 13 is longer than every episode; the longest has 12 frames/],
];

test.each(refused)("%s is one line, and nothing is written", async (_what, flags, status, line) => {
  await expectRefused("refused", flags, status, line);
});

async function expectRefused(name: string, flags: string, status: number, line: RegExp): Promise<void> {
  const before = await readdir(folder);
  const outcome = await train(name, flags);
  expect(outcome.status).toBe(status);
  expect(outcome.out).toEqual([]);
  expect(outcome.notes.filter((note) => !note.startsWith("see: "))).toEqual([expect.stringMatching(line)]);
  expect(await readdir(folder)).toEqual(before);
}

test("a truncated dataset is one line, and nothing is written", async () => {
  await cp(join(folder, "data"), join(folder, "cut"), { recursive: true });
  await truncate(join(folder, "cut/data/chunk-000/file-000.parquet"), 300);
  await expectRefused("refused", `${SMALL} --dataset ${join(folder, "cut")}`, 1, /^tendon train: .*file-000\.parquet/);
});

/** The tiny dataset with one value of every row of a column changed. */
function withValue(column: string, dimension: number, value: number): Dataset {
  const dataset = tinyDataset();
  for (const { columns } of dataset.episodes) {
    const values = columns[column] ?? new Float32Array();
    const width = column === STATE ? 5 : 2;
    for (let i = dimension; i < values.length; i += width) values[i] = value;
  }
  return dataset;
}

test("NaN in a dataset is named with its place, and nothing is written", async () => {
  // The writer refuses NaN, so a number that stands nowhere else is overwritten in the file.
  const sentinel = Buffer.from(Float32Array.of(12345.678).buffer);
  const dataset = tinyDataset();
  dataset.episodes[1]?.columns[ACTION]?.fill(12345.678, 3, 4);
  await writeDataset(join(folder, "nan"), dataset);
  const path = join(folder, "nan/data/chunk-000/file-000.parquet");
  const bytes = await readFile(path);
  const places = [...bytes.keys()].filter((at) => bytes.subarray(at, at + 4).equals(sentinel));
  expect(places.length).toBeGreaterThan(0);
  for (const at of places) Buffer.from(Float32Array.of(NaN).buffer).copy(bytes, at);
  await writeFile(path, bytes);
  await expectRefused("refused", `${SMALL} --dataset ${join(folder, "nan")}`, 1, /^tendon train: dataset "nan" cannot be trained on: action: NaN in episode 1, frame 1, dimension "y"; drop or repair these frames$/);
});

test("a constant dimension is a warning that names it and asks about it", async () => {
  await writeDataset(join(folder, "constant"), withValue(STATE, 4, 1));
  const { status, notes } = await train("on-constant", `${SMALL} --dataset ${join(folder, "constant")}`);
  expect(status).toBe(0);
  expect(notes[0]).toMatch(/^warning: dataset "constant": observation\.state: constant in every frame: "block_angle" = 1; .*is the sensor or joint connected\?$/);
});

test("a dimension that changes too rarely for the chosen normalizer is a warning that names it", async () => {
  const { episodes, ...rest } = withValue(ACTION, 1, 3);
  const [still, moved] = episodes;
  if (still === undefined || moved === undefined) throw new Error("the tiny dataset lost its episodes");
  moved.columns[ACTION]?.fill(4, 1, 2);
  const longer = { ...rest, episodes: [moved, ...Array<typeof still>(40).fill(still)] };
  await writeDataset(join(folder, "rare"), longer);
  const { status, notes } = await train("on-rare", `${SMALL} --no-mirror --dataset ${join(folder, "rare")} --normalizer quantiles`);
  expect(status).toBe(0);
  expect(notes.slice(0, -1)).toEqual([expect.stringMatching(/^warning: dataset "rare": action: dimension "y" is nearly always 3, but goes from 3 to 4; .*choose "limits"$/)]);
});

test("actions outside the bins of a tokenizer are a warning with what to do, and stand in run.json", async () => {
  const { status, notes } = await train("clamping", `${SMALL} --head openvla --normalizer gaussian`);
  expect(status).toBe(0);
  const [, count, of] = /^warning: head openvla: (\d+) of (\d+) values of the actions \(.* %\) lie outside .*; with --normalizer limits, now gaussian, /.exec(notes[0] ?? "") ?? [];
  expect((await readRunFacts(join(folder, "clamping")))?.clamped).toEqual({ clamped: Number(count), of: Number(of), unit: "values" });
});

test("a folder that cannot be made is one line with the reason", async () => {
  await writeFile(join(folder, "file"), "");
  await expectRefused("file/run", SMALL, 1, /^tendon train: run folder .*file\/run: cannot create .*: a part of the path is not a folder \(ENOTDIR\)$/);
});

test.each([
  ["grow until the loss overflows", "1e30", /^tendon train: step \d+: the loss or a gradient is not finite; the first bad tensor is .*, f32\[.*\]\. The checkpoint of step \d+ is kept: lower learningRate \(--learning-rate\)/],
  ["overflow in an update", "3e38", /^tendon train: step \d+: \S+ is not finite after this step\. .*: lower learningRate \(--learning-rate\)/],
])("numbers that %s end the run with the step, the tensor and what to do; every checkpoint left is finite", async (_what, rate, line) => {
  const { status, notes } = await train(`diverged-${rate}`, `${SMALL} --learning-rate ${rate} --warmup-steps 0`);
  expect([status, notes.at(-1)]).toEqual([1, expect.stringMatching(line)]);
  for (const { path } of await listCheckpoints(join(folder, `diverged-${rate}`))) {
    const { tensors } = decodeCheckpoint(await readFile(path), path);
    expect(Object.entries(tensors).filter(([, tensor]) => !toNumbers(tensor).every(Number.isFinite))).toEqual([]);
  }
});

test("a checkpoint of another shape stops a resumed run and names the keys", async () => {
  await cp(join(folder, "again"), join(folder, "reshaped"), { recursive: true });
  const path = join(folder, "reshaped", "config.json");
  await writeFile(path, (await readFile(path, "utf8")).replace('"width": 8', '"width": 12'));
  const before = await contents("reshaped");
  const { status, notes } = await train("reshaped", "--resume");
  expect([status, notes.length]).toEqual([1, 1]);
  expect(notes[0]).toMatch(/^tendon train: .*step-00000006\.safetensors: the checkpoint is of another network: params\/.* is f32\[8, 8\], expected f32\[12, 8\]/);
  expect(await contents("reshaped")).toEqual(before);
});

test("eval of what is no run, or of a run without checkpoints, is one line with a hint", async () => {
  const missing = await evaluate("nowhere");
  expect([missing.status, missing.notes]).toEqual([1, [expect.stringMatching(/^tendon eval: run .*nowhere does not exist; make one with `tendon train /)]]);
  await mkdir(join(folder, "empty"));
  expect((await evaluate("empty")).notes).toEqual([expect.stringContaining("has no config.json")]);
  await cp(join(folder, "again"), join(folder, "bare"), { recursive: true });
  await rm(join(folder, "bare", "checkpoints"), { recursive: true });
  const bare = await evaluate("bare");
  expect([bare.status, bare.notes]).toEqual([1, [expect.stringMatching(/^tendon eval: run .*bare has no checkpoint yet; continue it with `tendon train push-t --resume --out .*bare`$/)]]);
});
