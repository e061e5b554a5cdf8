/** @file The one configuration of a run: flat, resolved, saved with the run. */

import { z } from "zod";
import { ShapeError } from "#engine/graph";
import { FREEZE_KINDS, POLICY_HEADS, policyHead, policyNetwork, tiledSize, WHOLE_NAMES } from "#policy/policies";
import { mixtureEntry } from "./mixture.ts";
import { trainingProgram } from "./model.ts";
import { policySpecOf, relativeDimensionsOf, stateView } from "./perception.ts";
import { TASK_NAMES, taskOf } from "./tasks.ts";

const count = z.number().int().positive();

/** Every field with its unit. Flags, validation, help and `config.json` come from here. */
export const runConfigSchema = z.object({
  task: z.enum(TASK_NAMES as [string, ...string[]]).describe("task to learn"),
  dataset: z.string().min(1).describe("dataset folder, or the name of a task for its own"),
  head: z.enum(POLICY_HEADS as [string, ...string[]]).describe("action head"),
  seed: z.number().int().nonnegative().describe("seed of weights, batches and noise"),
  steps: count.describe("training steps"),
  batch: count.describe("windows per step"),
  learningRate: z.number().positive().describe("peak learning rate"),
  warmupSteps: z.number().int().nonnegative().describe("steps of linear warm-up, before the cosine"),
  weightDecay: z.number().nonnegative().describe("decoupled weight decay of matrices"),
  clipNorm: z.number().positive().describe("largest global norm of the gradients"),
  emaDecay: z.number().min(0).max(1).describe("largest decay of the weight average used for acting"),
  obsSteps: count.describe("observation steps O, ticks"),
  horizon: count.describe("predicted steps H, ticks"),
  executeSteps: count.describe("executed steps E before looking again, ticks"),
  width: count.describe("width of the network, features"),
  blocks: count.describe("blocks or layers of the network"),
  integrationSteps: count.describe("steps per chunk of flow and diffusion heads"),
  normalizer: z.enum(["limits", "gaussian", "quantiles"]).describe("how observations and actions are scaled"),
  mirror: z.boolean().describe("also learn the mirror image of every demonstration"),
  logEvery: count.describe("steps between lines of metrics.jsonl"),
  checkpointEvery: count.describe("steps between checkpoints; a multiple of --log-every"),
  keepCheckpoints: count.describe("how many of the newest checkpoints stay"),
  headFrom: z.string().min(1).optional().describe("run folder of a pre-trained head to start from"),
  from: z.string().min(1).optional().describe("run folder of a policy to go on from: its weights and its scaling"),
  freeze: z.enum(FREEZE_KINDS).optional().describe("what stays as it is: nothing, the pre-trained head, a head of random weights, what reads observations, or all that adapters are beside"),
  trainPositions: z.boolean().optional().describe("go on training where actions stand in the chunk, under a frozen head"),
  relativeActions: z.array(z.string().min(1)).min(1).optional().describe("numbers of an action that are learned as offsets from where the robot is when a chunk is predicted, such as x,y,z"),
  paddedSize: count.optional().describe("numbers that states and actions are padded to, so that robots of different size share a policy with a trunk"),
  mixture: z.array(z.string().min(1)).min(1).optional().describe("more tasks to learn at once, such as lift,stack or lift=datasets/a: a step learns from one of all, by windows^0.43"),
  noiseDraws: count.optional().describe("noises and flow times that a step learns each chunk at, over one reading of what is observed, in policies with a trunk"),
  trunkRank: count.optional().describe("rank of adapters (LoRA) beside the weights of a trunk's language model"),
  expertRank: count.optional().describe("rank of adapters (LoRA) beside the weights of an action expert"),
  tokenWeight: z.number().positive().optional().describe("weight of a second loss: FAST tokens of the chunk, written by the trunk's language model"),
  insulated: z.boolean().optional().describe("whether the trunk learns nothing from the action expert, and from those tokens (and points) alone"),
  pointingWeight: z.number().positive().optional().describe("weight of a loss that teaches a trunk to point at what the task is about, where the dataset's states say where that is"),
  stateFeatures: count.optional().describe("features of a trained MLP that reads the state, for what a frozen head cannot work out of it"),
  cameras: z.array(z.string().min(1)).min(1).optional().describe("cameras to see through, such as front,wrist; of the state only the robot's own is observed then"),
  imageSize: count.optional().describe("side of the cameras' square frames, px"),
  cropSize: count.optional().describe("side of the crops that are seen, px: anywhere in training, the middle in acting"),
  imageChannels: count.optional().describe("channels of the image encoder's first stage, a multiple of 16; ResNet-18 has 64, a trunk none"),
  readInstruction: z.boolean().optional().describe("read the instruction, too"),
  instructionDropout: z.number().min(0).lt(1).optional().describe("share of windows that a policy learns from without their instruction, so that it can act when none is given"),
  rangeMargin: z.number().nonnegative().optional().describe("how far actions may lie beyond those a pre-trained head has seen, in its normalized units"),
});

