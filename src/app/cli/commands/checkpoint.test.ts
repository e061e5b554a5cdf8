/** @file `tendon checkpoint`: what is written is what is read, and what is wrong with a checkpoint is said. */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors, rng, type HostTensor } from "#engine/array";
import { openModelFile, openSession } from "#engine/runtime/node";
import { promptTokenizer } from "#policy/encoders";
import { exportSchema, graphsInMemory, openPi0Checkpoint, pi0Policy, readNormalizers, readWeights, weightConstants, type OpenGraph } from "#policy/policies";
import { loadRun } from "#policy/training/node";
import { folderStore } from "#world/data/node";
import { fakeRun as run } from "../fake-run.ts";
import { checkpointExportCommand } from "./checkpoint-export.ts";
import { checkpointInspectCommand } from "./checkpoint-inspect.ts";
import { checkpointSaveCommand } from "./checkpoint-save.ts";
import { checkpointSynthesizeCommand } from "./checkpoint-synthesize.ts";
import { dataGenerateCommand } from "./data-generate.ts";
import { trainCommand } from "./train.ts";

let folder = "";
let made = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-checkpoint-"));
  made = join(folder, "pi0");
  await run(checkpointSynthesizeCommand, "pi0", "--size", "tiny", "--out", made);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A copy of the weights with a change. */
async function changed(name: string, change: (tensors: Record<string, HostTensor>) => void): Promise<string> {
  const dir = join(folder, name);
  await run(checkpointSynthesizeCommand, "pi0", "--size", "tiny", "--dtype", "F16", "--out", dir);
  const path = join(dir, "model.safetensors");
  const tensors = { ...decodeSafetensors(await readFile(path)).tensors };
  change(tensors);
  await writeFile(path, encodeSafetensors(tensors));
  return dir;
}

test("what is made up is read whole, with statistics, and every parameter has values that differ", async () => {
  const checkpoint = await openPi0Checkpoint(await folderStore(made, "checkpoint"));
  const { store, stored, report, config } = checkpoint;
  expect(report).toMatchObject({ missing: [], unexpected: [], wrong: [], unused: [{ key: "paligemma_with_expert.gemma_expert.lm_head.weight" }] });
  expect(report.renamed.map(({ today }) => today)).toEqual([]);
  let matrices = 0;
  for await (const [, { shape, data }] of readWeights(stored, report, made)) {
    if (shape.length < 2) continue;
    matrices += 1;
    // Not the first ones: the place of the first patch is 0, of which all sines are alike.
    expect(new Set(data.subarray(-50)).size).toBeGreaterThan(10);
  }
  expect(matrices).toBeGreaterThan(60);
  const { state, action } = await readNormalizers(store, stored, config);
  for (const { kind, scale, offset } of [state, action]) {
    expect(kind).toBe("gaussian");
    scale.forEach((factor) => expect(factor).toBeCloseTo(1, 6));
    expect(Math.max(...offset.map(Math.abs))).toBe(0);
  }
});

test("inspecting tells the model, its size and every kind of key, for people and for scripts", async () => {
  const told = await run(checkpointInspectCommand, made);
  expect(told.status).toBe(0);
  expect(told.out).toContain("π0, as LeRobot writes it");
  expect(told.out).toContain("chunks of 50 actions of 32 numbers");
  expect(told.out).toContain("actions: absolute");
  expect(told.out).toMatch(/statistics: .+, state by MEAN_STD, action by MEAN_STD\n/);
  const tensors = Object.keys(decodeSafetensors(await readFile(join(made, "model.safetensors"))).tensors).length - 1; // the expert's output layer is not needed
  expect(told.out).toMatch(new RegExp(`found +${tensors}\n`));
  const listed = await run(checkpointInspectCommand, made, "--keys");
  expect(listed.out).toMatch(/state_proj\.weight +expert\.stateProj\.weight +BF16\[64, 32\]/);
  const info = JSON.parse((await run(checkpointInspectCommand, made, "--json")).out) as { parameters: number; keys: { found: number }; problems: string[] };
  expect(info).toMatchObject({ keys: { found: tensors }, scaling: { state: "MEAN_STD", action: "MEAN_STD" }, problems: [] });
  expect((await run(checkpointInspectCommand, made, "--expert", "--json")).out).toMatch(/"found":4\d/);
});

