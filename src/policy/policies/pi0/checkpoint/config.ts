/** @file What `config.json` of a checkpoint says: which of the two models, and its sizes. */

import { z } from "zod";
import { GEMMA_300M } from "#action/heads";
import { PALIGEMMA_3B } from "#policy/encoders";
import type { Pi0Size, Pi0Variant } from "../network.ts";
import { relativeDimensions } from "../relative-actions.ts";

const count = z.number().int().positive();

const gemmaSchema = z.object({ width: count, depth: count, hidden: count, heads: count, kvHeads: count, headSize: count });
const siglipSchema = z.object({ image: count, patch: count, width: count, depth: count, heads: count, hidden: count });

/** Fields that LeRobot's and openpi's files have in common, under either name. */
const configSchema = z.object({
  type: z.string().optional(),
  paligemma_variant: z.string().optional(),
  action_expert_variant: z.string().optional(),
  chunk_size: count.optional(),
  action_horizon: count.optional(),
  max_action_dim: count.optional(),
  action_dim: count.optional(),
  max_state_dim: count.optional(),
  num_inference_steps: count.optional(),
  num_steps: count.optional(),
  min_period: z.number().positive().default(4e-3),
  max_period: z.number().positive().default(4),
  tokenizer_max_length: count.optional(),
  image_resolution: z.tuple([count, count]).optional(),
  use_relative_actions: z.boolean().optional(),
  relative_exclude_joints: z.array(z.string()).default(["gripper"]),
  action_feature_names: z.array(z.string()).nullish(),
  input_features: z.record(z.string(), z.object({ type: z.string(), shape: z.array(z.number()) })).nullish(),
  output_features: z.record(z.string(), z.object({ type: z.string(), shape: z.array(z.number()) })).nullish(),
  normalization_mapping: z.record(z.string(), z.string()).optional(),
  pi05: z.boolean().optional(),
  use_visual_memory: z.boolean().default(false),
  use_proprioceptive_memory: z.boolean().default(false),
  adapt_to_pi_aloha: z.boolean().default(false),
  use_delta_joint_actions_aloha: z.boolean().default(false),
});

/** What changes states or actions on their way in or out, and is not done here. */
const NOT_DONE = {
  use_visual_memory: "the model was trained to look back at earlier moments, and pi0 sees the present one alone",
  use_proprioceptive_memory: "the model was trained to look back at earlier moments, and pi0 sees the present one alone",
  adapt_to_pi_aloha: "joints and grippers of an ALOHA robot are turned into other ones before the model sees them, and pi0 leaves them as they are; do that outside, and set it to false",
  use_delta_joint_actions_aloha: "its actions are offsets in some joints of an ALOHA robot; say which by use_relative_actions and relative_exclude_joints, and set it to false",
} as const;

/** `policy_preprocessor.json`, of which only the steps that make actions relative and that write prompts of π0.5 are looked at here. */
const preprocessorSchema = z.object({ steps: z.array(z.object({ registry_name: z.string().optional(), config: z.unknown().optional() })) });
const relativeStepSchema = z.object({ enabled: z.boolean().default(false), exclude_joints: z.array(z.string()).nullish(), action_names: z.array(z.string()).nullish() });
const promptStepSchema = z.object({ include_state_in_prompt: z.boolean().default(true) });

/** `tendon.json`: sizes of models that have no name there. LeRobot refuses fields it does not know, so it is a file of its own. */
const sizesSchema = z.object({ vision: siglipSchema, language: gemmaSchema, expert: z.object({ width: count, hidden: count }), vocabulary: count });

export interface Pi0CheckpointConfig {
  readonly variant: Pi0Variant;
  readonly size: Pi0Size;
  readonly integrationSteps: number;
  /** Longest prompt, tokens. */
  readonly promptTokens: number;
  /** Keys of the cameras, in the order of their tokens; empty where the file does not say. */
  readonly cameras: readonly string[];
  /** Numbers of the robot's own state and action; null where the file does not say. */
  readonly stateSize: number | null;
  readonly actionSize: number | null;
  /**
   * bool[A] by the robot's own dimension of an action (by the network's where `actionSize` is null): whether it is an offset from the state at the moment of prediction, else it is
   * absolute. null where the folder does not say it for certain: openpi keeps it in its training code; files may contradict each other, or except joints by name and name none.
   */
  readonly relative: readonly boolean[] | null;
  /** Whether prompts tell the state: those of π0.5 do, unless its processor says no; openpi keeps that in its training code too. */
  readonly tellsState: boolean;
  /** By type of feature, as `"ACTION": "MEAN_STD"`. */
  readonly normalization: Readonly<Record<string, string>>;
  /** Whether LeRobot wrote it: its images are resized another way than openpi's. */
  readonly origin: "lerobot" | "openpi";
}

const TRUNKS: Readonly<Record<string, Pi0Size["trunk"]>> = { gemma_2b: PALIGEMMA_3B };
const EXPERTS: Readonly<Record<string, Pi0Size["expert"]>> = { gemma_300m: GEMMA_300M };

export interface ConfigFiles {
  /** Text of `config.json`. */
  readonly config: string;
  /** Text of `tendon.json`, where there is one. */
  readonly sizes?: string | undefined;
  /** Text of `policy_preprocessor.json`, where there is one. */
  readonly preprocessor?: string | undefined;
  /** Names of the tensors, which tell the two models apart where the file does not. */
  readonly keys: Iterable<string>;
  /** The folder, for errors. */
  readonly source: string;
}

