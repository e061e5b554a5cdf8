/** @file DP-MLP denoiser: every action of the chunk by itself through an MLP that time and observation modulate. */

import { add, concat, gelu, matmul, mish, mul, reshape, scope, transpose, type Tensor } from "#engine/graph";
import { fanIn, layerNorm, layerNormSpec, linear, linearSpec, normal, parameter, type Traced } from "#engine/nn";
import type { Denoiser } from "./denoiser.ts";
import type { ChunkSpec } from "./head.ts";
import { modulationSpec, modulationVectors, overChunk } from "./modulation.ts";
import { timeFeatures, type TimeOptions } from "./time-features.ts";

export interface DpMlpOptions extends TimeOptions {
  /** C: features of the conditioning. */
  readonly condSize: number;
  /** D: width of an action's token; inside a block it is 4·D. Default 256. */
  readonly width?: number;
  /** Default 8. */
  readonly blocks?: number;
}

type DpMlpParameters = ReturnType<typeof dpMlpSpec>;

/**
 * Blocks `x ← norm(x + W₂·(γ ⊙ gelu(W₁·x) + β))` with γ, β = W·mish([time, cond]), the same for every action.
 *
 * No block mixes the actions of a chunk: each is denoised knowing its own noisy value, the time and the observation. What
 * tells one place in the chunk from another is the stem, which has weights of its own for every place.
 *
 * Sources: Zhou et al. 2025, arXiv:2511.12101; jianzhou0420/DecoupledActionExpert,
 * model/DecoupledActionHead/diffusion/MLP_FiLM.py at f998758: γ without "1 +", normalization after the sum, stem N(0, 1), all
 * else as PyTorch's Linear starts. Deviations: no dropout (there 0.1 in every block), because graphs are deterministic; and
 * under a flow head, time features for [0, 1].
 */
export function dpMlp(chunk: ChunkSpec, options: DpMlpOptions): Denoiser<DpMlpParameters> {
  const { condSize, width = 256, blocks = 8, times = 1 } = options;

  return {
    chunk,
    condSize,
    parameters: dpMlpSpec({ chunk, condSize, width, blocks, timeSize: width * times }),

    condition(params, at, cond) {
      const { diffusionStepEncoder: encoder } = params;
      const time = scope("time", () => linear(encoder[3], mish(linear(encoder[1], timeFeatures(at, width, options)))));
      const features = mish(concat([time, cond], 1));
      return scope("modulation", () => params.mlpDecoder.flatMap(({ film }) => modulationVectors(film, features, 2)));
    },

    predict(params, x, films) {
      // One row per action, f32[B·H, D]: what matrix products take as it is.
      let rows = scope("stem", () => reshape(stem(params.inputEmb, x), [-1, width]));
      params.mlpDecoder.forEach((block, i) => {
        const [scale, shift] = films.slice(2 * i, 2 * i + 2) as [Tensor, Tensor];
        rows = scope(`blocks.${i}`, () => {
          const inner = modulate(gelu(linear(block.linear1, rows)), scale, shift);
          return layerNorm(block.norm, add(rows, linear(block.linear2, inner)));
        });
      });
      return scope("output", () => reshape(linear(params.head, layerNorm(params.lnF, rows)), x.shape));
    },
  };
}

/** Every row of an element of the batch by the same vectors: f32[B·H, F] by scale and shift f32[B, F]. */
function modulate(rows: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const [batch = 0, width = 0] = scale.shape;
  if (batch === 1) return add(mul(rows, scale), shift);
  const chunks = reshape(rows, [batch, -1, width]);
  return reshape(add(mul(chunks, overChunk(scale)), overChunk(shift)), rows.shape);
}

interface Sizes {
  readonly chunk: ChunkSpec;
  readonly condSize: number;
  readonly width: number;
  readonly blocks: number;
  readonly timeSize: number;
}

function dpMlpSpec({ chunk: { horizon, actionSize }, condSize, width, blocks, timeSize }: Sizes) {
  const features = width + condSize;
  return {
    inputEmb: {
      weight: parameter([horizon, actionSize, width], normal(1), { decay: true, role: "stem" }),
      bias: parameter([horizon, width], normal(1), { decay: false, role: "stem" }),
    },
    diffusionStepEncoder: {
      1: linearSpec(timeSize, 4 * width, { role: "time" }),
      3: linearSpec(4 * width, width, { role: "time" }),
    },
    mlpDecoder: Array.from({ length: blocks }, () => ({
      linear1: linearSpec(width, 4 * width, { role: "trunk" }),
      film: modulationSpec({ features, width: 4 * width, vectors: 2 }, { weight: fanIn(features), bias: fanIn(features) }),
      linear2: linearSpec(4 * width, width, { role: "trunk" }),
      norm: layerNormSpec(width, "trunk"),
    })),
    lnF: layerNormSpec(width, "output"),
    head: linearSpec(width, actionSize, { role: "output" }),
  };
}

/** x_h·W_h + b_h for every place h of the chunk: f32[B, H, A] → f32[B, H, D]. */
function stem({ weight, bias }: Traced<DpMlpParameters>["inputEmb"], x: Tensor): Tensor {
  const places = transpose(x, [1, 0, 2]); // [H, B, A]
  const [horizon = 0, width = 0] = bias.shape;
  const tokens = add(matmul(places, weight), reshape(bias, [horizon, 1, width]));
  return transpose(tokens, [1, 0, 2]);
}