test("inspecting fails, and says why, where keys or statistics are missing", async () => {
  const dir = await changed("broken", (tensors) => {
    delete tensors["state_proj.bias"];
    tensors["odd.weight"] = { dtype: "f32", shape: [1], data: Float32Array.of(1) };
  });
  await rm(join(dir, "policy_preprocessor.json"));
  const { status, notes } = await run(checkpointInspectCommand, dir);
  expect(status).toBe(1);
  expect(notes).toContain("error: state_proj.bias is missing");
  expect(notes).toContain("error: odd.weight is not in the network");
  expect(notes).toContain("there are no statistics to scale states and actions with");
});

test("a dimension that hardly moved is warned of", async () => {
  const dir = await changed("still", () => {});
  const name = (await readdir(dir)).find((file) => file.includes("step_5_normalizer")) ?? "";
  const tensors = { ...decodeSafetensors(await readFile(join(dir, name))).tensors };
  const std = tensors["action.std"]?.data as Float32Array;
  std[3] = 0;
  await writeFile(join(dir, name), encodeSafetensors(tensors));
  expect((await run(checkpointInspectCommand, dir)).notes).toContain("warning: action: dimension 3 hardly moved in the data, and is scaled by 1e+8");
});

/** A copy whose config.json says more. */
async function configured(name: string, more: object): Promise<string> {
  const dir = await changed(name, () => {});
  const path = join(dir, "config.json");
  await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, "utf8")) as object), ...more }));
  return dir;
}

test("which actions are offsets is told, and where the folder does not say it, it is asked for before graphs are written", async () => {
  const dir = await configured("contradicting", { use_relative_actions: true });
  expect((await run(checkpointInspectCommand, dir)).out).toContain("actions: the folder does not say for certain which are offsets from the state");
  expect(JSON.parse((await run(checkpointInspectCommand, dir, "--json")).out)).toMatchObject({ relative: null });
  const out = join(folder, "offsets");
  const { status, notes } = await run(checkpointExportCommand, dir, "--out", out);
  expect([status, notes]).toEqual([2, expect.stringContaining("--relative: the folder does not say for certain which actions are offsets from the state; say it: none, all, or dimensions such as 0,1,2")]);
  expect((await run(checkpointExportCommand, dir, "--out", out, "--relative", "0,32")).notes).toContain("--relative: there is no dimension 32; an action has 32, from 0");
  expect(await run(checkpointExportCommand, dir, "--out", out, "--relative", "0,2", "--format", "int4")).toMatchObject({ status: 0 });
  expect(exportSchema.parse(JSON.parse(await readFile(join(out, "tendon-pi0.json"), "utf8"))).relative.flatMap((isOffset, i) => (isOffset ? [i] : []))).toEqual([0, 2]);
  const named = await configured("named", { use_relative_actions: true, action_feature_names: ["x", "gripper"] });
  await rm(join(named, "policy_preprocessor.json"));
  const dimensions = Array.from({ length: 31 }, (_, i) => (i === 0 ? 0 : i + 1)).join(", ");
  expect((await run(checkpointInspectCommand, named)).out).toContain(`actions: offsets from the state in dimensions ${dimensions}, the others absolute`);
}, 60_000);

test("whether the prompt of π0.5 tells the state is what its processor says, unless a flag says otherwise", async () => {
  const dir = join(folder, "pi05");
  await run(checkpointSynthesizeCommand, "pi05", "--size", "tiny", "--out", dir);
  const exported = async (name: string, ...flags: string[]): Promise<unknown> => {
    await run(checkpointExportCommand, dir, "--format", "int4", "--out", join(folder, name), ...flags);
    return exportSchema.parse(JSON.parse(await readFile(join(folder, name, "tendon-pi0.json"), "utf8")));
  };
  expect(await exported("telling")).toMatchObject({ variant: "pi05", promptTokens: 200, tellsState: true });
  expect(await exported("told-not-to", "--no-tells-state")).toMatchObject({ tellsState: false });
  const path = join(dir, "policy_preprocessor.json");
  await writeFile(path, (await readFile(path, "utf8")).replace('"task_key": "task"', '"include_state_in_prompt": false, "task_key": "task"'));
  expect((await run(checkpointInspectCommand, dir)).out).toContain("prompts: do not tell the state");
  expect(await exported("silent")).toMatchObject({ tellsState: false });
  expect(await exported("told-to", "--tells-state")).toMatchObject({ tellsState: true });
}, 60_000);

