/** @file Residual MLP denoiser: the whole chunk as one vector, modulated by time and observation. */

import { add, gelu, mul, reshape, scope, silu, slice, standardize, type Tensor } from "#engine/graph";
import { linear, linearSpec, timeEmbedding, zeroLinearSpec, type Traced } from "#engine/nn";
import type { ChunkSpec, Denoiser } from "./head.ts";

export interface ResidualMlpOptions {
  /** C: features of the conditioning. */
  readonly condSize: number;
  /** D: width of the residual stream. Default 256. */
  readonly width?: number;
  /** Width inside a block. Default 2·D. */
  readonly hidden?: number;
  /** Default 4. */
  readonly blocks?: number;
  /** Features of the time embedding. Default 128. */
  readonly timeSize?: number;
}

type ResidualMlpParameters = ReturnType<typeof residualMlpSpec>;

/**
 * Blocks `x ← x + gate ⊙ W₂·gelu(W₁·film(norm(x)))`, where scale, shift and gate come from time and observation.
 * Every action of the chunk sees every other one.
 *
 * The modulation starts at zero, so that every block starts as the identity (AdaLN-Zero, Peebles and Xie 2022,
 * arXiv:2212.09748; FiLM, Perez et al. 2017, arXiv:1709.07871). One layer makes the modulation of all blocks.
 */
export function residualMlp(chunk: ChunkSpec, options: ResidualMlpOptions): Denoiser<ResidualMlpParameters> {
  const { condSize, width = 256, hidden = 2 * width, blocks = 4, timeSize = 128 } = options;
  const size = chunk.horizon * chunk.actionSize;
  const parameters = residualMlpSpec({ size, condSize, width, hidden, blocks, timeSize });

  return {
    parameters,
    condition: (params, time, cond) => scope("condition", () => modulation(params, time, cond, timeSize)),
    predict(params, x, films) {
      const part = (from: number, to: number): Tensor => slice(films, 1, from * width, to * width);
      let h = scope("stem", () => linear(params.stem, reshape(x, [-1, size])));
      params.blocks.forEach((block, i) => {
        const film = { scale: part(3 * i, 3 * i + 1), shift: part(3 * i + 1, 3 * i + 2) };
        h = scope(`blocks.${i}`, () => add(h, mul(inner(block, modulate(h, film)), part(3 * i + 2, 3 * i + 3))));
      });
      const last = { scale: part(3 * blocks, 3 * blocks + 1), shift: part(3 * blocks + 1, 3 * blocks + 2) };
      const y = scope("output", () => linear(params.output, modulate(h, last)));
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
    film: zeroLinearSpec(width, (3 * blocks + 2) * width, "modulation"),
    blocks: Array.from({ length: blocks }, () => ({
      linear1: linearSpec(width, hidden, { role: "trunk" }),
      linear2: linearSpec(hidden, width, { role: "trunk" }),
    })),
    output: zeroLinearSpec(width, size, "output"),
  };
}

/** f32[B, (3·blocks + 2)·D]: scale, shift and gate of every block, then scale and shift before the output. */
function modulation(params: Traced<ResidualMlpParameters>, time: Tensor, cond: Tensor, timeSize: number): Tensor {
  const t = linear(params.time2, silu(linear(params.time1, timeEmbedding(time, { width: timeSize }))));
  const o = linear(params.cond2, silu(linear(params.cond1, cond)));
  return linear(params.film, silu(add(t, o)));
}

function inner(block: Traced<ResidualMlpParameters>["blocks"][number], x: Tensor): Tensor {
  return linear(block.linear2, gelu(linear(block.linear1, x)));
}

/** norm(h)·(1 + scale) + shift, each f32[B, D]. */
function modulate(h: Tensor, film: { readonly scale: Tensor; readonly shift: Tensor }): Tensor {
  return add(mul(standardize(h), add(film.scale, 1)), film.shift);
}
