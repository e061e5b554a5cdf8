/** @file One layer of a transformer, normalized before attention and feed-forward, as an encoder and as a decoder. */

import { add, gelu, type Tensor } from "#engine/graph";
import { attentionSpec, crossAttention, selfAttention, type AttentionSpec, type KeysValues } from "./attention.ts";
import { fanIn, zeros } from "./initializers.ts";
import { layerNorm, layerNormSpec, type LayerNormSpec } from "./layer-norm.ts";
import { linear, linearSpec, type LinearSpec } from "./linear.ts";
import type { Initializer, ParameterRole, Traced } from "./parameters.ts";

export interface TransformerLayerOptions {
  /** D */
  readonly width: number;
  /** Width inside the feed-forward. Default 4·D. */
  readonly hidden?: number;
  readonly role: ParameterRole;
  /** Initial weights; default uniform in ±1/√inputs. Biases start at 0. */
  readonly weight?: Initializer;
}

export type FeedForwardSpec = Readonly<Record<"linear1" | "linear2", LinearSpec>>;

/** Names follow PyTorch's `TransformerEncoderLayer`. */
export type EncoderLayerSpec = FeedForwardSpec &
  Readonly<{ selfAttn: AttentionSpec; norm1: LayerNormSpec; norm2: LayerNormSpec }>;

/** Names follow PyTorch's `TransformerDecoderLayer`: `multiheadAttn` looks at the memory. */
export type DecoderLayerSpec = EncoderLayerSpec & Readonly<{ multiheadAttn: AttentionSpec; norm3: LayerNormSpec }>;

export function feedForwardSpec({ width, hidden = 4 * width, role, weight }: TransformerLayerOptions): FeedForwardSpec {
  return {
    linear1: linearSpec(width, hidden, { role, weight: weight ?? fanIn(width), bias: zeros }),
    linear2: linearSpec(hidden, width, { role, weight: weight ?? fanIn(hidden), bias: zeros }),
  };
}

export function encoderLayerSpec(options: TransformerLayerOptions): EncoderLayerSpec {
  const { width, role } = options;
  return {
    selfAttn: attentionSpec(width, options),
    ...feedForwardSpec(options),
    norm1: layerNormSpec(width, role),
    norm2: layerNormSpec(width, role),
  };
}

export function decoderLayerSpec(options: TransformerLayerOptions): DecoderLayerSpec {
  const { selfAttn, ...rest } = encoderLayerSpec(options);
  const { width, role } = options;
  return { selfAttn, multiheadAttn: attentionSpec(width, options), ...rest, norm3: layerNormSpec(width, role) };
}

/** W₂·gelu(W₁·x). @param x f32[..., D] */
export function feedForward(p: Traced<FeedForwardSpec>, x: Tensor): Tensor {
  return linear(p.linear2, gelu(linear(p.linear1, x)));
}

/**
 * x ← x + attention(norm(x)), then x ← x + feedForward(norm(x)).
 *
 * @param x f32[B, N, D]
 * @param options `heads` divides D; `mask` is added to the scores, see `attend`
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762; normalization first as in Xiong et al. 2020, arXiv:2002.04745, and in
 * PyTorch's layer with `norm_first`. No dropout: graphs are deterministic.
 */
export function encoderLayer(
  p: Traced<EncoderLayerSpec>,
  x: Tensor,
  { heads, mask }: { readonly heads: number; readonly mask?: Tensor | undefined },
): Tensor {
  const attended = add(x, selfAttention(p.selfAttn, layerNorm(p.norm1, x), heads, mask));
  return add(attended, feedForward(p, layerNorm(p.norm2, attended)));
}

/**
 * The same with x ← x + attention over the memory between the two.
 *
 * @param x f32[B, N, D]
 * @param memory from `projectKeysValues` with the layer's `multiheadAttn`; the number of heads is theirs
 * @param masks added to the scores of self-attention f32[B, heads, N, N] and of the memory f32[B, heads, N, M]
 */
export function decoderLayer(
  p: Traced<DecoderLayerSpec>,
  x: Tensor,
  memory: KeysValues,
  masks: { readonly self?: Tensor | undefined; readonly memory?: Tensor | undefined } = {},
): Tensor {
  const heads = memory.keys.shape[1] ?? 1;
  const attended = add(x, selfAttention(p.selfAttn, layerNorm(p.norm1, x), heads, masks.self));
  const informed = add(attended, crossAttention(p.multiheadAttn, layerNorm(p.norm2, attended), memory, masks.memory));
  return add(informed, feedForward(p, layerNorm(p.norm3, informed)));
}