/** @throws Error naming the file and the field that is missing or unknown */
export function parsePi0Config({ config: text, sizes, preprocessor, keys, source: folder }: ConfigFiles): Pi0CheckpointConfig {
  const source = `${folder}/config.json`;
  const config = parsed(configSchema, text, source);
  const notDone = (Object.keys(NOT_DONE) as (keyof typeof NOT_DONE)[]).find((field) => config[field]);
  if (notDone !== undefined) throw new Error(`${source}: ${notDone} is true: ${NOT_DONE[notDone]}`);
  const variant = variantOf(config, [...keys], source);
  const chunk = { horizon: demanded(config.chunk_size ?? config.action_horizon, "chunk_size or action_horizon", source), actionSize: config.max_action_dim ?? config.action_dim ?? 32 };
  const features = Object.entries(config.input_features ?? {});
  const actionSize = config.output_features?.["action"]?.shape[0] ?? null;
  const steps = preprocessor === undefined ? undefined : parsed(preprocessorSchema, preprocessor, `${folder}/policy_preprocessor.json`).steps;
  return {
    variant,
    size: { ...(sizes === undefined ? namedSizes(config, source) : ownSizes(sizes, `${folder}/tendon.json`)), chunk, periods: { minPeriod: config.min_period, maxPeriod: config.max_period }, ...(config.max_state_dim === undefined ? {} : { stateSize: config.max_state_dim }) },
    integrationSteps: config.num_inference_steps ?? config.num_steps ?? 10, // its name of old
    promptTokens: config.tokenizer_max_length ?? { pi0: 48, pi05: 200 }[variant],
    cameras: features.filter(([, { type }]) => type === "VISUAL").map(([key]) => key),
    stateSize: features.find(([key]) => key === "observation.state")?.[1].shape[0] ?? null,
    actionSize,
    relative: relativeOf(config, stepOf(steps, "relative_actions_processor", relativeStepSchema, folder), { size: actionSize ?? chunk.actionSize, hasProcessor: steps !== undefined }),
    tellsState: variant === "pi05" && stepOf(steps, "pi05_prepare_state_tokenizer_processor_step", promptStepSchema, folder)?.include_state_in_prompt !== false,
    normalization: config.normalization_mapping ?? {},
    origin: config.type === undefined ? "openpi" : "lerobot",
  };
}

type Config = z.output<typeof configSchema>;

type RelativeStep = z.output<typeof relativeStepSchema>;

function stepOf<S extends z.ZodType>(steps: z.output<typeof preprocessorSchema>["steps"] | undefined, name: string, schema: S, folder: string): z.output<S> | undefined {
  const step = steps?.find(({ registry_name }) => registry_name === name);
  return step && checked(schema, step.config ?? {}, `${folder}/policy_preprocessor.json: ${name}`);
}

/** The processor is what LeRobot runs; `config.json` is what it was made from. Where they contradict each other, neither is believed. */
function relativeOf(config: Config, step: RelativeStep | undefined, { size, hasProcessor }: { readonly size: number; readonly hasProcessor: boolean }): readonly boolean[] | null {
  const { use_relative_actions: said, relative_exclude_joints: exclude, action_feature_names: names = null, type } = config;
  // Before it had the field, LeRobot had no relative actions.
  if (said === undefined && step === undefined && type === undefined) return null;
  const enabled = step?.enabled ?? (hasProcessor ? false : (said ?? false));
  if (said !== undefined && said !== enabled) return null;
  return relativeDimensions(step === undefined ? { enabled, exclude, names } : { enabled, exclude: step.exclude_joints ?? [], names: step.action_names ?? null }, size);
}

/** LeRobot says the type; openpi's conversions do not, and are told apart by what only one of the models has. */
function variantOf({ type, pi05 }: Config, keys: readonly string[], source: string): Pi0Variant {
  if (type === "pi0" || type === "pi05") return type;
  if (type !== undefined) throw new Error(`${source}: type is "${type}", expected pi0 or pi05`);
  if (pi05 !== undefined) return pi05 ? "pi05" : "pi0";
  return keys.some((key) => /(^|\.)state_proj\.weight$/.test(key)) ? "pi0" : "pi05";
}

function ownSizes(text: string, source: string): Pick<Pi0Size, "trunk" | "expert"> {
  const { expert, ...trunk } = parsed(sizesSchema, text, source);
  return { trunk, expert };
}

function namedSizes(config: Config, source: string): Pick<Pi0Size, "trunk" | "expert"> {
  const { image_resolution: [height, width] = [224, 224] } = config;
  const trunk = named(TRUNKS, config.paligemma_variant ?? "gemma_2b", "paligemma_variant", source);
  const { image } = trunk.vision;
  if (height !== image || width !== image) {
    throw new Error(`${source}: image_resolution is ${height}, ${width}, expected ${image}, ${image}, for which the places of patches are stored`);
  }
  return { trunk, expert: named(EXPERTS, config.action_expert_variant ?? "gemma_300m", "action_expert_variant", source) };
}

function named<T>(table: Readonly<Record<string, T>>, name: string, field: string, source: string): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found !== undefined) return found;
  throw new Error(`${source}: ${field} is "${name}", expected ${Object.keys(table).join(", ")}`);
}

function demanded<T>(value: T | undefined, field: string, source: string): T {
  if (value === undefined) throw new Error(`${source}: ${field} is missing`);
  return value;
}

/** @throws Error naming the file, and the first field that is not as expected */
export function parsed<S extends z.ZodType>(schema: S, text: string, source: string): z.output<S> {
  return checked(schema, parseJson(text, source), source);
}

/** As `parsed`, of a value. */
export function checked<S extends z.ZodType>(schema: S, value: unknown, source: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${source}: ${issue?.path.join(".")}: ${issue?.message}`);
}

/** @throws Error naming the file that is no JSON */
function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${source}: it is not JSON`, { cause: error });
  }
}
