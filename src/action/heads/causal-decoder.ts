/** @file A small causal transformer over tokens: all places at once for learning, one at a time with a cache for acting. */

import { add, assertShape, concat, gather, reshape, scope, slice, type Tensor } from "#engine/graph";
import {
  attend, causalMask, encoderLayer, encoderLayerSpec, feedForward, layerNorm, layerNormSpec, learnedPositionsSpec, linear, linearSpec, normal,
  parameter, projectAttended, projectQkv, type EncoderLayerSpec, type KeysValues,
  type QueriesKeysValues, type Traced,
} from "#engine/nn";

export interface CausalDecoderSize {
  /** C: features of the conditioning, O observations one after the other. */
  readonly condSize: number;
  /** O: a prefix token each. Default 1. */
  readonly obsSteps?: number;
  /** D: width of a token; inside a feed-forward it is 4·D. Default 256. */
  readonly width?: number;
  /** Layers. Default 4. */
  readonly blocks?: number;
  /** Attention heads; divides D. Default: as many as leave each at least 32 features. */
  readonly heads?: number;
}

export interface CausalDecoderOptions extends CausalDecoderSize {
  /** N: places of the sequence. */
  readonly places: number;
  /** K */
  readonly vocabulary: number;
}

export type CausalDecoderParameters = ReturnType<typeof causalDecoderSpec>;
type Params = Traced<CausalDecoderParameters>;

/** How far a sequence has come: what its next token is chosen from, and keys and values of all before, per layer. */
export interface DecoderState {
  /** f32[B, D] */
  readonly hidden: Tensor;
  readonly cache: readonly KeysValues[];
}

/** Ids `offset … offset + size - 1`. */
export interface IdRange {
  readonly offset: number;
  readonly size: number;
}

/** What is known at place n is the conditioning and the tokens before n: the same whether all are given at once or one by one. */
export interface CausalDecoder {
  readonly parameters: CausalDecoderParameters;
  /**
   * @param cond f32[B, C]
   * @param ids i64[B, N] in [0, K); the last is not read
   * @returns f32[B, N, D]
   */
  all(params: Params, cond: Tensor, ids: Tensor): Tensor;
  /** The state at place 0. */
  begin(params: Params, cond: Tensor): DecoderState;
  /** The state at place n + 1. @param ids i64[B] the tokens at place n */
  next(params: Params, state: DecoderState, { ids, place }: { readonly ids: Tensor; readonly place: number }): DecoderState;
  /** Logits of some of the ids, f32[..., size]. @param hidden f32[..., D] */
  logits(params: Params, hidden: Tensor, ids: IdRange): Tensor;
}

/**
 * The sequence is O tokens of the observations, then the tokens of the chunk; the last observation predicts the first of these.
 *
 * Layers are normalized first; positions and embeddings are learned, and the output has weights of its own, N(0, 0.02²) as in GPT-2.
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762; Radford et al. 2019 (GPT-2) for normalization, positions and start.
 *
 * @throws RangeError when the width is no multiple of the heads, or the conditioning no multiple of the observations
 */
