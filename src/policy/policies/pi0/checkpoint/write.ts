/** @file A checkpoint folder as LeRobot reads it: which tensors it holds, and the files beside them. */

import { encodeSafetensors, f32ToBf16, f32ToF16, tensorFrom, type HostTensor, type StreamedTensor } from "#engine/array";
import { namedParameters, parameter, zeros, type NamedSpec } from "#engine/nn";
import type { Normalizer } from "#world/data";
import { pi0Place } from "../../import/pi0.ts";
import { PI0_3B, type Pi0Network } from "../network.ts";
import { EMBEDDING, EXPERT_OUTPUT, TIED_EMBEDDING } from "./names.ts";
import type { Pi0Normalizers } from "./statistics.ts";

/** How weights are stored. */
export type WeightDtype = "F32" | "F16" | "BF16";
export const WEIGHT_DTYPES = ["F32", "F16", "BF16"] as const satisfies readonly WeightDtype[];

/** A tensor of the file, and the parameter it holds. */
export interface WrittenTensor extends StreamedTensor {
  readonly dtype: WeightDtype;
  readonly spec: NamedSpec;
  /** Whether it is there for LeRobot alone, which misses it else, and holds zeros that nothing reads. */
  readonly isUnused?: boolean;
}

/**
 * LeRobot's names of all parameters, in the order of the network, and behind them the output layers that it saves as well: the trunk's, which is the table of words, and the
 * expert's, which says no words.
 *
 * @param published as the published checkpoints have it: 777 of π0, without `model.` in front, and the table of words in the trunk's output layer alone
 */
export function writtenTensors({ parameters, size: { trunk, expert } }: Pi0Network, dtype: WeightDtype, published: boolean = false): WrittenTensor[] {
  const written = namedParameters(parameters).map((spec): WrittenTensor => ({ name: pi0Place(spec).name, dtype, shape: spec.shape, spec }));
  const tied = ({ name, ...tensor }: WrittenTensor): WrittenTensor => ({ ...tensor, name: name === EMBEDDING ? TIED_EMBEDDING : name });
  const shape = [trunk.vocabulary, expert.width];
  const silent = { name: EXPERT_OUTPUT, dtype, shape, isUnused: true, spec: { ...parameter(shape, zeros, { decay: false, role: "trunk" }), name: "expert.lmHead.weight" } };
  if (published) return [...written.map(tied), silent];
  const words = written.filter(({ name }) => name === EMBEDDING).map(tied);
  return [...written, ...words, silent].map((tensor) => ({ ...tensor, name: `model.${tensor.name}` }));
}

