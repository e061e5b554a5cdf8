/** @file Transformer denoiser whose layers are modulated by one vector of time and observation. */

import { add, concat, mish, scope, type Tensor } from "#engine/graph";
import {
  attentionMask, attentionSpec, feedForward, feedForwardSpec, layerNormSpec, linear, linearSpec, normal, selfAttention, zeros,
  type LayerNormSpec, type Traced,
} from "#engine/nn";
import { chunkOf, chunkTokensSpec, tokensOf } from "./chunk-tokens.ts";
import type { Denoiser } from "./denoiser.ts";
import type { ChunkSpec } from "./head.ts";
import { mechanismOf, type Mechanism, type MechanismName } from "./mechanisms.ts";
import { modulationSpec, modulationVectors, overChunk } from "./modulation.ts";
import { timeFeatures } from "./time-features.ts";
import { assertHeads, type TransformerOptions } from "./transformer.ts";

export interface ModulatedTransformerOptions extends Omit<TransformerOptions, "obsSteps" | "condLayers"> {
  /** How time and observation enter a layer. */
  readonly mechanism: MechanismName;
  /** Which halves of a layer are modulated: attention and feed-forward, the default, or the feed-forward alone. */
  readonly modulates?: "both" | "feed-forward";
}

type ModulatedTransformerParameters = ReturnType<typeof modulatedTransformerSpec>;
type Layer = Traced<ModulatedTransformerParameters>["decoder"]["layers"][number];

/**
 * Layers of self-attention and feed-forward over the actions of the chunk. Time, through an MLP, and the observation are
 * one vector c; W·mish(c) modulates every layer in the way of the mechanism, the same for every action.
 *
 * Source: Zhou et al. 2026, arXiv:2511.12101 v2; jianzhou0420/DecoupledActionExpert, unified_decoder_layers.py and
 * transformer_for_diffusion_unified.py at f998758. With `"film"` of the feed-forward alone it is DP-T-FiLM of v1,
 * transformer_for_diffusion_film.py. Deviation: no dropout, because graphs are deterministic; under a flow head, time
 * features for [0, 1].
 *
 * @throws RangeError when the width is no multiple of the heads, or there is no such mechanism
 */
export function modulatedTransformer(chunk: ChunkSpec, options: ModulatedTransformerOptions): Denoiser<ModulatedTransformerParameters> {
  const { width = 256, heads = 4, causal = true, modulates = "both" } = options;
  const mechanism = mechanismOf(options.mechanism);
  const { vectors } = mechanism;
  const { horizon } = chunk;

  return {
    chunk,
    condSize: options.condSize,
    parameters: modulatedTransformerSpec(chunk, options),

    condition(params, at, cond) {
      const { diffusionStepEncoder: encoder } = params;
      const time = scope("time", () => linear(encoder[3], mish(linear(encoder[1], timeFeatures(at, width, options)))));
      const features = mish(concat([time, cond], 1));
      return scope("modulation", () =>
        params.decoder.layers.flatMap(({ modulation }) => modulation.flatMap((half) => modulationVectors(half, features, vectors).map(overChunk))),
      );
    },

    predict(params, x, condition) {
      const mask = causal ? attentionMask(horizon, horizon, (query, key) => key <= query) : undefined;
      const perLayer = vectors * (modulates === "both" ? 2 : 1);
      let tokens = scope("stem", () => tokensOf(params, x));
      params.decoder.layers.forEach((layer, i) => {
        const given = condition.slice(perLayer * i, perLayer * (i + 1));
        tokens = scope(`layers.${i}`, () => modulatedLayer(layer, tokens, mechanism, { given, heads, mask }));
      });
      return scope("output", () => chunkOf(params, tokens));
    },
  };
}

interface LayerCall {
  /** Vectors of the halves that are modulated, those of the feed-forward last. */
  readonly given: readonly Tensor[];
  readonly heads: number;
  readonly mask: Tensor | undefined;
}

function modulatedLayer(layer: Layer, x: Tensor, mechanism: Mechanism, { given, heads, mask }: LayerCall): Tensor {
  const { vectors } = mechanism;
  const [norm1, norm2] = layer.norms;
  const half = (h: Tensor, norm: Traced<LayerNormSpec> | undefined, inner: (normal: Tensor) => Tensor, own: readonly Tensor[]): Tensor => {
    const normalized = mechanism.normalize(h, norm);
    if (own.length === 0) return add(h, inner(normalized));
    return add(h, mechanism.after(inner(mechanism.before(normalized, own)), own));
  };
  const attended = half(x, norm1, (normal) => selfAttention(layer.selfAttn, normal, heads, mask), given.slice(0, -vectors));
  return half(attended, norm2, (normal) => feedForward(layer, normal), given.slice(-vectors));
}

function modulatedTransformerSpec(chunk: ChunkSpec, options: ModulatedTransformerOptions) {
  const { condSize, width = 256, blocks = 8, heads = 4, times = 1, modulates = "both" } = options;
  assertHeads(width, heads);
  const { vectors, start, hasGain } = mechanismOf(options.mechanism);
  const [role, weight] = ["trunk", normal(0.02)] as const;
  const time = { role: "time", weight, bias: zeros } as const;
  return {
    ...chunkTokensSpec(chunk, width, options.outputSize),
    diffusionStepEncoder: { 1: linearSpec(times * width, 4 * width, time), 3: linearSpec(4 * width, width, time) },
    decoder: {
      layers: Array.from({ length: blocks }, () => ({
        selfAttn: attentionSpec(width, { role, weight }),
        ...feedForwardSpec({ width, role, weight }),
        /** None where the mechanism's own scale and shift stand in their place. */
        norms: hasGain ? [layerNormSpec(width, role), layerNormSpec(width, role)] : [],
        modulation: Array.from({ length: modulates === "both" ? 2 : 1 }, () =>
          modulationSpec({ features: width + condSize, width, vectors }, { weight: start }),
        ),
      })),
    },
  };
}
