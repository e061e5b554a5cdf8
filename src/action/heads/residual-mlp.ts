/** @file Residual MLP denoiser: the whole chunk as one vector, modulated by time and observation. */

import { add, gelu, mul, reshape, scope, silu, slice, standardize, type Tensor } from "#engine/graph";
import { linear, linearSpec, timeEmbedding, zeroLinearSpec, type Traced } from "#engine/nn";
import type { ChunkSpec, Denoiser } from "./head.ts";

export interface ResidualMlpOptions {
  /** C: features of the conditioning. */
  readonly condSize: number;
  /** D: width of the residual stream. Default 512. */
  readonly width?: number;
  /** Width inside a block. Default 2·D. */
  readonly hidden?: number;
  /** Default 6. */
  readonly blocks?: number;
  /** Features of the time embedding. Default 128. */
  readonly timeSize?: number;
}

type ResidualMlpParameters = ReturnType<typeof residualMlpSpec>;

/**
 * Blocks `x ← x + gate ⊙ W₂·gelu(W₁·film(norm(x)))`, where scale, shift and gate come from time and observation.
 *
 * The modulation starts at zero, so that every block starts as the identity (AdaLN-Zero, Peebles and Xie 2022,
 * arXiv:2212.09748; FiLM, Perez et al. 2017, arXiv:1709.07871). Every action of the chunk sees every other one.
 */
export function residualMlp(chunk: ChunkSpec, options: ResidualMlpOptions): Denoiser<ResidualMlpParameters> {
  const { condSize, width = 512, hidden = 2 * width, blocks = 6, timeSize = 128 } = options;
  const size = chunk.horizon * chunk.actionSize;
  const parameters = residualMlpSpec({ size, condSize, width, hidden, blocks, timeSize });

  return {
    parameters,
    predict(params, x, time, cond) {
      const [batch = 0] = x.shape;
      const c = scope("condition", () => conditioning(params, time, cond, timeSize));
      let h = scope("stem", () => linear(params.stem, reshape(x, [batch, size])));
      params.blocks.forEach((block, i) => {
        h = scope(`blocks.${i}`, () => residualBlock(block, h, c));
      });
      const y = scope("output", () => linear(params.output, modulate(h, linear(params.outputFilm, c))));
      return reshape(y, x.shape);
    },
  };
}

interface Sizes {
  readonly size: number;
  readonly condSize: number;
  readonly width: number;
  readonly hidden: number;
  readonly blocks: number;
  readonly timeSize: number;
}

function residualMlpSpec({ size, condSize, width, hidden, blocks, timeSize }: Sizes) {
  return {
    stem: linearSpec(size, width, { role: "stem" }),
    time1: linearSpec(timeSize, width, { role: "time" }),
    time2: linearSpec(width, width, { role: "time" }),
    cond1: linearSpec(condSize, width, { role: "modulation" }),
    cond2: linearSpec(width, width, { role: "modulation" }),
    blocks: Array.from({ length: blocks }, () => ({
      film: zeroLinearSpec(width, 3 * width, "modulation"),
      linear1: linearSpec(width, hidden, { role: "trunk" }),
      linear2: linearSpec(hidden, width, { role: "trunk" }),
    })),
    outputFilm: zeroLinearSpec(width, 2 * width, "modulation"),
    output: zeroLinearSpec(width, size, "output"),
  };
}

/** f32[B, D]: one vector for time and observation together. */
function conditioning(params: Traced<ResidualMlpParameters>, time: Tensor, cond: Tensor, timeSize: number): Tensor {
  const t = linear(params.time2, silu(linear(params.time1, timeEmbedding(time, { width: timeSize }))));
  const o = linear(params.cond2, silu(linear(params.cond1, cond)));
  return silu(add(t, o));
}

function residualBlock(block: Traced<ResidualMlpParameters>["blocks"][number], h: Tensor, c: Tensor): Tensor {
  const width = h.shape[1] ?? 0;
  const film = linear(block.film, c);
  const inner = linear(block.linear2, gelu(linear(block.linear1, modulate(h, slice(film, 1, 0, 2 * width)))));
  return add(h, mul(inner, slice(film, 1, 2 * width)));
}

/** norm(h)·(1 + scale) + shift, scale and shift side by side in `film` f32[B, 2·D]. */
function modulate(h: Tensor, film: Tensor): Tensor {
  const width = h.shape[1] ?? 0;
  const scale = add(slice(film, 1, 0, width), 1);
  return add(mul(standardize(h), scale), slice(film, 1, width));
}