export type RunConfig = z.output<typeof runConfigSchema>;

/** What a trainer reads of a configuration: all but where rows come from and what is done with the policy. */
export type TrainerConfig = Omit<
  RunConfig,
  "task" | "dataset" | "executeSteps" | "mirror" | "logEvery" | "checkpointEvery" | "keepCheckpoints" | "headFrom" | "from" | "mixture"
>;

const base: RunConfig = {
  task: "push-t",
  dataset: "push-t",
  head: "flow-mlp",
  seed: 0,
  steps: 4000,
  batch: 128,
  learningRate: 1e-3,
  warmupSteps: 100,
  weightDecay: 1e-4,
  clipNorm: 1,
  emaDecay: 0.995,
  obsSteps: 2,
  horizon: 16,
  executeSteps: 8,
  width: 320,
  blocks: 4,
  integrationSteps: 10,
  normalizer: "limits",
  mirror: true,
  logEvery: 20,
  checkpointEvery: 800,
  keepCheckpoints: 3,
};

/** Named starting points; every field can still be set on its own. */
export const PRESETS: Readonly<Record<string, RunConfig>> = {
  /** A few seconds: does everything work? */
  smoke: { ...base, steps: 60, batch: 64, width: 64, blocks: 1, warmupSteps: 10, logEvery: 10, checkpointEvery: 20 },
  /** About three minutes on two cores: too short for mirror images to pay. */
  demo: { ...base, mirror: false },
  /** Up to an hour on two cores. */
  full: { ...base, steps: 20_000, batch: 256, width: 384, blocks: 6, warmupSteps: 500, emaDecay: 0.999, checkpointEvery: 500 },
};

/** The preset that tasks leave alone. */
const TRIAL = "smoke";

export const PRESET_NAMES: readonly string[] = Object.keys(PRESETS);

/**
 * A preset with some fields set by hand. Between the two stand the defaults of the task and the head's own.
 *
 * @throws RangeError for an unknown preset, fields that contradict each other, or a size that the head's network cannot have
 */
export function resolveConfig(preset: string, overrides: Partial<RunConfig> = {}): RunConfig {
  const start = Object.hasOwn(PRESETS, preset) ? PRESETS[preset] : undefined;
  if (start === undefined) {
    throw new RangeError(`there is no preset "${preset}"; presets are ${PRESET_NAMES.join(", ")}`);
  }
  const set = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const config: RunConfig = { ...start, ...ownDefaults(preset, { ...start, ...set }, set), ...seeingDefaults({ ...start, ...set }, set), ...set };
  // A preset's lines give way to checkpoints that were asked for; lines that were asked for do not.
  const logEvery = set["logEvery"] === undefined ? Math.min(config.logEvery, config.checkpointEvery) : config.logEvery;
  const checked = checkConfig({ ...config, ...frozenDefault(config), logEvery });
  assertBuildable(checked, start);
  return checked;
}

