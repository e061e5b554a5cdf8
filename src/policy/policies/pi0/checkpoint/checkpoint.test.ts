/** @file Checkpoints of π0 in every layout that there is: each is read as the same network, and what does not fit is named. */

import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { decodeSafetensors, encodeSafetensors, f32ToBf16, f32ToF16, sizeOf, tensorFrom, type HostTensor, type StoredTensors } from "#engine/array";
import { GOLDEN_PI0 } from "#testing";
import { memoryStore, type RangedStore } from "#world/data";
import { importPi0 } from "../../import/pi0.ts";
import { PI0_3B, pi0Network, type Pi0Variant } from "../network.ts";
import { keyProblems, keyReport, readWeights } from "./key-report.ts";
import { ofExpert, openPi0Checkpoint } from "./open.ts";
import { scalingWarnings } from "./scaling-warnings.ts";
import { readNormalizers, type StatisticsChoice } from "./statistics.ts";
import { writtenTensors } from "./write.ts";

type Tensors = Readonly<Record<string, HostTensor>>;

const golden = (variant: Pi0Variant): Tensors =>
  Object.fromEntries(
    Object.entries(decodeSafetensors(readFileSync(`fixtures/golden/${variant}_tiny.safetensors`)).tensors).flatMap(([name, tensor]) =>
      name.startsWith("param.") ? [[name.slice("param.".length), tensor]] : []),
  );
const GOLDEN = { pi0: golden("pi0"), pi05: golden("pi05") } as const;

const SIZES = { ...GOLDEN_PI0.trunk, expert: GOLDEN_PI0.expert };
const CONFIG = { type: "pi0", chunk_size: 6, max_action_dim: 8, max_state_dim: 8 };

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const folder = (tensors: Tensors, config: object = CONFIG, more: Readonly<Record<string, Uint8Array>> = {}): RangedStore =>
  memoryStore(new Map(Object.entries({ "config.json": text(config), "tendon.json": text(SIZES), "model.safetensors": encodeSafetensors(tensors), ...more })), "a folder");
const renamed = (tensors: Tensors, change: (name: string) => string): Tensors => Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [change(name), tensor]));
const without = (tensors: Tensors, ...names: string[]): Tensors => Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.includes(name)));

async function weightsOf(store: RangedStore): Promise<Record<string, HostTensor>> {
  const { stored, report, store: { name } } = await openPi0Checkpoint(store);
  const weights: Record<string, HostTensor> = {};
  for await (const [path, value] of readWeights(stored, report, name)) weights[path] = value;
  return weights;
}

const EMBEDDING = "model.paligemma_with_expert.paligemma.model.language_model.embed_tokens.weight";
const HEAD = "model.paligemma_with_expert.paligemma.lm_head.weight";
const { pi0 } = GOLDEN;
const plain = renamed(pi0, (name) => name.replace(/^model\./, ""));
const expected = importPi0(pi0, pi0Network("pi0", { trunk: SIZES, expert: SIZES.expert, chunk: { horizon: 6, actionSize: 8 } }).parameters, "model.");

