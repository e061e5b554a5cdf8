/** @file One layer of Gemma: rotary attention over earlier tokens and its own, then a gated feed-forward. */

import { add, concat, geluTanh, mul, type Tensor } from "#engine/graph";
import { attend, mergeHeads, splitHeads, type KeysValues } from "./attention.ts";
import type { Initializer, ParameterRole, Traced } from "./parameters.ts";
import { projection, projectionSpec, type ProjectionSpec } from "./projection.ts";
import {
  adaptiveRmsNorm, adaptiveRmsNormSpec, rmsModulation, rmsNorm, rmsNormSpec, type AdaptiveRmsNormSpec, type RmsModulation, type RmsNormSpec,
} from "./rms-norm.ts";
import { rotate, type Rotation } from "./rotary.ts";

export interface GemmaLayerOptions {
  /** D */
  readonly width: number;
  /** Width inside the feed-forward. */
  readonly hidden: number;
  /** Heads of queries. */
  readonly heads: number;
  /** Heads of keys and values; divides `heads`. Default 1, as in the 2B model. */
  readonly kvHeads?: number;
  /** d: numbers of a head, even. heads·d need not be D. */
  readonly headSize: number;
  /** C, where normalization follows a condition (π0.5); left out, it has a learned gain. */
  readonly condSize?: number | undefined;
  readonly role: ParameterRole;
  /** Initial weights; default uniform in ±1/√inputs. */
  readonly weight?: Initializer;
  /** Ranks of adapters beside the weights; default none. */
  readonly ranks?: AdapterRanks | undefined;
}

/** Ranks of adapters, by the part of a layer they are in; 0 or left out for none. */
export interface AdapterRanks {
  readonly attention?: number;
  readonly feedForward?: number;
}

export type GemmaNormSpec = RmsNormSpec | AdaptiveRmsNormSpec;

/** Names follow transformers' `GemmaDecoderLayer`. */
export type GemmaLayerSpec = Readonly<{
  inputLayernorm: GemmaNormSpec;
  selfAttn: Readonly<Record<"qProj" | "kProj" | "vProj" | "oProj", ProjectionSpec>>;
  postAttentionLayernorm: GemmaNormSpec;
  mlp: Readonly<Record<"gateProj" | "upProj" | "downProj", ProjectionSpec>>;
}>;

export function gemmaNormSpec({ width, condSize, role }: Pick<GemmaLayerOptions, "width" | "condSize" | "role">): GemmaNormSpec {
  return condSize === undefined ? rmsNormSpec(width, role) : adaptiveRmsNormSpec(condSize, width, role);
}

export function gemmaLayerSpec(options: GemmaLayerOptions): GemmaLayerSpec {
  const { width, hidden, heads, kvHeads = 1, headSize, ranks = {} } = options;
  const attending = { ...options, rank: ranks.attention };
  const feeding = { ...options, rank: ranks.feedForward };
  if (heads % kvHeads !== 0) throw new RangeError(`gemmaLayer: ${heads} heads of queries cannot share ${kvHeads} of keys; expected a multiple`);
  return {
    inputLayernorm: gemmaNormSpec(options),
    selfAttn: {
      qProj: projectionSpec(width, heads * headSize, attending),
      kProj: projectionSpec(width, kvHeads * headSize, attending),
      vProj: projectionSpec(width, kvHeads * headSize, attending),
      oProj: projectionSpec(heads * headSize, width, attending),
    },
    postAttentionLayernorm: gemmaNormSpec(options),
    mlp: {
      gateProj: projectionSpec(width, hidden, feeding),
      upProj: projectionSpec(width, hidden, feeding),
      downProj: projectionSpec(hidden, width, feeding),
    },
  };
}

/** What a layer's normalizations follow: one for attention, one for the feed-forward. */
export interface GemmaModulation {
  readonly attention: RmsModulation;
  readonly feedForward: RmsModulation;
}

export interface GemmaLayerContext {
  /** Of the tokens' places. */
  readonly rotation: Rotation;
  /** Added to the scores f32[B, heads, N, M + N], which it broadcasts to: see `attend`. */
  readonly mask: Tensor;
  /** Keys, turned already, and values of M earlier tokens; default none. */
  readonly memory?: KeysValues | undefined;
  /** Where normalization follows a condition. */
  readonly modulation?: GemmaModulation | undefined;
}

export interface GemmaLayerResult {
  /** f32[B, N, D] */
  readonly x: Tensor;
  /** Of these tokens alone, f32[B, kvHeads, N, d] each, keys turned: what later tokens look at. */
  readonly own: KeysValues;
}

