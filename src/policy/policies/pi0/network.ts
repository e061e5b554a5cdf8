/** @file π0 and π0.5 as one network: a vision-language trunk, and an action expert that looks at what it knows. */

import { actionExpert, GEMMA_300M, pi0Head, type ActionExpertOptions, type ActionExpertSpec, type ChunkSpec, type Pi0Head, type Pi0HeadOptions } from "#action/heads";
import type { Tensor } from "#engine/graph";
import type { GemmaMemory, Traced } from "#engine/nn";
import { embedPrefix, nextTokenLogits, PALIGEMMA_3B, paligemmaSpec, readPrefix, seeImages, type PaligemmaSize, type PaligemmaSpec, type Prefix, type PrefixInputs, type ReadPrefix } from "#policy/encoders";

/** π0 tells the expert state and time as tokens and beside actions; π0.5 in the prompt and by normalization. */
export type Pi0Variant = "pi0" | "pi05";

export interface Pi0Size {
  readonly trunk: PaligemmaSize;
  /** What of the expert is its own; depth and heads are the trunk's. */
  readonly expert: Pick<ActionExpertOptions, "width" | "hidden" | "ranks">;
  readonly chunk: ChunkSpec;
  /** Numbers of a state. Default as many as an action has: in the published models dimension i of one is dimension i of the other. */
  readonly stateSize?: number;
  /** Of the time's sines. Default those of the published models. */
  readonly periods?: ActionExpertOptions["periods"];
}

/** The published models: 3.24 B parameters, chunks of 50 actions of up to 32 numbers. */
export const PI0_3B: Pi0Size = { trunk: PALIGEMMA_3B, expert: GEMMA_300M, chunk: { horizon: 50, actionSize: 32 } };

export type Pi0Spec = Readonly<{ trunk: PaligemmaSpec; expert: ActionExpertSpec }>;

export interface Pi0Network {
  readonly variant: Pi0Variant;
  readonly size: Pi0Size;
  readonly parameters: Pi0Spec;
  readonly head: Pi0Head;
  /** Images f32[B, 3, s, s] in [-1, 1] as tokens f32[B, n, D] each. */
  see(trunk: Traced<Pick<PaligemmaSpec, "visionTower" | "multiModalProjector">>, images: readonly Tensor[]): Tensor[];
  /** Tokens of images, and a prompt, as one sequence. */
  prefix(trunk: Traced<Pick<PaligemmaSpec, "languageModel">>, inputs: PrefixInputs): Prefix;
  /** What the expert needs of a prefix, worked out once for a chunk, and what has become of its tokens. */
  read(trunk: Traced<Pick<PaligemmaSpec, "languageModel">>, prefix: Prefix): ReadPrefix;
  /** What the language model would write behind a prefix: see `nextTokenLogits`. */
  write(trunk: Traced<Pick<PaligemmaSpec, "languageModel">>, given: { readonly memory: GemmaMemory; readonly text: Tensor; readonly ids: readonly [from: number, to: number] }): Tensor;
}

/** @throws RangeError for sizes that do not go together */
export function pi0Network(variant: Pi0Variant, size: Pi0Size, options: Pi0HeadOptions = {}): Pi0Network {
  const { trunk, chunk } = size;
  const { depth, heads, kvHeads, headSize } = trunk.language;
  const expert = actionExpert(chunk, {
    ...size.expert, depth, heads, headSize,
    ...(kvHeads === undefined ? {} : { kvHeads }),
    ...(size.periods === undefined ? {} : { periods: size.periods }),
    ...(variant === "pi0" ? { stateSize: size.stateSize ?? chunk.actionSize, time: "beside" } : { time: "normalization" }),
  });
  return {
    variant,
    size,
    parameters: { trunk: paligemmaSpec(trunk), expert: expert.parameters },
    head: pi0Head(expert, options),
    see: (params, images) => seeImages(params, images, trunk),
    prefix: (params, inputs) => embedPrefix(params, inputs),
    read: (params, prefix) => readPrefix(params, prefix, trunk),
    write: (params, given) => nextTokenLogits(params, given, trunk),
  };
}
