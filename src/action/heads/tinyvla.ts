/** @file TinyVLA's denoiser: the conditional U-Net behind a small adapter of what a language model said. */

import { concat, scope, slice, type Tensor } from "#engine/graph";
import { layerNorm, layerNormSpec, linear, linearSpec } from "#engine/nn";
import { conditionalUnet, type ConditionalUnetOptions, type ConditionalUnetParameters } from "./conditional-unet.ts";
import type { Denoiser } from "./denoiser.ts";
import type { ChunkSpec } from "./head.ts";

export interface TinyVlaOptions extends Omit<ConditionalUnetOptions, "localSize"> {
  /** How many of the last features of the conditioning are the robot's state, which is not normalized. Default 0. */
  readonly stateSize?: number;
}

type TinyVlaParameters = {
  readonly norm: ReturnType<typeof layerNormSpec>;
  readonly combine: ReturnType<typeof linearSpec>;
  readonly unet: ConditionalUnetParameters;
};

/**
 * Features of a model's last layer, averaged over its tokens, are normalized, joined with the robot's state and mixed
 * by one linear layer; the result conditions `conditionalUnet`, by default [256, 512, 1024] with windows of 5.
 *
 * `cond` is f32[B, features + stateSize]. With 2048 features, 7 of state and chunks f32[16, 10] upstream counts 98.8 M
 * parameters.
 *
 * Source: Wen et al. 2024, arXiv:2409.12514; liyaxuanliyaxuan/TinyVLA, policy_heads/models/
 * droid_unet_diffusion.py at 94f4418. Upstream works the sines of its time embedding out in bfloat16; here they are
 * float32.
 */
export function tinyVlaUnet(chunk: ChunkSpec, options: TinyVlaOptions): Denoiser<TinyVlaParameters> {
  const { condSize, stateSize = 0 } = options;
  const features = condSize - stateSize;
  if (!(features >= 1 && stateSize >= 0)) {
    throw new RangeError(`tinyVlaUnet: stateSize is ${stateSize}, expected 0 … ${condSize - 1}: condSize is ${condSize}`);
  }
  const unet = conditionalUnet(chunk, { ...options, condSize: features });

  return {
    chunk,
    condSize,
    parameters: {
      // What a language model said is an observation, and this reads it.
      norm: layerNormSpec(features, "encoder"),
      combine: linearSpec(condSize, features, { role: "encoder" }),
      unet: unet.parameters,
    },

    condition(params, times, cond) {
      const adapted = scope("adapter", () => {
        const said: Tensor = layerNorm(params.norm, slice(cond, 1, 0, features));
        const state = stateSize === 0 ? [] : [slice(cond, 1, features, condSize)];
        return linear(params.combine, concat([said, ...state], 1));
      });
      return unet.condition(params.unet, times, adapted);
    },

    predict: (params, x, films) => unet.predict(params.unet, x, films),
  };
}