/** A pre-trained head, and what adapters are beside, are frozen unless something else is asked for. */
function frozenDefault({ headFrom, freeze, trunkRank, expertRank }: RunConfig): Partial<RunConfig> {
  if (freeze !== undefined) return {};
  if (headFrom !== undefined) return { freeze: "head" };
  if (expertRank !== undefined) return { freeze: "base" };
  return trunkRank === undefined ? {} : { freeze: "encoder" };
}

const IMAGE_CHANNELS = 32;

/** How cameras are looked through. Mirrored demonstrations have no images, and mirrored instructions would lie. */
function seeingDefaults({ head }: RunConfig, { cameras, readInstruction, imageSize = 96 }: Partial<RunConfig>): Partial<RunConfig> {
  const mirror = cameras !== undefined || readInstruction === true ? { mirror: false } : {};
  // Crops as in Diffusion Policy: 84 of 96 px. A trunk sees whole frames, as far as patches tile them: where a patch is says where things are.
  const cropSize = WHOLE_NAMES.includes(head) ? tiledSize(imageSize) : Math.round((7 / 8) * imageSize);
  return cameras === undefined ? mirror : { imageSize, cropSize, imageChannels: IMAGE_CHANNELS, ...mirror };
}

/** What follows from the task and the head: the task's dataset and defaults, and the width that the network can afford. */
function ownDefaults(preset: string, { task, head, width }: RunConfig, set: Partial<RunConfig>): Partial<RunConfig> {
  const { dataset, defaults = {} } = taskOf(task);
  const whole = policyHead(head).defaults;
  // A preset that tries whether everything works stays as fast as it is.
  const own = preset === TRIAL ? { ...(whole && { obsSteps: whole.obsSteps }) } : { ...defaults, ...whole };
  return { dataset, ...own, width: sharedWidth(head, set.width ?? own.width ?? width) };
}

/** The width that a head's network takes where an MLP over the whole chunk has this one. */
export function sharedWidth(head: string, width: number): number {
  const share = policyHead(head).widthShare ?? 1;
  return share === 1 ? width : Math.max(WIDTH_STEP, Math.round((share * width) / WIDTH_STEP) * WIDTH_STEP);
}

/** Shared widths are multiples of this, so that attention heads and groups of channels divide them. */
const WIDTH_STEP = 32;

function checkConfig(config: RunConfig): RunConfig {
  const { executeSteps, horizon, headFrom, from, freeze = "none", trainPositions, rangeMargin } = config;
  checkSteps(config);
  checkPerception(config);
  checkAdapters(config);
  checkMixture(config);
  checkTeachers(config);
  checkRelative(config);
  if (rangeMargin !== undefined && headFrom === undefined) {
    throw new RangeError(`${named("rangeMargin")} is ${rangeMargin}, but there is no pre-trained head whose range could be left; name one with ${named("headFrom")}`);
  }
  if (executeSteps > horizon) {
    throw new RangeError(`${named("executeSteps")} is ${executeSteps}, expected at most ${named("horizon")}, ${horizon}`);
  }
  if (from !== undefined && headFrom !== undefined) {
    throw new RangeError(`${named("from")} and ${named("headFrom")} are both set; a policy brings its own head`);
  }
  if (from !== undefined && (freeze === "head" || freeze === "random")) {
    throw new RangeError(`${named("freeze")} is ${freeze}, which goes with a head alone; over a policy choose none, encoder or base`);
  }
  if (freeze === "head" && headFrom === undefined) {
    throw new RangeError(`${named("freeze")} is head, but there is none to freeze; name a pre-trained one with ${named("headFrom")}`);
  }
  if (freeze === "encoder" && from === undefined) {
    throw new RangeError(`${named("freeze")} is encoder, but none has learned anything; name a policy with ${named("from")}`);
  }
  if (freeze !== "head" && freeze !== "random" && trainPositions === false) {
    throw new RangeError(`${named("trainPositions")} is off, but no head is frozen; choose ${named("freeze")} head or random`);
  }
  return config;
}