export function causalDecoder(options: CausalDecoderOptions): CausalDecoder {
  const { condSize, obsSteps = 1, width = 256, blocks = 4, heads = headsOf(width), places, vocabulary } = options;
  assertSizes({ condSize, obsSteps, width, heads });

  const at = (params: Params, from: number, tokens: Tensor): Tensor => add(tokens, slice(params.positions, 1, from, from + (tokens.shape[1] ?? 0)));
  const prefix = (params: Params, cond: Tensor): Tensor => {
    assertShape(cond, [cond.shape[0] ?? 0, condSize], "causalDecoder: cond");
    return at(params, 0, linear(params.observations, reshape(cond, [-1, obsSteps, condSize / obsSteps])));
  };

  return {
    parameters: causalDecoderSpec({ condSize, obsSteps, width, blocks, places, vocabulary }),

    all(params, cond, ids) {
      const given = scope("stem", () => {
        const known = prefix(params, cond);
        return places === 1 ? known : concat([known, at(params, obsSteps, gather(params.tokens, slice(ids, 1, 0, places - 1)))], 1);
      });
      const mask = causalMask(obsSteps + places - 1);
      const layer = (x: Tensor, i: number): Tensor => scope(`layers.${i}`, () => encoderLayer(layerOf(params, i), x, { heads, mask }));
      const x = params.layers.reduce((h, _, i) => layer(h, i), given);
      return layerNorm(params.norm, slice(x, 1, obsSteps - 1));
    },

    begin(params, cond) {
      const mask = causalMask(obsSteps);
      const cache: KeysValues[] = [];
      let x = scope("stem", () => prefix(params, cond)); // [B, O, D]
      params.layers.forEach((_, i) => {
        scope(`layers.${i}`, () => {
          const layer = layerOf(params, i);
          const qkv = projectQkv(layer.selfAttn, layerNorm(layer.norm1, x), heads);
          cache.push(qkv);
          x = afterAttention(layer, add(x, projectAttended(layer.selfAttn, attend(qkv, mask))));
        });
      });
      return { hidden: layerNorm(params.norm, reshape(slice(x, 1, obsSteps - 1), [-1, width])), cache };
    },

    next(params, { cache }, { ids, place }) {
      const next: KeysValues[] = [];
      const position = reshape(slice(params.positions, 1, obsSteps + place, obsSteps + place + 1), [1, width]);
      let x = scope("stem", () => add(gather(params.tokens, ids), position)); // [B, D]
      params.layers.forEach((_, i) => {
        scope(`layers.${i}`, () => {
          const layer = layerOf(params, i);
          const { queries, ...added } = tokenQkv(layer, layerNorm(layer.norm1, x), heads);
          const known = appended(cache[i] as KeysValues, added);
          next.push(known);
          const attended = reshape(attend({ queries, ...known }), [-1, width]);
          x = afterAttention(layer, add(x, linear(layer.selfAttn.outProj, attended)));
        });
      });
      return { hidden: layerNorm(params.norm, x), cache: next };
    },

    logits(params, hidden, { offset, size }) {
      const { weight, bias } = params.output;
      return scope("output", () => linear({ weight: slice(weight, 0, offset, offset + size), bias: slice(bias, 0, offset, offset + size) }, hidden));
    },
  };
}

const layerOf = (params: Params, i: number): Traced<EncoderLayerSpec> => params.layers[i] as Traced<EncoderLayerSpec>;

const afterAttention = (layer: Traced<EncoderLayerSpec>, x: Tensor): Tensor => add(x, feedForward(layer, layerNorm(layer.norm2, x)));

/** As `projectQkv` for a single token f32[B, D], whose heads are told apart without moving anything. */
function tokenQkv({ selfAttn }: Traced<EncoderLayerSpec>, x: Tensor, heads: number): QueriesKeysValues {
  const width = x.shape[1] ?? 0;
  const packed = linear({ weight: selfAttn.inProjWeight, bias: selfAttn.inProjBias }, x);
  const part = (which: number): Tensor => reshape(slice(packed, 1, which * width, (which + 1) * width), [-1, heads, 1, width / heads]);
  return { queries: part(0), keys: part(1), values: part(2) };
}

function appended(before: KeysValues, { keys, values }: KeysValues): KeysValues {
  return { keys: concat([before.keys, keys], 2), values: concat([before.values, values], 2) };
}

type SpecSizes = Required<Omit<CausalDecoderOptions, "heads">>;

function causalDecoderSpec({ condSize, obsSteps, width, blocks, places, vocabulary }: SpecSizes) {
  return {
    observations: linearSpec(condSize / obsSteps, width, { role: "modulation" }),
    tokens: parameter([vocabulary, width], normal(0.02), { decay: false, role: "stem" }),
    positions: learnedPositionsSpec(obsSteps + places - 1, width, "stem"),
    layers: Array.from({ length: blocks }, () => encoderLayerSpec({ width, role: "trunk", weight: normal(0.02) })),
    norm: layerNormSpec(width, "output"),
    output: linearSpec(width, vocabulary, { role: "output", weight: normal(0.02) }),
  };
}

/** The greatest power of two that divides the width and leaves each head 32 features. */
function headsOf(width: number): number {
  let heads = 1;
  while (width % (2 * heads) === 0 && width / (2 * heads) >= 32) heads *= 2;
  return heads;
}

function assertSizes({ condSize, obsSteps, width, heads }: Record<"condSize" | "obsSteps" | "width" | "heads", number>): void {
  if (width % heads !== 0) throw new RangeError(`causalDecoder: width is ${width}, expected a multiple of its ${heads} attention heads`);
  if (condSize % obsSteps !== 0) {
    throw new RangeError(`causalDecoder: conditioning has ${condSize} features, expected a multiple of obsSteps, ${obsSteps}: a token per observation`);
  }
}
