/** @file OpenVLA-OFT's action head: an MLP-ResNet over one token per step, regressed under L1. */

import { l1Loss } from "#action/losses";
import { add, relu, reshape, scope, type Tensor } from "#engine/graph";
import { layerNorm, layerNormSpec, linear, linearSpec, type Traced } from "#engine/nn";
import type { ActionHead, ChunkSpec } from "./head.ts";
import { assertHeadInputs } from "./head-inputs.ts";

export interface OftOptions {
  /** C: features of the conditioning. */
  readonly condSize: number;
  /** D: width of the tokens and of the network. Default 256; 4096 there. */
  readonly width?: number;
  /** Default 2. */
  readonly blocks?: number;
}

type OftParameters = ReturnType<typeof oftSpec>;

/**
 * For every step of the chunk by itself, from its token z f32[D] with the same weights:
 *
 *     x = relu(W₁·norm(z) + b₁)      x ← x + relu(W·norm(x) + b) per block      action = W₂·norm(x) + b₂
 *
 * Steps know of each other through their tokens alone.
 *
 * Source: Kim et al. 2025, arXiv:2502.19645; moojink/openvla-oft at 213c5ff, prismatic/models/action_heads.py, L38-140. Deviations:
 * there the tokens are hidden states of a language model, of A placeholders per step side by side, A·4096 numbers; here a linear map of
 * the conditioning makes a token of D numbers per step. And padded steps do not count in the loss, which there they do.
 */
export function oftHead(chunk: ChunkSpec, options: OftOptions): ActionHead<OftParameters, never> {
  const { condSize, width = 256, blocks = 2 } = options;

  const predict = (params: Traced<OftParameters>, cond: Tensor): Tensor => {
    const tokens = scope("tokens", () => reshape(linear(params.tokens, cond), [-1, chunk.horizon, width]));
    let x = scope("stem", () => relu(linear(params.linear1, layerNorm(params.norm1, tokens))));
    params.blocks.forEach((block, i) => {
      x = scope(`blocks.${i}`, () => add(x, relu(linear(block.linear, layerNorm(block.norm, x)))));
    });
    return scope("output", () => linear(params.linear2, layerNorm(params.norm2, x)));
  };

  return {
    chunk,
    parameters: oftSpec({ chunk, condSize, width, blocks }),
    hostInputs: {},
    noiseShape: [0],

    loss(params, cond, targets) {
      assertHeadInputs("oftHead", { chunk, condSize }, { cond, targets });
      return { loss: l1Loss(predict(params, cond), targets.actions, { isPad: targets.isPad }), metrics: {} };
    },

    sample(params, cond) {
      assertHeadInputs("oftHead", { chunk, condSize }, { cond });
      return predict(params, cond);
    },
  };
}

function oftSpec({ chunk, condSize, width, blocks }: Required<OftOptions> & { readonly chunk: ChunkSpec }) {
  return {
    tokens: linearSpec(condSize, chunk.horizon * width, { role: "modulation" }),
    norm1: layerNormSpec(width, "stem"),
    linear1: linearSpec(width, width, { role: "stem" }),
    blocks: Array.from({ length: blocks }, () => ({ norm: layerNormSpec(width, "trunk"), linear: linearSpec(width, width, { role: "trunk" }) })),
    norm2: layerNormSpec(width, "output"),
    linear2: linearSpec(width, chunk.actionSize, { role: "output" }),
  };
}