function checkMixture({ mixture = [], task, head, tokenWeight, headFrom }: RunConfig): void {
  if (mixture.length > 0 && headFrom !== undefined) {
    throw new RangeError(`${named("mixture")} and ${named("headFrom")} are both set; a pre-trained head knows one scaling of actions, and every source has its own`);
  }
  if (mixture.length > 0 && (tokenWeight !== undefined || policyHead(head).fitCodec !== undefined)) {
    throw new RangeError(`${named("mixture")} is set, but ${tokenWeight === undefined ? `head ${head} has` : `${named("tokenWeight")} needs`} a tokenizer of the actions, and every source would have another`);
  }
  const tasks = [task, ...mixture.map((entry) => mixtureEntry(entry).task)];
  const twice = tasks.find((name, i) => tasks.indexOf(name) !== i);
  if (twice !== undefined) throw new RangeError(`${named("mixture")} has ${twice} twice, expected different tasks beside the one to learn, ${task}`);
  tasks.forEach((name) => taskOf(name));
}

function checkTeachers({ tokenWeight, insulated, pointingWeight, freeze, trunkRank }: RunConfig): void {
  const isFrozen = (freeze === "encoder" || freeze === "base") && trunkRank === undefined;
  for (const [name, weight, does] of [["tokenWeight", tokenWeight, "writes the tokens"], ["pointingWeight", pointingWeight, "points"]] as const) {
    if (weight !== undefined && isFrozen) throw new RangeError(`${named(name)} is ${weight}, but the trunk that ${does} is frozen; leave it out, or set ${named("trunkRank")}`);
  }
  if (insulated !== undefined && tokenWeight === undefined) {
    throw new RangeError(`${named("insulated")} is ${insulated ? "on" : "off"}, but the trunk writes no tokens to learn from; set ${named("tokenWeight")}`);
  }
}

/** Offsets are from what the task observes of the robot; neither a pre-trained head nor a tokenizer knows what that is. */
function checkRelative({ task, mixture = [], relativeActions, headFrom, head, tokenWeight }: RunConfig): void {
  if (relativeActions === undefined) return;
  for (const name of [task, ...mixture.map((entry) => mixtureEntry(entry).task)]) relativeDimensionsOf(taskOf(name), relativeActions);
  const other = headFrom !== undefined ? named("headFrom") : tokenWeight !== undefined ? named("tokenWeight") : policyHead(head).fitCodec === undefined ? undefined : `head ${head}`;
  if (other !== undefined) throw new RangeError(`${named("relativeActions")} is set, but ${other} goes with absolute actions`);
}

/** What an adapter is beside has learned something, and stays as it is. */
function checkAdapters({ from, freeze = "none", trunkRank, expertRank }: RunConfig): void {
  const rank = trunkRank !== undefined ? "trunkRank" : expertRank !== undefined ? "expertRank" : undefined;
  if (rank !== undefined && from === undefined) throw new RangeError(`${named(rank)} is set, but there is nothing to adapt; name a policy with ${named("from")}`);
  const kind = expertRank === undefined ? "encoder" : "base";
  if (rank !== undefined && freeze !== kind) {
    throw new RangeError(`${named("freeze")} is ${freeze}, but ${named(rank)} is set; choose ${kind}, which freezes what adapters are beside`);
  }
  if (freeze === "base" && expertRank === undefined) {
    throw new RangeError(`${named("freeze")} is base, but there are no adapters; set ${named("expertRank")}, and ${named("trunkRank")} for the trunk's`);
  }
}