test("cameras that are named twice or not at all are refused before graphs are written", async () => {
  for (const [cameras, message] of [["base,base", "a camera is named twice"], ["base,,left", '--cameras: got "base,,left", expected text (names of the cameras, such as base,left']] as const) {
    const { status, notes } = await run(checkpointExportCommand, made, "--cameras", cameras, "--out", join(folder, "cameras"));
    expect([status, notes]).toEqual([2, expect.stringContaining(message)]);
  }
});

test("exported graphs give the chunk that the checkpoint gives, and in 4 bits nearly that", async () => {
  const checkpoint = await openPi0Checkpoint(await folderStore(made, "checkpoint"));
  const weights: Record<string, HostTensor> = {};
  for await (const [path, value] of readWeights(checkpoint.stored, checkpoint.report, made)) weights[path] = value;
  const { network, config: { promptTokens } } = checkpoint;
  const unit = { kind: "gaussian", scale: Array<number>(32).fill(1), offset: Array<number>(32).fill(0) } as const;
  const frame = { data: Uint8Array.from({ length: 40 * 50 * 3 }, (_, i) => (i * 31) % 256), height: 40, width: 50 };
  const tokenizer = promptTokenizer(JSON.parse(await readFile("fixtures/golden/pi0/tokenizer.json", "utf8")));
  const chunkOf = async (open: OpenGraph): Promise<number[]> => {
    const cameras = ["base", "left", "right"];
    await using policy = await pi0Policy(network, { open, normalizers: { state: unit, action: unit }, tokenizer, cameras, promptTokens, origin: "lerobot", relative: checkpoint.config.relative });
    return [...(await policy.act({ frames: { base: frame, right: frame }, instruction: "lift the cube", state: Array<number>(32).fill(0.1) }, rng(1)))];
  };
  const inMemory = await chunkOf(graphsInMemory(network, { weights: weightConstants(weights), cameras: 3, promptTokens, openSession }));
  const distance: Record<string, number> = {};
  for (const format of ["f32", "int4"] as const) {
    const out = join(folder, format);
    const { status, out: told } = await run(checkpointExportCommand, made, "--format", format, "--out", out);
    expect([status, told]).toEqual([0, expect.stringContaining("a chunk looks at 240 tokens")]);
    const chunk = await chunkOf((graph) => openModelFile(join(out, `${graph}.onnx`)));
    distance[format] = Math.hypot(...chunk.map((value, i) => value - (inMemory[i] ?? NaN))) / Math.hypot(...inMemory);
    expect(exportSchema.parse(JSON.parse(await readFile(join(out, "tendon-pi0.json"), "utf8")))).toMatchObject({
      variant: "pi0", format, cameras: ["base_0_rgb", "left_wrist_0_rgb", "right_wrist_0_rgb"], tellsState: false, actionSize: 32, stateSize: 32, relative: Array<boolean>(32).fill(false),
      guidance: { maxGuidance: 10, jacobian: { f32: "network", int4: "identity" }[format] },
    });
  }
  expect(distance["f32"]).toBeLessThan(1e-5);
  expect(distance["int4"]).toBeGreaterThan(1e-4);
  expect(distance["int4"]).toBeLessThan(0.2);
}, 60_000);

