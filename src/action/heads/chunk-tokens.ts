/** @file A chunk as tokens, one per action, on the way into a transformer and out of it. */

import { add, type Tensor } from "#engine/graph";
import { layerNorm, layerNormSpec, learnedPositionsSpec, linear, linearSpec, normal, zeros, type Traced } from "#engine/nn";
import type { ChunkSpec } from "./head.ts";

export type ChunkTokensSpec = ReturnType<typeof chunkTokensSpec>;

/**
 * Weights start from N(0, 0.02²), biases at 0.
 *
 * The learned places of the actions have a role of their own: DecoupledActionExpert, trainer.py at f998758, goes on training them where
 * the rest is frozen.
 *
 * @param outputSize numbers of a step on the way out; default A
 */
export function chunkTokensSpec({ horizon, actionSize }: ChunkSpec, width: number, outputSize: number = actionSize) {
  return {
    inputEmb: linearSpec(actionSize, width, { role: "stem", weight: normal(0.02), bias: zeros }),
    posEmb: learnedPositionsSpec(horizon, width, "position"),
    lnF: layerNormSpec(width, "output"),
    head: linearSpec(width, outputSize, { role: "output", weight: normal(0.02), bias: zeros }),
  };
}

/** f32[B, H, A] → f32[B, H, D]. */
export function tokensOf(p: Traced<ChunkTokensSpec>, x: Tensor): Tensor {
  return add(linear(p.inputEmb, x), p.posEmb);
}

/** f32[B, H, D] → f32[B, H, outputSize]. */
export function chunkOf(p: Traced<ChunkTokensSpec>, tokens: Tensor): Tensor {
  return linear(p.head, layerNorm(p.lnF, tokens));
}