function checkPerception(config: RunConfig): void {
  const { cameras, imageSize = 0, cropSize = 0, mirror, readInstruction = false, instructionDropout = 0 } = config;
  if (mirror && (cameras !== undefined || readInstruction)) {
    throw new RangeError(`${named("mirror")} is on, but images and instructions have no mirror images; use --no-mirror`);
  }
  if (instructionDropout > 0 && !readInstruction) {
    throw new RangeError(`${named("instructionDropout")} is ${instructionDropout}, but no instruction is read that could be withheld; set ${named("readInstruction")}`);
  }
  stateView(taskOf(config.task), config);
  const alone = (["imageSize", "cropSize", "imageChannels"] as const).find((key) => config[key] !== undefined);
  if (cameras === undefined) {
    if (alone !== undefined) throw new RangeError(`${named(alone)} is ${config[alone]}, but nothing is seen; name cameras with ${named("cameras")}`);
    return;
  }
  const { head, imageChannels = IMAGE_CHANNELS } = config;
  const hasTrunk = WHOLE_NAMES.includes(head);
  if (hasTrunk && imageChannels !== IMAGE_CHANNELS) throw new RangeError(`${named("imageChannels")} is ${imageChannels}, but ${head} sees by patches; leave it out`);
  if (imageChannels % 16 !== 0) throw new RangeError(`${named("imageChannels")} is ${imageChannels}, expected a multiple of 16`);
  // A ResNet leaves one pixel of 32; what patches tile, the network says.
  const least = hasTrunk ? 1 : 33;
  if (cropSize >= least && cropSize <= imageSize) return;
  throw new RangeError(`${named("cropSize")} is ${cropSize}, expected ${least} to ${named("imageSize")}, ${imageSize}`);
}

/** @throws RangeError when the steps of a run contradict each other */
export function checkSteps(config: Pick<RunConfig, "checkpointEvery" | "logEvery" | "warmupSteps" | "steps">): void {
  const { checkpointEvery, logEvery, warmupSteps, steps } = config;
  if (warmupSteps >= steps) {
    throw new RangeError(`${named("warmupSteps")} is ${warmupSteps}, expected fewer than ${named("steps")}, ${steps}`);
  }
  if (checkpointEvery % logEvery !== 0) {
    throw new RangeError(
      `${named("checkpointEvery")} is ${checkpointEvery}, expected a multiple of ${named("logEvery")}, ${logEvery}, so that a resumed run logs the same lines`,
    );
  }
}

/** Fields that shape a network, in the order in which they are suspected. */
const SIZES = ["width", "integrationSteps", "blocks", "horizon", "obsSteps"] as const;

/** Trace the network once for one chunk; when it cannot be, the field with which it can under another value is at fault. */
function assertBuildable(config: RunConfig, preset: RunConfig): void {
  const problem = buildingProblem(config);
  if (problem === undefined) return;
  const usual = { ...preset, width: sharedWidth(config.head, preset.width) };
  const culprit = SIZES.find((key) => buildingProblem({ ...config, [key]: usual[key] }) === undefined);
  const what = culprit === undefined ? "some of its sizes do not go together" : `${named(culprit)} is ${config[culprit]}, which it cannot have`;
  throw new RangeError(`head ${config.head}: ${what}: ${problem}`);
}

/** Why the network of a configuration cannot be; heads of tokens need a tokenizer of the data first, and have no such sizes. */
function buildingProblem(config: RunConfig): string | undefined {
  if (policyHead(config.head).fitCodec !== undefined) return undefined;
  const task = taskOf(config.task);
  // A trunk writes actions in tokens only when those are fitted.
  const { tokenWeight: _weight, insulated: _insulated, ...rest } = config;
  const silent = policyHead(config.head).defaults === undefined ? config : rest;
  try {
    // How many things are asked for, the data say.
    const points = config.pointingWeight === undefined ? undefined : 1;
    const sizes = { obsSize: stateView(task, config).size, actionSize: task.actionSize, codec: null, points };
    trainingProgram(policyNetwork(policySpecOf(silent, sizes)), 1, () => false);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError || error instanceof ShapeError) return error.message;
    throw error;
  }
}

/** A field as `config.json` calls it, and as the command line does. */
function named(key: keyof RunConfig): string {
  return `${key} (--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)})`;
}
