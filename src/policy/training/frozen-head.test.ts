/** @file Laws of training over a frozen head: it keeps its values, costs nothing backward, and continues bit for bit. */

import { expect, test } from "vitest";
import { tensorFrom, type HostTensor } from "#engine/array";
import { reachable, type Tensor } from "#engine/graph";
import { openSession } from "#engine/runtime/node";
import { initialPolicy, isTrained, policyParameters, startsFromHead, type FreezeKind } from "#policy/policies";
import { emittedNodes, tinyConfig, tinyPolicy, tinyRows } from "#testing";
import { decodeCheckpoint, encodeCheckpoint, restoreTrainer, type Checkpoint } from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { headActionStart, headTrainerConfig, resolveHeadConfig } from "./head-config.ts";
import { FROM_NOTHING, startFromHead, startFromSelf, startFrozenAtRandom, type TrainingStart } from "./head-start.ts";
import { headProvenance } from "./motion-rows.ts";
import { trainingProgram } from "./model.ts";
import { openTrainer, type Trainer } from "./trainer.ts";

const HEADS = ["diffusion-unet", "diffusion-dp-mlp", "diffusion-transformer", "diffusion-adaln-zero"];
const SIZES = { width: 32, blocks: 1, horizon: 4, integrationSteps: 2 };
const PENDING = { lossSum: 0, metricSums: {}, count: 0 };

const motion = tinyRows({ obsSize: 4, actionSize: 2 });
/** Actions of the task are those of the motion, so that the head has seen their range. */
const rows = { ...tinyRows(), actions: motion.actions };

const headConfig = (head: string) =>
  resolveHeadConfig("smoke", { ...SIZES, head, data: ["push-t"], condition: "pose", batch: 8, steps: 20, warmupSteps: 2 });

const heads = new Map<string, Promise<Checkpoint>>();

/** A checkpoint of a head after three steps; made once. */
function pretrained(head: string): Promise<Checkpoint> {
  const known = heads.get(head) ?? pretrain(head).then((bytes) => decodeCheckpoint(bytes, "head"));
  heads.set(head, known);
  return known;
}

async function pretrain(head: string): Promise<Uint8Array> {
  const config = headConfig(head);
  const start = { ...FROM_NOTHING, provenance: headProvenance(config, motion) };
  await using trainer = await openTrainer({ config: headTrainerConfig(config), rows: motion, openSession, start, actionStart: headActionStart(config) });
  for (let step = 0; step < 3; step++) await trainer.advance();
  return encodeCheckpoint(trainer, PENDING);
}

const taskConfig = (head: string, freeze: FreezeKind = "head", more: Partial<RunConfig> = {}): RunConfig => tinyConfig({ ...SIZES, head, freeze, ...more });

const copyOf = (state: Readonly<Record<string, HostTensor<"f32">>>): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, data.slice()]));

async function opened(config: RunConfig, start: TrainingStart): Promise<Trainer> {
  return openTrainer({ config, rows, openSession, start });
}

test.each(HEADS)("%s: frozen values and their averages are the head's to the bit after training, and the rest moves", async (head) => {
  const checkpoint = await pretrained(head);
  const config = taskConfig(head);
  await using trainer = await opened(config, startFromHead(checkpoint, "head", { config, rows }));
  const before = copyOf(trainer.state());
  for (let step = 0; step < 3; step++) await trainer.advance();
  const after = copyOf(trainer.state());
  const specs = policyParameters(trainer.network);
  const trained = specs.filter((spec) => isTrained(spec, { freeze: "head", trainPositions: true })).map(({ name }) => name);
  const frozen = specs.map(({ name }) => name).filter((name) => !trained.includes(name));
  const pick = (state: Readonly<Record<string, Float32Array | undefined>>, names: readonly string[]) => names.map((name) => [name, state[`ema/${name}`]]);
  expect(pick(after, frozen)).toEqual(frozen.map((name) => [name, checkpoint.tensors[`ema/${name}`]?.data]));
  expect(trained.filter((name) => String(after[`ema/${name}`]) === String(before[`ema/${name}`]))).toEqual([]);
  const kept = (names: readonly string[], ...prefixes: string[]): string[] => prefixes.flatMap((prefix) => names.map((name) => prefix + name));
  expect(Object.keys(after).sort()).toEqual([...kept(trained, "params/", "m/", "v/", "ema/"), ...kept(frozen, "ema/")].sort());
});