test("a policy that was trained here is saved under LeRobot's names and read again, number by number", async () => {
  const [data, dir, out] = ["sort", "run", "saved"].map((name) => join(folder, name)) as [string, string, string];
  await run(dataGenerateCommand, "sort", "--episodes", "2", "--images", "--image-size", "40", "--out", data);
  const taught = "--pointing-weight 0.3 --relative-actions x,y,z";
  const sizes = `${taught} --preset smoke --cameras front,wrist --image-size 40 --crop-size 40 --read-instruction --width 32 --blocks 2 --steps 2 --warmup-steps 1 --batch 2 --log-every 1 --checkpoint-every 2`;
  expect(await run(trainCommand, "sort", "--dataset", data, "--head", "pi05", ...sizes.split(" "), "--out", dir)).toMatchObject({ status: 0 });
  const saved = await run(checkpointSaveCommand, dir, "--out", out);
  expect(saved).toMatchObject({ status: 0, out: expect.stringContaining(" parameters in "), notes: expect.stringContaining("which LeRobot's tokenizer does not make: hand it ids") });
  const { weights: { weights, normalizers } } = await loadRun(dir);
  const { store, stored, report, config, network } = await openPi0Checkpoint(await folderStore(out, "checkpoint"));
  // Seven questions behind the words.
  expect([config.variant, config.cameras, config.actionSize, network.size.trunk.vocabulary]).toEqual(["pi05", ["observation.images.front", "observation.images.wrist"], 10, 2311]);
  expect(config.relative).toEqual([true, true, true, ...Array<boolean>(7).fill(false)]);
  let found = 0;
  for await (const [path, value] of readWeights(stored, report, out)) {
    found += 1;
    expect(value).toEqual(weights[path.replace(/^trunk\./, "encoder.").replace(/^expert\./, "head.")]);
  }
  // What reads answers off questions teaches, and does not act.
  expect(Object.keys(weights)).toHaveLength(found + 2);
  // LeRobot misses its output layers else.
  expect(report.unused.map(({ key, why }) => [key, why])).toEqual([
    ["model.paligemma_with_expert.paligemma.lm_head.weight", "it is the table of words, which is read by its own name"],
    ["model.paligemma_with_expert.gemma_expert.lm_head.weight", "the expert says no words"],
  ]);
  const { state, action } = await readNormalizers(store, stored, config);
  for (const [ours, theirs] of [[normalizers.observation, state], [normalizers.action, action]] as const) {
    ours.scale.forEach((factor, i) => expect((theirs.scale[i] ?? NaN) / factor).toBeCloseTo(1, 4));
    ours.offset.forEach((offset, i) => expect(theirs.offset[i]).toBeCloseTo(offset, 3));
  }
}, 60_000);

test("a policy that sees the middle of its frames is saved only where the caller crops", async () => {
  const [data, dir, out] = ["sort-cropped", "run-cropped", "saved-cropped"].map((name) => join(folder, name)) as [string, string, string];
  await run(dataGenerateCommand, "sort", "--episodes", "1", "--images", "--image-size", "40", "--out", data);
  const sizes = "--preset smoke --head pi0 --cameras front --image-size 40 --crop-size 32 --width 32 --blocks 1 --steps 2 --warmup-steps 1 --batch 2 --log-every 1 --checkpoint-every 2";
  expect(await run(trainCommand, "sort", "--dataset", data, ...sizes.split(" "), "--out", dir)).toMatchObject({ status: 0 });
  const { status, notes } = await run(checkpointSaveCommand, dir, "--out", out);
  expect([status, notes]).toEqual([2, expect.stringContaining("the policy sees the middle 32 of 40 px, and LeRobot would shrink whole frames to 32 px instead; train with --crop-size 40, or say --cropped and hand it the middle")]);
  expect(await run(checkpointSaveCommand, dir, "--out", out, "--cropped")).toMatchObject({ status: 0 });
}, 60_000);

test("nothing is written over, and a folder that is none is named", async () => {
  const { status, notes } = await run(checkpointSynthesizeCommand, "pi0", "--size", "tiny", "--out", made);
  expect([status, notes]).toEqual([2, expect.stringContaining(`--out: ${made} exists; name a folder that does not`)]);
  expect((await run(checkpointInspectCommand, join(folder, "nowhere"))).notes).toContain("nowhere does not exist");
});
