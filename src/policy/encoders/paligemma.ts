/** @file PaliGemma: images and a prompt as tokens of one sequence, and what later tokens know of them. */

import { assertDtype, assertShape, broadcastTo, cast, concat, cumulativeSum, gather, gemm, mul, reshape, scope, ShapeError, slice, sub, sum, type Tensor } from "#engine/graph";
import {
  causalMask, gemmaDecoder, gemmaLayerSpec, gemmaNorm, gemmaNormSpec, linear, linearSpec, MASKED, nextPositions, normal, parameter, rotation, zeros, type GemmaLayerOptions, type GemmaLayerSpec,
  type GemmaMemory, type GemmaNormSpec, type LinearSpec, type ParameterSpec, type Traced,
} from "#engine/nn";
import { siglip, SIGLIP_SO400M, siglipSpec, type SiglipSize, type SiglipSpec } from "./siglip.ts";

/** Sizes of a stack of Gemma layers. */
export interface GemmaSize extends Omit<GemmaLayerOptions, "role" | "weight" | "condSize"> {
  /** Layers. */
  readonly depth: number;
}

export interface PaligemmaSize {
  readonly vision: SiglipSize;
  readonly language: GemmaSize;
  /** Tokens that prompts are made of. */
  readonly vocabulary: number;
}

/** The 2B language model. */
export const GEMMA_2B: GemmaSize = { width: 2048, depth: 18, hidden: 16_384, heads: 8, kvHeads: 1, headSize: 256 };

/** The model of 224 px: 2.92 B parameters. */
export const PALIGEMMA_3B: PaligemmaSize = { vision: SIGLIP_SO400M, language: GEMMA_2B, vocabulary: 257_152 };

/** Names follow transformers' `PaliGemmaModel`. */
export type PaligemmaSpec = Readonly<{
  visionTower: SiglipSpec;
  multiModalProjector: Readonly<{ linear: LinearSpec }>;
  languageModel: Readonly<{
    /** `weight` f32[vocabulary, D] */
    embedTokens: Readonly<{ weight: ParameterSpec }>;
    layers: readonly GemmaLayerSpec[];
    norm: GemmaNormSpec;
  }>;
}>;

const role = "encoder";

export function paligemmaSpec({ vision, language, vocabulary }: PaligemmaSize): PaligemmaSpec {
  const { width, depth } = language;
  return {
    visionTower: siglipSpec(vision),
    multiModalProjector: { linear: linearSpec(vision.width, width, { role, bias: zeros }) },
    languageModel: {
      // Read times √D, so that a token is about as large as what is added to it.
      embedTokens: { weight: parameter([vocabulary, width], normal(1 / Math.sqrt(width)), { decay: false, role }) },
      layers: Array.from({ length: depth }, () => gemmaLayerSpec({ ...language, role })),
      norm: gemmaNormSpec({ width, role }),
    },
  };
}

/** What a robot sees and is told. */
export interface PrefixInputs {
  /** Cameras in their order. */
  readonly cameras: readonly {
    /** f32[B, n, D] of `seeImages`; anything where the camera is missing. */
    readonly tokens: Tensor;
    /** bool[B]: false for a camera that is missing. */
    readonly isThere: Tensor;
  }[];
  /** i64[B, L] in [0, vocabulary). */
  readonly prompt: Tensor;
  /** bool[B, L]: false for padding. */
  readonly isPrompt: Tensor;
}

/** Tokens f32[B, N, D] of images, then of the prompt, and which of them are there, bool[B, N]. */
export interface Prefix {
  readonly tokens: Tensor;
  readonly isThere: Tensor;
}

/**
 * Images through the vision tower and a linear map, those of all cameras at once.
 *
 * @param images f32[B, 3, s, s] in [-1, 1] each
 * @returns f32[B, n, D] each, a token for every patch
 *
 * Source: Beyer et al. 2024, arXiv:2407.07726.
 */
export function seeImages(p: Traced<Pick<PaligemmaSpec, "visionTower" | "multiModalProjector">>, images: readonly Tensor[], { vision }: Pick<PaligemmaSize, "vision">): Tensor[] {
  const tokens = scope("visionTower", () => linear(p.multiModalProjector.linear, siglip(p.visionTower, images.length === 1 ? (images[0] as Tensor) : concat(images, 0), vision)));
  const batch = images[0]?.shape[0] ?? 0;
  return images.length === 1 ? [tokens] : images.map((_, i) => slice(tokens, 0, i * batch, (i + 1) * batch));
}

