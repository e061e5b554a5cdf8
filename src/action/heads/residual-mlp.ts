/** @file Residual MLP denoiser: the whole chunk as one vector, modulated by time and observation. */

import { add, assertShape, gelu, mul, reshape, scope, silu, standardize, type Tensor } from "#engine/graph";
import { linear, linearSpec, zeroLinearSpec, type Traced } from "#engine/nn";
import type { Denoiser } from "./denoiser.ts";
import type { ChunkSpec } from "./head.ts";
import { timeFeatures, type TimeOptions } from "./time-features.ts";

export interface ResidualMlpOptions extends TimeOptions {
  /** C: features of the conditioning. */
  readonly condSize: number;
  /** D: width of the residual stream. Default 256. */
  readonly width?: number;
  /** Width inside a block. Default 2·D. */
  readonly hidden?: number;
  /** Default 4. */
  readonly blocks?: number;
  /** Features of each time's embedding. Default 128. */
  readonly timeSize?: number;
}

type ResidualMlpParameters = ReturnType<typeof residualMlpSpec>;

/**
 * Blocks `x ← x + gate ⊙ W₂·gelu(W₁·film(norm(x)))`, where scale, shift and gate come from time and observation.
 * Every action of the chunk sees every other one.
 *
 * The modulation starts at zero, so that every block starts as the identity (AdaLN-Zero, Peebles and Xie 2022,
 * arXiv:2212.09748; FiLM, Perez et al. 2017, arXiv:1709.07871).
 */
export function residualMlp(chunk: ChunkSpec, options: ResidualMlpOptions): Denoiser<ResidualMlpParameters> {
  const { condSize, width = 256, hidden = 2 * width, blocks = 4, timeSize = 128 } = options;
  const { horizon, actionSize } = chunk;
  const size = horizon * actionSize;

  return {
    chunk,
    condSize,
    parameters: residualMlpSpec({ size, condSize, width, hidden, blocks, timeSize: timeSize * (options.times ?? 1) }),

    condition: (params, times, cond) =>
      scope("condition", () => modulation(params, timeFeatures(times, timeSize, options), cond)),

    predict(params, x, films) {
      // Else the rows of another horizon would be taken for more chunks.
      assertShape(x, [x.shape[0] ?? 0, horizon, actionSize], "residualMlp: x");
      let h = scope("stem", () => linear(params.stem, reshape(x, [-1, size])));
      params.blocks.forEach((block, i) => {
        const [scale, shift, gate] = films.slice(3 * i, 3 * i + 3) as [Tensor, Tensor, Tensor];
        h = scope(`blocks.${i}`, () => add(h, mul(inner(block, modulate(h, scale, shift)), gate)));
      });
      const [scale, shift] = films.slice(3 * blocks) as [Tensor, Tensor];
      const y = scope("output", () => linear(params.output, modulate(h, scale, shift)));
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
    cond2: linearSpec(width, width, { role: "condition" }),
    /** Scale, shift and gate of every block, then scale and shift before the output. A layer each: no slices to undo. */
    films: Array.from({ length: 3 * blocks + 2 }, () => zeroLinearSpec(width, width, "condition")),
    blocks: Array.from({ length: blocks }, () => ({
      linear1: linearSpec(width, hidden, { role: "trunk" }),
      linear2: linearSpec(hidden, width, { role: "trunk" }),
    })),
    output: zeroLinearSpec(width, size, "output"),
  };
}

/** f32[B, D] for every layer of `films`. */
function modulation(params: Traced<ResidualMlpParameters>, time: Tensor, cond: Tensor): Tensor[] {
  const t = linear(params.time2, silu(linear(params.time1, time)));
  const o = linear(params.cond2, silu(linear(params.cond1, cond)));
  const features = silu(add(t, o));
  return params.films.map((film) => linear(film, features));
}

function inner(block: Traced<ResidualMlpParameters>["blocks"][number], x: Tensor): Tensor {
  return linear(block.linear2, gelu(linear(block.linear1, x)));
}

/** norm(h)·(1 + scale) + shift, each f32[B, D]. */
function modulate(h: Tensor, scale: Tensor, shift: Tensor): Tensor {
  return add(mul(standardize(h), add(scale, 1)), shift);
}