describe("the same weights are read from", () => {
  const layouts: [string, Tensors, object?][] = [
    ["LeRobot's models of today", pi0],
    ["the published ones, with nothing in front and the table of words in the output layer", { ...without(plain, EMBEDDING.slice(6)), [HEAD.slice(6)]: pi0[EMBEDDING] as HostTensor }],
    ["both tied tensors, and the expert's unused output layer", { ...pi0, [HEAD]: pi0[EMBEDDING] as HostTensor, "model.paligemma_with_expert.gemma_expert.lm_head.weight": tensorFrom("f32", [2, 1], [1, 2]) }],
    ["transformers up to 5.3", renamed(pi0, (name) => name.replace(".vision_tower.", ".vision_tower.vision_model."))],
    ["transformers before 4.52", renamed(pi0, (name) => name.replace(".paligemma.model.language_model.", ".paligemma.language_model.model.").replace(".paligemma.model.", ".paligemma."))],
    ["names of π0.5's time layers", renamed(pi0, (name) => name.replace(".action_time_mlp_", ".time_mlp_"))],
    ["openpi's configuration", plain, { action_dim: 8, action_horizon: 6, paligemma_variant: "gemma_2b", action_expert_variant: "gemma_300m", precision: "bfloat16" }],
  ];
  it.each(layouts.map(([layout, tensors, config = CONFIG]) => ({ layout, tensors, config })))("$layout", async ({ tensors, config }) => {
    expect(await weightsOf(folder(tensors, config))).toEqual(expected);
  });

  it("shards, which an index names", async () => {
    const names = Object.keys(pi0);
    const part = (i: number): Tensors => Object.fromEntries(names.filter((_, n) => n % 2 === i).map((name) => [name, pi0[name] as HostTensor]));
    const map = Object.fromEntries(names.map((name, n) => [name, `model-0000${(n % 2) + 1}-of-00002.safetensors`]));
    const shards = { "model-00001-of-00002.safetensors": encodeSafetensors(part(0)), "model-00002-of-00002.safetensors": encodeSafetensors(part(1)) };
    expect(await weightsOf(folder({}, CONFIG, { ...shards, "model.safetensors.index.json": text({ weight_map: map }) }))).toEqual(expected);
    const strange = folder({}, CONFIG, { "model.safetensors.index.json": text({ weight_map: { a: "../model.safetensors" } }) });
    await expect(openPi0Checkpoint(strange)).rejects.toThrow('shard "../model.safetensors", expected the name of a safetensors file in the same folder');
  });

  it.each([["BF16", f32ToBf16, 2 ** -8], ["F16", f32ToF16, 2 ** -11]] as const)("%s, as near as that is", async (dtype, convert, precision) => {
    const names = Object.keys(pi0);
    const halves = names.map((name) => new Uint8Array(convert(pi0[name]?.data as Float32Array).buffer));
    let at = 0;
    const header = Object.fromEntries(names.map((name, i) => [name, { dtype, shape: pi0[name]?.shape, data_offsets: [at, (at += halves[i]?.length ?? 0)] }]));
    const json = new TextEncoder().encode(JSON.stringify(header));
    const bytes = new Uint8Array(8 + json.length + at);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    halves.reduce((offset, half) => (bytes.set(half, offset), offset + half.length), 8 + json.length);
    const read = await weightsOf(folder({}, CONFIG, { "model.safetensors": bytes }));
    for (const [path, { data }] of Object.entries(expected)) {
      data.forEach((value, i) => expect(Math.abs(Number(read[path]?.data[i]) - value)).toBeLessThanOrEqual(Math.abs(value) * precision + 2 ** -24));
    }
  });
});

test("π0.5 is read under both names of its time layers, and without the plain norms that conversions may hold", async () => {
  const config = { ...CONFIG, type: "pi05" };
  const first = await weightsOf(folder(GOLDEN.pi05, config));
  const other = renamed(GOLDEN.pi05, (name) => name.replace(".time_mlp_", ".action_time_mlp_"));
  expect(await weightsOf(folder({ ...other, "model.paligemma_with_expert.gemma_expert.model.norm.weight": tensorFrom("f32", [24], Array<number>(24).fill(0)) }, config))).toEqual(first);
  expect(Object.keys(first)).toContain("expert.timeMlpIn.weight");
});

test("what writes the velocity changes its sign on the way in, and nothing else does", () => {
  const [ours, theirs] = [expected["expert.actionOutProj.weight"], pi0["model.action_out_proj.weight"]];
  expect([...(ours?.data ?? [])]).toEqual([...(theirs?.data ?? [])].map((value) => -Number(value)));
  expect(expected["expert.actionInProj.weight"]?.data).toEqual(pi0["model.action_in_proj.weight"]?.data);
});

test("an expert alone needs no trunk", async () => {
  const only = Object.fromEntries(Object.entries(pi0).filter(([name]) => !name.includes("paligemma.model")));
  const { report } = await openPi0Checkpoint(folder(only), { isNeeded: ofExpert });
  expect(keyProblems(report)).toEqual([]);
  expect(report.found.every(({ spec: { name } }) => name.startsWith("expert."))).toBe(true);
});