/**
 * Tokens of images as they are, and ids through the embedding, times √D.
 *
 * @throws ShapeError when cameras, prompt and masks do not go together
 *
 * Source: openpi, src/openpi/models/pi0.py `embed_prefix` at 15a9616.
 */
export function embedPrefix(p: Traced<Pick<PaligemmaSpec, "languageModel">>, { cameras, prompt, isPrompt }: PrefixInputs): Prefix {
  assertDtype(prompt, "i64", "embedPrefix: prompt");
  assertShape(isPrompt, prompt.shape, "embedPrefix: isPrompt");
  const [batch = 0] = prompt.shape;
  if (cameras.length === 0) throw new ShapeError("embedPrefix: there is no camera, expected at least one");
  const { embedTokens } = p.languageModel;
  const said = mul(gather(embedTokens.weight, prompt), Math.sqrt(embedTokens.weight.shape[1] ?? 1));
  const masks = cameras.map(({ tokens, isThere }, i) => {
    assertShape(isThere, [batch], `embedPrefix: camera ${i}: isThere`);
    return broadcastTo(reshape(isThere, [batch, 1]), [batch, tokens.shape[1] ?? 0]);
  });
  return { tokens: concat([...cameras.map(({ tokens }) => tokens), said], 1), isThere: concat([...masks, isPrompt], 1) };
}

/** What is known of a prefix. */
export interface ReadPrefix {
  /** What later tokens need. */
  readonly memory: GemmaMemory;
  /** f32[B, N, D] normalized: what its own tokens have become behind each layer but the last, of which later ones need no more than keys and values. */
  readonly states: readonly Tensor[];
}

/**
 * Let all tokens of a prefix look at each other: a padded token takes no place and is not looked at.
 *
 * Source: openpi, src/openpi/models/pi0.py `make_attn_mask` and `sample_actions` at 15a9616.
 */
export function readPrefix(p: Traced<Pick<PaligemmaSpec, "languageModel">>, { tokens, isThere }: Prefix, { language }: Pick<PaligemmaSize, "language">): ReadPrefix {
  const [batch = 0, count = 0] = isThere.shape;
  const there = cast(isThere, tokens.dtype);
  const positions = sub(cumulativeSum(there, 1), 1);
  const mask = reshape(mul(sub(1, there), MASKED), [batch, 1, 1, count]);
  return scope("languageModel", () => {
    const { own, entering } = gemmaDecoder(p.languageModel.layers, tokens, { rotation: rotation(positions, language.headSize), mask, onlyRemember: true });
    return {
      memory: { layers: own, mask, next: sum(there, 1, { keepDims: true }) },
      states: entering.slice(1).map((x) => gemmaNorm(p.languageModel.norm, x)),
    };
  });
}

/**
 * What the language model makes of text behind a prefix: every token looks at the prefix, at those before it and at itself.
 *
 * @param memory of the prefix
 * @param text i64[B, L] in [0, vocabulary)
 * @param ids which rows of the vocabulary may come next: from the first to below the second
 * @returns f32[B, L, K] logits of what comes behind every token
 *
 * Source: transformers' `GemmaForCausalLM`: tokens times √D, causal attention, a last normalization, the table of words once more.
 */
export function nextTokenLogits(
  p: Traced<Pick<PaligemmaSpec, "languageModel">>,
  { memory, text, ids: [from, to] }: { readonly memory: GemmaMemory; readonly text: Tensor; readonly ids: readonly [from: number, to: number] },
  { language }: Pick<PaligemmaSize, "language">,
): Tensor {
  assertDtype(text, "i64", "nextTokenLogits: text");
  const { embedTokens, layers, norm } = p.languageModel;
  const [batch = 0, length = 0] = text.shape;
  const tokens = mul(gather(embedTokens.weight, text), Math.sqrt(language.width));
  return scope("languageModel", () => {
    const placed = { memory, rotation: rotation(nextPositions(memory, length), language.headSize), mask: causalMask(length) };
    const { x } = gemmaDecoder(layers, tokens, placed);
    const rows = reshape(gemmaNorm(norm, x), [batch * length, language.width]);
    return reshape(gemm(rows, slice(embedTokens.weight, 0, from, to), { transB: true }), [batch, length, to - from]);
  });
}
