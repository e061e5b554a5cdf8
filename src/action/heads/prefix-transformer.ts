/** @file Transformer denoiser with a prefix: time and observation are tokens before those of the actions. */

import { add, concat, scope, type Tensor } from "#engine/graph";
import {
  attend, attentionMask, encoderLayerSpec, feedForward, layerNorm, normal, projectAttended, projectQkv, type EncoderLayerSpec,
  type KeysValues, type Traced,
} from "#engine/nn";
import { chunkOf, chunkTokensSpec, tokensOf } from "./chunk-tokens.ts";
import { conditionTokenCount, conditionTokens, conditionTokensSpec } from "./condition-tokens.ts";
import type { Denoiser } from "./denoiser.ts";
import type { ChunkSpec } from "./head.ts";
import { assertHeads, type TransformerOptions } from "./transformer.ts";

type PrefixTransformerParameters = ReturnType<typeof prefixTransformerSpec>;

/**
 * One sequence, first a token per time and per observation, then one per action, through layers of self-attention.
 *
 * The prefix sees all of itself and no action. So what the actions see of it, its keys and values in every layer, does not
 * depend on them, and is worked out before the first step.
 *
 * Source: jianzhou0420/DecoupledActionExpert, transformer_for_diffusion_unified.py at f998758, `prefix`; conditioning
 * in context as in Peebles and Xie 2022, arXiv:2212.09748. Deviations: no dropout, because graphs are deterministic; there
 * the prefix sees the actions when the actions are not causal.
 *
 * @throws RangeError when the width is no multiple of the heads, or the conditioning no multiple of the observations
 */
export function prefixTransformer(chunk: ChunkSpec, options: TransformerOptions): Denoiser<PrefixTransformerParameters> {
  const { heads = 4, causal = true } = options;
  const { horizon } = chunk;
  const prefixTokens = conditionTokenCount(options);

  return {
    chunk,
    condSize: options.condSize,
    parameters: prefixTransformerSpec(chunk, options),

    condition(params, at, cond) {
      let prefix = scope("prefix", () => conditionTokens(params, { times: at, cond, heads }, options));
      const { layers } = params.decoder;
      return layers.flatMap((layer, i) =>
        scope(`prefix.layers.${i}`, () => {
          const qkv = projectQkv(layer.selfAttn, layerNorm(layer.norm1, prefix), heads);
          if (i < layers.length - 1) prefix = finishLayer(layer, prefix, attend(qkv));
          return [qkv.keys, qkv.values];
        }),
      );
    },

    predict(params, x, prefix) {
      const sees = (query: number, key: number): boolean => key <= prefixTokens + query;
      const mask = causal ? attentionMask(horizon, prefixTokens + horizon, sees) : undefined;
      let tokens = scope("stem", () => tokensOf(params, x));
      params.decoder.layers.forEach((layer, i) => {
        const [keys, values] = prefix.slice(2 * i, 2 * i + 2) as [Tensor, Tensor];
        tokens = scope(`layers.${i}`, () => {
          const qkv = projectQkv(layer.selfAttn, layerNorm(layer.norm1, tokens), heads);
          return finishLayer(layer, tokens, attend({ ...qkv, ...after({ keys, values }, qkv) }, mask));
        });
      });
      return scope("output", () => chunkOf(params, tokens));
    },
  };
}

function prefixTransformerSpec(chunk: ChunkSpec, options: TransformerOptions) {
  const { width = 256, blocks = 8, heads = 4 } = options;
  assertHeads(width, heads);
  return {
    ...chunkTokensSpec(chunk, width, options.outputSize),
    ...conditionTokensSpec({ ...options, width }),
    decoder: {
      layers: Array.from({ length: blocks }, () => encoderLayerSpec({ width, role: "trunk", weight: normal(0.02) })),
    },
  };
}

/** Keys and values of earlier tokens with those of the tokens that follow them. */
function after(earlier: KeysValues, { keys, values }: KeysValues): KeysValues {
  return { keys: concat([earlier.keys, keys], 2), values: concat([earlier.values, values], 2) };
}

/** What follows attention in a layer. */
function finishLayer(layer: Traced<EncoderLayerSpec>, x: Tensor, attended: Tensor): Tensor {
  const h = add(x, projectAttended(layer.selfAttn, attended));
  return add(h, feedForward(layer, layerNorm(layer.norm2, h)));
}