/**
 *     x ← x + attention(norm(x))        x ← x + W_down·(gelu(W_gate·n) ⊙ W_up·n), n = norm(x)
 *
 * where normalization follows a condition, what is added is multiplied by its gate first.
 *
 * @param x f32[B, N, D]
 *
 * Source: Gemma, arXiv:2403.08295; earlier tokens with weights of their own as in π0, arXiv:2410.24164, and openpi,
 * src/openpi/models/gemma.py at 15a9616.
 */
export function gemmaLayer(p: Traced<GemmaLayerSpec>, x: Tensor, context: GemmaLayerContext): GemmaLayerResult {
  const { modulation } = context;
  const { attended, own } = attention(p, gemmaNorm(p.inputLayernorm, x, modulation?.attention), context);
  const h = add(x, gated(projection(p.selfAttn.oProj, attended), modulation?.attention));
  const n = gemmaNorm(p.postAttentionLayernorm, h, modulation?.feedForward);
  const fed = projection(p.mlp.downProj, mul(geluTanh(projection(p.mlp.gateProj, n)), projection(p.mlp.upProj, n)));
  return { x: add(h, gated(fed, modulation?.feedForward)), own };
}

/** Keys and values of these tokens alone, without the rest of the layer: all that is needed of the last one, where only later tokens speak. */
export function gemmaKeysValues(
  p: Traced<GemmaLayerSpec>,
  x: Tensor,
  { rotation, modulation }: Pick<GemmaLayerContext, "rotation" | "modulation">,
): KeysValues {
  return keysValues(p, gemmaNorm(p.inputLayernorm, x, modulation?.attention), rotation);
}

/** @param cond f32[B, N, C]; N = 1 for all tokens alike. @throws TypeError where the layer's normalizations follow no condition */
export function gemmaModulation(p: Traced<GemmaLayerSpec>, cond: Tensor): GemmaModulation {
  return { attention: gemmaNormModulation(p.inputLayernorm, cond), feedForward: gemmaNormModulation(p.postAttentionLayernorm, cond) };
}

/** Of one normalization. @throws TypeError where it follows no condition */
export function gemmaNormModulation(p: Traced<GemmaNormSpec>, cond: Tensor): RmsModulation {
  if (!isAdaptive(p)) throw new TypeError("gemmaLayer: a normalization with a learned gain follows no condition; make the layer with condSize");
  return rmsModulation(p, cond);
}

/**
 * Either kind of normalization.
 *
 * @param x f32[B, N, D]
 * @throws TypeError where it follows a condition and none is given
 */
export function gemmaNorm(p: Traced<GemmaNormSpec>, x: Tensor, modulation?: RmsModulation): Tensor {
  if (!isAdaptive(p)) return rmsNorm(p, x);
  if (modulation === undefined) throw new TypeError("gemmaLayer: this normalization follows a condition, and none was given");
  return adaptiveRmsNorm(modulation, x);
}

function isAdaptive(p: Traced<GemmaNormSpec>): p is Traced<AdaptiveRmsNormSpec> {
  return "dense" in p;
}

function gated(x: Tensor, modulation: RmsModulation | undefined): Tensor {
  return modulation === undefined ? x : mul(x, modulation.gate);
}

interface Attended {
  /** f32[B, N, heads·d] */
  readonly attended: Tensor;
  readonly own: KeysValues;
}

function attention(p: Traced<GemmaLayerSpec>, n: Tensor, { rotation, mask, memory }: GemmaLayerContext): Attended {
  const own = keysValues(p, n, rotation);
  const all = memory === undefined ? own : { keys: concat([memory.keys, own.keys], 2), values: concat([memory.values, own.values], 2) };
  const queries = rotate(headsOf(projection(p.selfAttn.qProj, n), rotation), rotation);
  return { attended: mergeHeads(attend({ queries, ...all }, mask)), own };
}

function keysValues(p: Traced<GemmaLayerSpec>, n: Tensor, rotation: Rotation): KeysValues {
  return {
    keys: rotate(headsOf(projection(p.selfAttn.kProj, n), rotation), rotation),
    values: headsOf(projection(p.selfAttn.vProj, n), rotation),
  };
}

/** f32[B, N, heads·d] → f32[B, heads, N, d]. */
function headsOf(x: Tensor, rotation: Rotation): Tensor {
  const headSize = 2 * (rotation.cos.shape[3] ?? 0);
  return splitHeads(x, (x.shape[2] ?? 0) / headSize);
}