describe("a checkpoint is refused", () => {
  it("with every key that is missing, left over, of another shape, or there twice", async () => {
    const bias = "model.action_in_proj.bias";
    const odd = {
      ...without(pi0, "model.state_proj.bias"), [bias]: tensorFrom("f32", [3], [1, 2, 3]), "model.action_magic.weight": tensorFrom("f32", [1], [1]),
      "action_out_proj.bias": pi0["model.action_out_proj.bias"] as HostTensor,
    };
    const { report } = await openPi0Checkpoint(folder(odd));
    expect(keyProblems(report)).toEqual([
      "state_proj.bias is missing",
      "model.action_magic.weight is not in the network",
      "action_out_proj.bias and model.action_out_proj.bias are both action_out_proj.bias",
      "model.action_in_proj.bias is F32[3], expected F32, F16, BF16[24]",
    ]);
    await expect(weightsOf(folder(odd))).rejects.toThrow(/^a folder: the weights are of another network: state_proj.bias is missing; /);
  });

  it.each([
    ["without config.json", memoryStore(new Map([["model.safetensors", encodeSafetensors({})]]), "a folder"), "a folder: config.json is missing; is this a checkpoint folder, such as LeRobot's pretrained_model?"],
    ["without weights", memoryStore(new Map([["config.json", text(CONFIG)]]), "a folder"), "a folder: model.safetensors is missing; is this a checkpoint folder, and is it complete?"],
    ["of another policy", folder(pi0, { type: "smolvla" }), 'a folder/config.json: type is "smolvla", expected pi0 or pi05'],
    ["without a horizon", folder(pi0, { type: "pi0" }), "a folder/config.json: chunk_size or action_horizon is missing"],
    ["of ALOHA joints that are turned", folder(pi0, { ...CONFIG, adapt_to_pi_aloha: true }), "a folder/config.json: adapt_to_pi_aloha is true: joints and grippers of an ALOHA robot are turned"],
    ["of ALOHA joints that are offsets", folder(pi0, { ...CONFIG, use_delta_joint_actions_aloha: true }), "use_delta_joint_actions_aloha is true: its actions are offsets"],
    ["that looks back", folder(pi0, { ...CONFIG, use_visual_memory: true }), "a folder/config.json: use_visual_memory is true: the model was trained to look back"],
    ["whose config.json is none", folder(pi0, CONFIG, { "config.json": new Uint8Array([123]) }), "a folder/config.json: it is not JSON"],
    ["of an unknown trunk", memoryStore(new Map([["config.json", text({ ...CONFIG, paligemma_variant: "gemma_9b" })], ["model.safetensors", encodeSafetensors({})]]), "a folder"), 'paligemma_variant is "gemma_9b", expected gemma_2b'],
    ["for other images", memoryStore(new Map([["config.json", text({ ...CONFIG, image_resolution: [96, 96] })], ["model.safetensors", encodeSafetensors({})]]), "a folder"), "image_resolution is 96, 96, expected 224, 224"],
  ])("%s", async (_, store, message) => {
    await expect(openPi0Checkpoint(store)).rejects.toThrow(message);
  });
});

