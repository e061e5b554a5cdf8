/** @file A π0 model as four graphs: one sees, one fills the cache, two go from noise to a chunk over it, of which one goes on from another chunk. */

import type { GuidanceOptions } from "#action/heads";
import type { HostTensor } from "#engine/array";
import { constant, input, type Program, type Tensor } from "#engine/graph";
import { mapParameters, type GemmaMemory, type KeysValues, type ParameterTree, type Traced } from "#engine/nn";
import type { Pi0Network } from "./network.ts";

export interface GraphSizes {
  /** B */
  readonly batch: number;
  /** How many. */
  readonly cameras: number;
  /** L: length of the prompt, padding included. */
  readonly promptTokens: number;
}

/** What a parameter's path stands for in a graph: a constant of the model, or one stored beside it. */
export type WeightSource = (path: string, shape: readonly number[]) => Tensor;

/** Constants of a checkpoint's values. @throws Error naming a path that has none */
export function weightConstants(weights: Readonly<Record<string, HostTensor>>): WeightSource {
  return (path) => {
    const value = weights[path];
    if (value === undefined) throw new Error(`pi0: weight "${path}" is missing`);
    return constant(value);
  };
}

/** The graphs of a model; `guided` is `steps` with guidance. */
export const PI0_GRAPHS = ["see", "prefix", "steps", "guided"] as const;
export type Pi0Graph = (typeof PI0_GRAPHS)[number];

/** Sizes at batch 1, as a robot needs them. */
export interface GraphOptions extends Omit<GraphSizes, "batch"> {
  /** How a chunk goes on from another. */
  readonly guidance?: GuidanceOptions;
}

export function pi0Program(graph: Pi0Graph, network: Pi0Network, weights: WeightSource, { guidance = {}, ...rest }: GraphOptions): Program {
  const sizes = { batch: 1, ...rest };
  return {
    see: () => seeProgram(network, weights, sizes),
    prefix: () => prefixProgram(network, weights, sizes),
    steps: () => stepsProgram(network, weights, sizes),
    guided: () => stepsProgram(network, weights, sizes, guidance),
  }[graph]();
}

/** Names of the tensors of a camera. */
export const seenOf = (camera: number): string => `seen.${camera}`;
export const isThereOf = (camera: number): string => `isThere.${camera}`;

/**
 * What one camera sees, so that a missing one costs nothing.
 *
 * Input `image` f32[B, 3, s, s] in [-1, 1]. Output `seen` f32[B, n, D], a token for every patch.
 */
export function seeProgram(network: Pi0Network, weights: WeightSource, { batch }: Pick<GraphSizes, "batch">): Program {
  const { size: { trunk: { vision } }, parameters: { trunk: { visionTower, multiModalProjector } } } = network;
  const image = input("image", "f32", [batch, 3, vision.image, vision.image]);
  const [seen] = network.see(traced({ visionTower, multiModalProjector }, "trunk", weights), [image]) as [Tensor];
  return { name: "see", inputs: { image }, outputs: { seen } };
}

/**
 * The cache of a prefix, worked out once for a chunk.
 *
 * Inputs `seen.i` f32[B, n, D] and `isThere.i` bool[B] of every camera, `prompt` i64[B, L], `isPrompt` bool[B, L]. Outputs `keys.l` and `values.l`
 * f32[B, kvHeads, M, d] of every layer, `mask` f32[B, 1, 1, M], `next` f32[B, 1].
 */
export function prefixProgram(network: Pi0Network, weights: WeightSource, { batch, cameras, promptTokens }: GraphSizes): Program {
  const { size: { trunk: { vision, language } }, parameters } = network;
  const inputs: Record<string, Tensor> = {};
  const given = (name: string, dtype: "f32" | "i64" | "bool", ...shape: number[]): Tensor => (inputs[name] = input(name, dtype, shape));
  const { languageModel } = parameters.trunk;
  const trunk = traced({ languageModel }, "trunk", weights);
  const patches = (vision.image / vision.patch) ** 2;
  const prefix = network.prefix(trunk, {
    cameras: Array.from({ length: cameras }, (_, i) => ({ tokens: given(seenOf(i), "f32", batch, patches, language.width), isThere: given(isThereOf(i), "bool", batch) })),
    prompt: given("prompt", "i64", batch, promptTokens),
    isPrompt: given("isPrompt", "bool", batch, promptTokens),
  });
  return { name: "prefix", inputs, outputs: memoryTensors(network.read(trunk, prefix).memory) };
}

/**
 * All steps of the sampler over a cache, to which π0's state is added before the first: only this graph holds the expert.
 *
 * Inputs the outputs of `prefixProgram`, for π0 `state` f32[B, S] normalized, and `noise` f32[B, H, A] ~ N(0, I). Output `chunk` f32[B, H, A], normalized.
 *
 * @param guided also go on from `previous` f32[B, H, A], normalized, as far as `weights` f32[H, A] say: see `guidedEuler`
 */
export function stepsProgram(network: Pi0Network, weights: WeightSource, sizes: GraphSizes, guided?: GuidanceOptions): Program {
  const { head, parameters, size: { trunk: { language }, chunk: { horizon, actionSize }, stateSize = actionSize } } = network;
  const tokens = memoryTokens(network, sizes);
  const [batch, kvHeads] = [sizes.batch, language.kvHeads ?? 1];
  const inputs: Record<string, Tensor> = {};
  const given = (name: string, ...shape: number[]): Tensor => (inputs[name] = input(name, "f32", shape));
  const layers = Array.from({ length: language.depth }, (_, i): KeysValues => ({
    keys: given(`keys.${i}`, batch, kvHeads, tokens, language.headSize),
    values: given(`values.${i}`, batch, kvHeads, tokens, language.headSize),
  }));
  const seen = { layers, mask: given("mask", batch, 1, 1, tokens), next: given("next", batch, 1) };
  const expert = traced(parameters.expert, "expert", weights);
  const memory = head.expert.remember(expert, seen, network.variant === "pi0" ? given("state", batch, stateSize) : undefined);
  const noise = given("noise", batch, horizon, actionSize);
  const guidance = guided && { previous: given("previous", batch, horizon, actionSize), weights: given("weights", horizon, actionSize), ...guided };
  const chunk = head.sampleOver(expert, memory, noise, guidance);
  return { name: guided === undefined ? "steps" : "guided", inputs, outputs: { chunk } };
}

/** M: tokens of the prefix, which a chunk looks at. */
export function memoryTokens({ size: { trunk: { vision } } }: Pi0Network, { cameras, promptTokens }: Pick<GraphSizes, "cameras" | "promptTokens">): number {
  return cameras * (vision.image / vision.patch) ** 2 + promptTokens;
}

function memoryTensors({ layers, mask, next }: GemmaMemory): Record<string, Tensor> {
  return { ...Object.fromEntries(layers.flatMap(({ keys, values }, i) => [[`keys.${i}`, keys], [`values.${i}`, values]])), mask, next };
}

function traced<P extends ParameterTree>(tree: P, prefix: string, weights: WeightSource): Traced<P> {
  return mapParameters(tree, ({ name, shape }) => weights(`${prefix}.${name}`, shape));
}
