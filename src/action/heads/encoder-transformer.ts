/** @file Transformer denoiser without observations: time is a token among those of the actions. */

import { add, concat, reshape, scope, slice, type Tensor } from "#engine/graph";
import { attentionMask, encoderLayer, encoderLayerSpec, linear, normal } from "#engine/nn";
import { chunkOf, chunkTokensSpec } from "./chunk-tokens.ts";
import type { Denoiser } from "./denoiser.ts";
import type { ChunkSpec } from "./head.ts";
import { timeFeatures } from "./time-features.ts";
import { assertHeads, type TransformerOptions } from "./transformer.ts";

export type EncoderTransformerOptions = Omit<TransformerOptions, "condSize" | "obsSteps" | "condLayers">;

type EncoderTransformerParameters = ReturnType<typeof encoderTransformerSpec>;

/**
 * One sequence, a token per time and then one per action, through layers of self-attention in which all see all, or, where
 * it is causal, each what stands before it.
 *
 * It takes no observation, so the conditioning is not read: the network learns how chunks are made, whatever is seen.
 *
 * Source: Chi et al. 2023, arXiv:2303.04137; real-stanford/diffusion_policy, model/diffusion/transformer_for_diffusion.py at
 * 5ba07ac, without `time_as_cond`. Deviations: no dropout, because graphs are deterministic; under a flow head, time features
 * for [0, 1].
 *
 * @throws RangeError when the width is no multiple of the heads
 */
export function encoderTransformer(chunk: ChunkSpec, options: EncoderTransformerOptions = {}): Denoiser<EncoderTransformerParameters> {
  const { width = 256, heads = 4, causal = true, times = 1 } = options;
  const tokens = times + chunk.horizon;
  return {
    chunk,
    condSize: null,
    parameters: encoderTransformerSpec(chunk, options),

    condition: (_params, at) => [reshape(timeFeatures(at, width, options), [-1, times, width])],

    predict(params, x, [time]) {
      const mask = causal ? attentionMask(tokens, tokens, (query, key) => key <= query) : undefined;
      let h = scope("stem", () => add(concat([time as Tensor, linear(params.inputEmb, x)], 1), params.posEmb));
      params.encoder.layers.forEach((layer, i) => (h = scope(`layers.${i}`, () => encoderLayer(layer, h, { heads, mask }))));
      return scope("output", () => chunkOf(params, slice(h, 1, times, tokens)));
    },
  };
}

function encoderTransformerSpec({ horizon, actionSize }: ChunkSpec, options: EncoderTransformerOptions) {
  const { width = 256, blocks = 8, heads = 4, times = 1, outputSize } = options;
  assertHeads(width, heads);
  return {
    // Times have learned places too.
    ...chunkTokensSpec({ horizon: times + horizon, actionSize }, width, outputSize),
    encoder: {
      layers: Array.from({ length: blocks }, () => encoderLayerSpec({ width, role: "trunk", weight: normal(0.02) })),
    },
  };
}