describe("the published models", () => {
  it.each([["pi0", 3_238_048_528], ["pi05", 3_353_433_872]] as const)("%s has LeRobot's keys and shapes to the last, besides two output layers", (variant, parameters) => {
    const lines = readFileSync(`fixtures/checkpoints/lerobot_${variant}_keys.txt`, "utf8").trim().split("\n");
    const entries = new Map(lines.map((line) => {
      const [name = "", shape = ""] = line.split(/ (?=\()/);
      return [name, { name, dtype: "BF16" as const, shape: [...shape.matchAll(/\d+/g)].map(([digits]) => Number(digits)), begin: 0, end: 0 }];
    }));
    const stored: StoredTensors = { entries, metadata: {}, read: () => Promise.reject(new Error("there are no values")), readPart: () => Promise.reject(new Error("there are no values")) };
    const network = pi0Network(variant, PI0_3B);
    const report = keyReport(stored, network);
    expect(keyProblems(report)).toEqual([]);
    expect(report.unused.map(({ key }) => key).toSorted()).toEqual(["model.paligemma_with_expert.gemma_expert.lm_head.weight", HEAD]);
    expect(report.found.reduce((sum, { spec: { shape } }) => sum + sizeOf(shape), 0)).toBe(parameters);
    // And what is written has them, too.
    const line = ({ name, shape }: { readonly name: string; readonly shape: readonly number[] }): string => `${name} ${shape.join(" ")}`;
    const theirs = [...entries.values()].map(line).toSorted();
    expect(writtenTensors(network, "BF16").map(line).toSorted()).toEqual(theirs);
    expect(writtenTensors(network, "BF16", true).map(line).toSorted()).toEqual(theirs.filter((key) => !key.startsWith(EMBEDDING)).map((key) => key.replace(/^model\./, "")).toSorted());
  });
});

describe("statistics", () => {
  // As safetensors writes them, by name: the number of frames comes first.
  const statistics = { "action.count": [320], "observation.state.count": [320], "observation.state.mean": [1, 2], "observation.state.std": [2, 4], "action.mean": [10, 20, 30], "action.std": [1, 2, 0], "action.q01": [0, 0, 0], "action.q99": [1, 2, 4], "observation.state.q01": [0, 0], "observation.state.q99": [1, 1] };
  const file = encodeSafetensors(Object.fromEntries(Object.entries(statistics).map(([name, values]) => [name, tensorFrom("f32", [values.length], values)])));
  const processor = (mode: string, state_file = "policy_preprocessor_step_6_normalizer_processor.safetensors") =>
    ({ "policy_preprocessor.json": text({ name: "policy_preprocessor", steps: [{ registry_name: "to_batch_processor" }, { registry_name: "normalizer_processor", config: { eps: 1e-8, norm_map: { STATE: mode, ACTION: mode } }, state_file }] }), "policy_preprocessor_step_6_normalizer_processor.safetensors": file });
  const normalizersOf = async (store: RangedStore, choice?: StatisticsChoice) => {
    const { stored, config } = await openPi0Checkpoint(store);
    return await readNormalizers(store, stored, config, choice);
  };
  const close = (got: readonly number[] | undefined, numbers: readonly number[]): void => numbers.forEach((value, i) => expect((got?.[i] ?? NaN) / value).toBeCloseTo(1, 5));

  it("come from the file that LeRobot's normalizer names", async () => {
    const { state, action, source } = await normalizersOf(folder(pi0, CONFIG, processor("MEAN_STD")));
    expect(source).toBe("policy_preprocessor_step_6_normalizer_processor.safetensors");
    expect([state.kind, action.kind]).toEqual(["gaussian", "gaussian"]);
    close(state.scale, [0.5, 0.25]);
    close(state.offset, [-0.5, -0.5]);
    // What never changes is divided by ε alone, as there.
    close(action.scale, [1, 0.5, 1e8]);
  });

  it("by quantiles go to -1 and 1", async () => {
    const { action } = await normalizersOf(folder(pi0, CONFIG, processor("QUANTILES")));
    close(action.scale, [2, 1, 0.5]);
    close(action.offset, [-1, -1, -1]);
  });

  it("come from openpi's assets", async () => {
    const norm_stats = { state: { mean: [1], std: [1], q01: [0], q99: [4] }, actions: { mean: [3], std: [1], q01: [1], q99: [3] } };
    const assets = { "assets/droid/norm_stats.json": text({ norm_stats }), "assets/mine/norm_stats.json": text({ norm_stats: { ...norm_stats, actions: { mean: [5], std: [2] } } }) };
    const openpi = { action_dim: 8, action_horizon: 6 };
    const store = folder(plain, openpi, assets);
    close((await normalizersOf(store)).action.offset, [-3 / (1 + 1e-6)]);
    close((await normalizersOf(store, { asset: "mine" })).action.scale, [1 / 2]);
    const pi05 = renamed(GOLDEN.pi05, (name) => name.replace(/^model\./, ""));
    close((await normalizersOf(folder(pi05, openpi, assets))).action.offset, [-2]);
    // Asked for by name, they are taken whatever else is there.
    expect((await normalizersOf(folder(plain, CONFIG, { ...processor("MEAN_STD"), ...assets }), { asset: "mine" })).source).toBe("assets/mine/norm_stats.json");
  });

  it("of several robots are not chosen from, and openpi's padding is cut off where the robot's sizes are said", async () => {
    const norm_stats = { state: { mean: [1, 2, 0], std: [1, 4, 0] }, actions: { mean: [3, 0], std: [1, 0] } };
    const openpi = { action_dim: 8, action_horizon: 6 };
    const several = { "assets/droid/norm_stats.json": text({ norm_stats }), "assets/norm_stats.json": text({ norm_stats }) };
    await expect(normalizersOf(folder(plain, openpi, several))).rejects.toThrow("a folder: there are statistics of several robots in assets: ., droid; say which: --asset NAME");
    const { state, action, source } = await normalizersOf(folder(plain, openpi, several), { asset: ".", stateSize: 2, actionSize: 1 });
    expect([source, state.scale.length, action.scale.length]).toEqual(["assets/norm_stats.json", 2, 1]);
    close(state.scale, [1, 0.25]);
    await expect(normalizersOf(folder(plain, openpi, several), { asset: "droid", stateSize: 4 })).rejects.toThrow("assets/droid/norm_stats.json: state: statistics of 3 numbers, expected 4");
    await expect(normalizersOf(folder(plain, openpi, several), { asset: "mine" })).rejects.toThrow("a folder: there is no assets/mine/norm_stats.json, which --asset mine asks for");
    await expect(normalizersOf(folder(plain, openpi, { "assets/droid/norm_stats.json": text({ norm_stats: { state: {} } }) }))).rejects.toThrow("a folder/assets/droid/norm_stats.json: norm_stats.actions: ");
  });

  it("are warned of where a dimension hardly moved, by itself or beside the others", () => {
    const scaled = (...scale: number[]) => ({ kind: "gaussian" as const, scale, offset: scale.map(() => 0) });
    expect(scalingWarnings({ state: scaled(2, 5, 10, 3200), action: scaled(1e5) })).toEqual([
      "state: dimension 3 hardly moved in the data, and is scaled by 3e+3, others by 5.0: a robot that moves it gets absurd numbers",
      "action: dimension 0 hardly moved in the data, and is scaled by 1e+5, others by 1.0e+5: a robot that moves it gets absurd numbers",
    ]);
    expect(scalingWarnings({ state: scaled(2, 5, 10, 1400), action: scaled(9e4) })).toEqual([]);
  });

  it("come from the buffers of old checkpoints", async () => {
    const buffers = { "normalize_inputs.buffer_observation_state.mean": [2], "normalize_inputs.buffer_observation_state.std": [1], "unnormalize_outputs.buffer_action.mean": [4], "unnormalize_outputs.buffer_action.std": [2] };
    const old = { ...pi0, ...Object.fromEntries(Object.entries(buffers).map(([name, values]) => [name, tensorFrom("f32", [1], values)])) };
    const { action, source } = await normalizersOf(folder(old, { ...CONFIG, normalization_mapping: { STATE: "MEAN_STD", ACTION: "MEAN_STD" } }));
    expect(source).toBe("buffers in the weights");
    close(action.offset, [-2]);
  });

  it.each([
    ["are nowhere", folder(pi0), "a folder: there are no statistics to scale states and actions with"],
    ["are named and not there", folder(pi0, CONFIG, processor("MEAN_STD", "elsewhere.safetensors")), "its state_file elsewhere.safetensors is missing"],
    ["are of another kind", folder(pi0, CONFIG, processor("MIN_MAX")), "observation.state: there are no statistics min and max, which MIN_MAX needs"],
    ["are of no known kind", folder(pi0, CONFIG, processor("SQUASH")), 'features are scaled by "SQUASH", expected MEAN_STD'],
  ])("are refused where they %s", async (_, store, message) => {
    await expect(normalizersOf(store)).rejects.toThrow(message);
  });
});

describe("which actions are offsets is", () => {
  const step = (config: object): Readonly<Record<string, Uint8Array>> => ({ "policy_preprocessor.json": text({ steps: [{ registry_name: "relative_actions_processor", config }] }) });
  const robot = { ...CONFIG, output_features: { action: { type: "ACTION", shape: [3] } } };
  const names = ["shoulder", "elbow", "Left_Gripper.pos"];
  const NONE = [false, false, false];
  const openpi = { action_dim: 8, action_horizon: 6 };
  it.each<[string, object, Readonly<Record<string, Uint8Array>>, readonly boolean[] | null]>([
    ["none, where LeRobot does not speak of it", robot, {}, NONE],
    ["none, where it is switched off", { ...robot, use_relative_actions: false }, step({ enabled: false, exclude_joints: ["gripper"] }), NONE],
    ["what the processor says: all but those whose name contains an excluded one", { ...robot, use_relative_actions: true }, step({ enabled: true, exclude_joints: ["gripper", ""], action_names: names }), [true, true, false]],
    ["all, where none is excluded", { ...robot, use_relative_actions: true }, step({ enabled: true, exclude_joints: [], action_names: null }), [true, true, true]],
    ["by the network's dimensions where the robot's are not said; what has no name is relative", CONFIG, step({ enabled: true, exclude_joints: ["gripper"], action_names: names }), [true, true, false, true, true, true, true, true]],
    ["what config.json says, where there are no processors", { ...robot, use_relative_actions: true, action_feature_names: names }, {}, [true, true, false]],
    ["unknown, where grippers are excluded and nothing is named", { ...robot, use_relative_actions: true }, step({ enabled: true, exclude_joints: ["gripper"] }), null],
    ["unknown, where config.json and the processor contradict each other", { ...robot, use_relative_actions: true, action_feature_names: names }, step({ enabled: false }), null],
    ["unknown, where only the processor is switched on", { ...robot, use_relative_actions: false }, step({ enabled: true }), null],
    ["unknown, where the processor is missing among others", { ...robot, use_relative_actions: true, action_feature_names: names }, { "policy_preprocessor.json": text({ steps: [] }) }, null],
    ["unknown in openpi's folders", openpi, {}, null],
  ])("%s", async (_, config, files, expectedMask) => {
    expect((await openPi0Checkpoint(folder(plain, config, files))).config.relative).toEqual(expectedMask);
  });

  it("refused where the step is none", async () => {
    await expect(openPi0Checkpoint(folder(plain, robot, step({ enabled: "yes" })))).rejects.toThrow("a folder/policy_preprocessor.json: relative_actions_processor: enabled: ");
  });
});