/** The bytes of values of a parameter, or of a part of them, as they are stored. */
export function writtenBytes({ spec, dtype }: WrittenTensor, values: Float32Array): Uint8Array {
  const theirs = pi0Place(spec).negated === true ? values.map((value) => -value) : values;
  const stored = { F32: (x: Float32Array) => x, F16: f32ToF16, BF16: f32ToBf16 }[dtype](theirs);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

export interface WrittenPolicy {
  readonly normalizers: Pick<Pi0Normalizers, "state" | "action">;
  /** Names of the cameras, without `observation.images.`. */
  readonly cameras: readonly string[];
  /** bool[A]: dimensions of an action that are offsets from the state; left out where all are absolute. */
  readonly relative?: readonly boolean[] | undefined;
}

/** Every file but `model.safetensors`, by name. */
export function writtenFiles(network: Pi0Network, { normalizers, cameras, relative }: WrittenPolicy): ReadonlyMap<string, Uint8Array> {
  const { trunk, expert } = network.size;
  const isPublished = trunk === PI0_3B.trunk && expert === PI0_3B.expert;
  const features = featuresOf(network, { normalizers, cameras });
  const statistics = encodeSafetensors({ ...statisticsOf("observation.state", normalizers.state), ...statisticsOf("action", normalizers.action) });
  const modes = { VISUAL: "IDENTITY", STATE: MODES[normalizers.state.kind], ACTION: MODES[normalizers.action.kind] };
  const scaling = { eps: 1e-8, features: { ...features.input, ...features.output }, norm_map: modes };
  const offsets = relative && relativeNames(relative);
  const steps = preprocessing(network, scaling, offsets);
  const postprocessing = [
    { registry_name: "unnormalizer_processor", config: { ...scaling, features: features.output }, state_file: UNNORMALIZER },
    ...(offsets === undefined ? [] : [{ registry_name: "absolute_actions_processor", config: { enabled: true } }]),
    { registry_name: "device_processor", config: { device: "cpu", float_dtype: null } },
  ];
  return new Map<string, Uint8Array>([
    ["config.json", json(configOf(network, { features, modes, isPublished, offsets }))],
    ...(isPublished ? [] : [["tendon.json", json({ vision: trunk.vision, language: { kvHeads: 1, ...trunk.language }, expert, vocabulary: trunk.vocabulary })] as const]),
    ["policy_preprocessor.json", json({ name: "policy_preprocessor", steps })],
    ["policy_postprocessor.json", json({ name: "policy_postprocessor", steps: postprocessing })],
    [stateFile(steps), statistics],
    [UNNORMALIZER, statistics],
  ]);
}

const UNNORMALIZER = "policy_postprocessor_step_0_unnormalizer_processor.safetensors";
const MODES: Readonly<Record<Normalizer["kind"], string>> = { gaussian: "MEAN_STD", limits: "MIN_MAX", quantiles: "QUANTILES" };

interface Step {
  readonly registry_name: string;
  readonly config: object;
  readonly state_file?: string;
}

/** In LeRobot's order, in which π0.5 scales the state before it goes into the prompt. */
function preprocessing({ variant, size: { chunk, stateSize = chunk.actionSize } }: Pi0Network, scaling: object, offsets: RelativeNames | undefined): readonly Step[] {
  const tokenizer: Step = {
    registry_name: "tokenizer_processor",
    config: { max_length: { pi0: 48, pi05: 200 }[variant], task_key: "task", padding_side: "right", padding: "max_length", truncation: true, tokenizer_name: "google/paligemma-3b-pt-224" },
  };
  const device: Step = { registry_name: "device_processor", config: { device: "cpu", float_dtype: null } };
  const first: readonly Step[] = [{ registry_name: "rename_observations_processor", config: { rename_map: {} } }, { registry_name: "to_batch_processor", config: {} }];
  const normalizer = (index: number): Step => ({ registry_name: "normalizer_processor", config: scaling, state_file: `policy_preprocessor_step_${index}_normalizer_processor.safetensors` });
  // Actions become offsets before they are scaled.
  const relative: readonly Step[] = offsets === undefined ? [] : [{ registry_name: "relative_actions_processor", config: { enabled: true, exclude_joints: offsets.exclude, action_names: offsets.names } }];
  if (variant === "pi0") return [...first, { registry_name: "pi0_new_line_processor", config: {} }, tokenizer, device, ...relative, normalizer(5 + relative.length)];
  return [...first, ...relative, normalizer(2 + relative.length), { registry_name: "pi05_prepare_state_tokenizer_processor_step", config: { max_state_dim: stateSize, task_key: "task" } }, tokenizer, device];
}

/** Names by which LeRobot tells which dimensions stay absolute. */
interface RelativeNames {
  readonly names: readonly string[];
  readonly exclude: readonly string[];
}

/** LeRobot looks for parts of names; these say nothing else. */
function relativeNames(relative: readonly boolean[]): RelativeNames {
  return { names: relative.map((isRelative, i) => `${isRelative ? "relative" : "absolute"}_${i}`), exclude: relative.every(Boolean) ? [] : ["absolute"] };
}

function stateFile(steps: readonly Step[]): string {
  return steps.flatMap(({ state_file }) => state_file ?? [])[0] ?? "";
}

interface Features {
  readonly input: Readonly<Record<string, { readonly type: string; readonly shape: readonly number[] }>>;
  readonly output: Features["input"];
}

function featuresOf({ size: { trunk } }: Pi0Network, { normalizers, cameras }: WrittenPolicy): Features {
  const side = trunk.vision.image;
  return {
    input: {
      ...Object.fromEntries(cameras.map((camera) => [`observation.images.${camera}`, { type: "VISUAL", shape: [3, side, side] }])),
      "observation.state": { type: "STATE", shape: [normalizers.state.scale.length] },
    },
    output: { action: { type: "ACTION", shape: [normalizers.action.scale.length] } },
  };
}

function configOf(
  { variant, size: { chunk, trunk, periods, stateSize = chunk.actionSize }, head }: Pi0Network,
  { features, modes, isPublished, offsets }: { readonly features: Features; readonly modes: object; readonly isPublished: boolean; readonly offsets: RelativeNames | undefined },
): object {
  const { image } = trunk.vision;
  return {
    type: variant, n_obs_steps: 1, input_features: features.input, output_features: features.output, normalization_mapping: modes, device: "cpu", use_amp: false,
    // Sizes without a name there are in tendon.json.
    ...(isPublished ? { paligemma_variant: "gemma_2b", action_expert_variant: "gemma_300m" } : {}),
    ...(offsets === undefined ? {} : { use_relative_actions: true, relative_exclude_joints: offsets.exclude, action_feature_names: offsets.names }),
    dtype: "float32", chunk_size: chunk.horizon,
    // LeRobot's loop adds the state of the tick at which an action is executed, not of the one at which it was predicted: with offsets only the first is right.
    n_action_steps: offsets === undefined ? chunk.horizon : 1, max_state_dim: stateSize, max_action_dim: chunk.actionSize,
    num_inference_steps: head.integrationSteps, min_period: periods?.minPeriod ?? 4e-3, max_period: periods?.maxPeriod ?? 4, image_resolution: [image, image], tokenizer_max_length: { pi0: 48, pi05: 200 }[variant],
  };
}

/** What a normalizer comes from, under LeRobot's names. */
function statisticsOf(feature: string, { kind, scale, offset }: Normalizer): Record<string, HostTensor> {
  const at = (value: number): number[] => scale.map((factor, i) => (value - (offset[i] ?? 0)) / factor);
  const [low, high] = kind === "limits" ? ["min", "max"] : ["q01", "q99"];
  const values: Record<string, number[]> = kind === "gaussian" ? { mean: at(0), std: scale.map((factor) => 1 / factor) } : { [low as string]: at(-1), [high as string]: at(1) };
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [`${feature}.${name}`, tensorFrom("f32", [list.length], list)]));
}

function json(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