test.each(HEADS)("%s: the emitted graph holds nothing that only gradients of frozen weights need", (head) => {
  const { network } = tinyPolicy(rows, { ...SIZES, head });
  const isTrainable = (spec: { readonly role: Parameters<typeof isTrained>[0]["role"] }): boolean => isTrained(spec, { freeze: "head", trainPositions: true });
  const whole = trainingProgram(network, 8);
  const frozen = trainingProgram(network, 8, isTrainable);
  const trained = Object.keys(frozen.outputs);
  expect(trained.filter((name) => name.startsWith("g/"))).toEqual(policyParameters(network).filter(isTrainable).map(({ name }) => `g/${name}`));
  // What the whole graph needs for the same outputs, its other gradients cut off.
  const needed = reachable(trained.map((name) => whole.outputs[name] ?? fail(name)));
  expect(reachable(Object.values(frozen.outputs))).toHaveLength(needed.length);
  // Most gradients of a matrix are one product.
  const products = (program: typeof whole): number => emittedNodes(program).filter(({ opType }) => opType === "Gemm").length;
  const spared = policyParameters(network).filter((spec) => !isTrainable(spec) && isProduct(whole.outputs[`g/${spec.name}`]));
  expect(spared.length).toBeGreaterThan(0);
  expect(products(whole) - products(frozen)).toBeGreaterThanOrEqual(spared.length);
});

function isProduct(tensor: Tensor | undefined): boolean {
  return tensor?.source.kind === "op" && tensor.source.rule.name === "gemm";
}

function fail(name: string): never {
  throw new Error(`the whole program has no output ${name}`);
}

test("the frozen head, biases of its modulation and its action normalizer are where training starts; other weights are drawn", async () => {
  const checkpoint = await pretrained("diffusion-dp-mlp");
  const config = taskConfig("diffusion-dp-mlp");
  await using trainer = await opened(config, startFromHead(checkpoint, "head", { config, rows }));
  const drawn = initialPolicy(trainer.network, config.seed);
  const started = policyParameters(trainer.network).map(({ name }) => [name, trainer.state()[`ema/${name}`]?.data]);
  const expected = policyParameters(trainer.network).map((spec) => {
    return [spec.name, startsFromHead(spec) ? checkpoint.tensors[`ema/${spec.name}`]?.data : drawn[spec.name]?.data];
  });
  expect(started).toEqual(expected);
  expect(trainer.normalizers.action).toEqual(checkpoint.header.normalizers.action);
  expect(trainer.normalizers.observation.scale).toHaveLength(3);
});

test("unfrozen, the same values are where training starts, and all of them are trained", async () => {
  const checkpoint = await pretrained("diffusion-dp-mlp");
  const config = taskConfig("diffusion-dp-mlp", "none");
  await using trainer = await opened(config, startFromHead(checkpoint, "head", { config, rows }));
  const name = "ema/head.mlpDecoder.0.linear1.weight";
  const before = copyOf(trainer.state())[name];
  expect(before).toEqual(checkpoint.tensors[name]?.data);
  expect(trainer.frozen).toBe(0);
  await trainer.advance();
  await trainer.advance();
  await trainer.advance();
  expect(copyOf(trainer.state())[name]).not.toEqual(before);
});

test.each([true, false])("frozen at random, a head keeps the values it was drawn with; a head to take units from: %s", async (hasHead) => {
  const config = taskConfig("diffusion-dp-mlp", "random");
  const checkpoint = await pretrained("diffusion-dp-mlp");
  const start = hasHead ? startFromHead(checkpoint, "head", { config, rows }) : startFrozenAtRandom(config);
  await using trainer = await opened(config, start);
  const drawn = initialPolicy(trainer.network, config.seed);
  await trainer.advance();
  const name = "head.mlpDecoder.0.linear1.weight";
  expect(trainer.state()[`ema/${name}`]?.data).toEqual(drawn[name]?.data);
  expect(trainer.provenance).toMatchObject({ stage: 2, freeze: "random", head: hasHead ? { stage: 1, data: ["push-t"] } : null });
});

test("positions of a frozen head stay where that is asked for", async () => {
  const checkpoint = await pretrained("diffusion-adaln-zero");
  const moved = async (trainPositions: boolean): Promise<boolean> => {
    const config = taskConfig("diffusion-adaln-zero", "head", { trainPositions });
    await using trainer = await opened(config, startFromHead(checkpoint, "head", { config, rows }));
    for (let step = 0; step < 3; step++) await trainer.advance();
    return String(trainer.state()["ema/head.posEmb"]?.data) !== String(checkpoint.tensors["ema/head.posEmb"]?.data);
  };
  expect(await moved(true)).toBe(true);
  expect(await moved(false)).toBe(false);
});

