/** @file Transformer denoiser: actions look at earlier actions and at tokens of time and observation. */

import { scope, type Tensor } from "#engine/graph";
import { attentionMask, decoderLayer, decoderLayerSpec, normal, projectKeysValues, type KeysValues } from "#engine/nn";
import { chunkOf, chunkTokensSpec, tokensOf } from "./chunk-tokens.ts";
import { conditionTokenCount, conditionTokens, conditionTokensSpec } from "./condition-tokens.ts";
import type { Denoiser } from "./denoiser.ts";
import type { ChunkSpec } from "./head.ts";
import type { TimeOptions } from "./time-features.ts";

export interface TransformerOptions extends TimeOptions {
  /** C: features of the conditioning, O observations one after the other; 0 for a network that hears of time alone. */
  readonly condSize: number;
  /** O: a token each. Default 1. */
  readonly obsSteps?: number;
  /** D: width of a token; inside a feed-forward it is 4·D. Default 256. */
  readonly width?: number;
  /** Layers. Default 8. */
  readonly blocks?: number;
  /** Attention heads; divides D. Default 4. */
  readonly heads?: number;
  /** Whether an action sees only itself and earlier ones, and only observations up to its own tick. Default true. */
  readonly causal?: boolean;
  /** Encoder layers over the tokens of time and observation; 0, the default, for an MLP on each. */
  readonly condLayers?: number;
  /** Numbers per step of what the network says. Default A, as heads read it. */
  readonly outputSize?: number;
}

type TransformerParameters = ReturnType<typeof transformerSpec>;

/**
 * A decoder over the actions of the chunk, with cross-attention to a memory of one token per time and per observation; of
 * time alone where there is no conditioning.
 *
 * Keys and values of the memory are the same in all steps but for time, and are worked out before the first.
 *
 * Source: Chi et al. 2023, arXiv:2303.04137 (DP-T); real-stanford/diffusion_policy, model/diffusion/transformer_for_diffusion.py
 * at 5ba07ac, also where action t is kept from memory token s unless t ≥ s - 1. Deviations: no dropout, because graphs are
 * deterministic; under a flow head, time features for [0, 1]. With time among the actions it is `encoderTransformer`.
 *
 * @throws RangeError when the width is no multiple of the heads, or the conditioning no multiple of the observations
 */
export function transformer(chunk: ChunkSpec, options: TransformerOptions): Denoiser<TransformerParameters> {
  const { heads = 4, causal = true, times = 1 } = options;
  const { horizon } = chunk;

  return {
    chunk,
    condSize: options.condSize,
    parameters: transformerSpec(chunk, options),

    condition(params, at, cond) {
      const memory = scope("memory", () => conditionTokens(params, { times: at, cond, heads }, options));
      return scope("memory", () =>
        params.decoder.layers.flatMap(({ multiheadAttn }) => {
          const { keys, values } = projectKeysValues(multiheadAttn, memory, heads);
          return [keys, values];
        }),
      );
    },

    predict(params, x, memory) {
      const masks = causal
        ? {
            self: attentionMask(horizon, horizon, (query, key) => key <= query),
            // Times come first and are seen by all.
            memory: attentionMask(horizon, conditionTokenCount(options), (query, key) => query >= key - times),
          }
        : {};
      let tokens = scope("stem", () => tokensOf(params, x));
      params.decoder.layers.forEach((layer, i) => {
        const [keys, values] = memory.slice(2 * i, 2 * i + 2) as [Tensor, Tensor];
        tokens = scope(`layers.${i}`, () => decoderLayer(layer, tokens, { keys, values } satisfies KeysValues, masks));
      });
      return scope("output", () => chunkOf(params, tokens));
    },
  };
}

function transformerSpec(chunk: ChunkSpec, options: TransformerOptions) {
  const { width = 256, blocks = 8, heads = 4 } = options;
  assertHeads(width, heads);
  return {
    ...chunkTokensSpec(chunk, width, options.outputSize),
    ...conditionTokensSpec({ ...options, width }),
    decoder: {
      layers: Array.from({ length: blocks }, () => decoderLayerSpec({ width, role: "trunk", weight: normal(0.02) })),
    },
  };
}

/** @throws RangeError when the width is no multiple of the heads */
export function assertHeads(width: number, heads: number): void {
  if (width % heads !== 0) throw new RangeError(`transformer: width is ${width}, expected a multiple of its ${heads} attention heads`);
}