test("a saved run continues bit for bit without its head", async () => {
  const head = "diffusion-adaln-zero";
  const config = taskConfig(head);
  const checkpoint = await pretrained(head);
  await using trainer = await opened(config, startFromHead(checkpoint, "head", { config, rows }));
  await trainer.advance();
  await trainer.advance();
  const saved = encodeCheckpoint(trainer, PENDING);
  await trainer.advance();
  const own = decodeCheckpoint(saved, "run");
  await using resumed = await opened(config, startFromSelf(own, config));
  restoreTrainer(resumed, own, "run");
  expect(encodeCheckpoint(resumed, PENDING)).toEqual(saved);
  await resumed.advance();
  expect(encodeCheckpoint(resumed, PENDING)).toEqual(encodeCheckpoint(trainer, PENDING));
});

test("a saved run of a frozen head holds each frozen value once", async () => {
  const checkpoint = await pretrained("diffusion-dp-mlp");
  const config = taskConfig("diffusion-dp-mlp");
  await using trainer = await opened(config, startFromHead(checkpoint, "head", { config, rows }));
  const values = Object.values(decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "run").tensors).reduce((total, { data }) => total + data.length, 0);
  expect(values).toBe(4 * trainer.parameters + trainer.frozen);
});

test("every way in which a head does not serve a task is named", async () => {
  const checkpoint = await pretrained("diffusion-dp-mlp");
  const start = (config: RunConfig, more: Partial<typeof rows> = {}): TrainingStart => startFromHead(checkpoint, "runs/head", { config, rows: { ...rows, ...more } });
  expect(() => start(taskConfig("diffusion-adaln-zero", "head", { width: 64, horizon: 8 }))).toThrow(
    "runs/head: the head does not serve this task: head is diffusion-adaln-zero, the head has diffusion-dp-mlp; horizon is 8, the head has 4; width is 64, the head has 32",
  );
  const wider = motion.actions.map((chunk) => chunk.map((value, i) => (i % 2 === 1 ? 2 * value : value)));
  expect(() => start(taskConfig("diffusion-dp-mlp"), { actions: wider })).toThrow(/^runs\/head: the head does not serve this task: action 1 goes from \S+ to \S+, the head has seen \S+ to \S+, and 0.1 of its normalized units are allowed beyond \(rangeMargin, --range-margin\)$/);
  expect(start(taskConfig("diffusion-dp-mlp", "head", { rangeMargin: 5 }), { actions: wider }).headWeights).not.toBe(null);
  const named = { ...checkpoint, header: { ...checkpoint.header, provenance: { ...headProvenance(headConfig("diffusion-dp-mlp"), motion), actionNames: ["x", "y"], rateHz: 10 } } };
  const meant = (more: Partial<typeof rows> & { actionNames?: string[]; rateHz?: number }, config: Partial<RunConfig> = {}): TrainingStart =>
    startFromHead(named, "runs/head", { config: taskConfig("diffusion-dp-mlp", "head", { rangeMargin: 1e9, ...config }), rows: { ...rows, ...more } });
  expect(meant({ actionNames: ["x", "y"], rateHz: 10 }).headWeights).not.toBe(null);
  expect(() => meant({ actionNames: ["vx", "vy"] })).toThrow("the head does not serve this task: actions are vx, vy, the head writes x, y: it is of another action space");
  expect(() => meant({ rateHz: 20 })).toThrow("the head does not serve this task: there are 20 actions a second, the head has seen 10");
  expect(() => meant({}, { normalizer: "gaussian" })).toThrow("normalizer (--normalizer) is gaussian, the head's is limits: one scales the actions of both stages");
  const three = tinyRows({ obsSize: 3, actionSize: 3 });
  expect(() => start(taskConfig("diffusion-dp-mlp"), three)).toThrow("actions have 3 numbers, the head writes 2: it is of another action space");
  const { provenance: _, ...header } = checkpoint.header;
  const plain = { header, tensors: { x: tensorFrom("f32", [1], [0]) } };
  expect(() => startFromHead(plain, "runs/a", { config: taskConfig("mse"), rows })).toThrow(
    "runs/a: the checkpoint has no provenance of stage 1: it was trained in one stage; pre-train a head with `tendon pretrain-head`",
  );
});
