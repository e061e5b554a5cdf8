/** @file Residual MLP denoiser: the whole chunk as one vector, modulated by time and observation. */

import { add, concat, gelu, mul, reshape, scope, silu, slice, standardize, type Tensor } from "#engine/graph";
import { linear, linearSpec, parameter, timeEmbedding, zeroLinearSpec, type Traced } from "#engine/nn";
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
 * One layer makes the modulation of all blocks, and each block adds its own learned offset (adaLN-single, Chen et al.
 * 2023, arXiv:2310.00426, section 2.3); FiLM: Perez et al. 2017, arXiv:1709.07871. Gates start at one, scales and
 * shifts at zero. Time and observation also enter the residual stream itself.
 */
export function residualMlp(chunk: ChunkSpec, options: ResidualMlpOptions): Denoiser<ResidualMlpParameters> {
  const { condSize, width = 256, hidden = 2 * width, blocks = 4, timeSize = 128 } = options;
  const size = chunk.horizon * chunk.actionSize;
  const parameters = residualMlpSpec({ size, condSize, width, hidden, blocks, timeSize });

  return {
    parameters,
    condition: (params, time, cond) => scope("condition", () => condition(params, time, cond, timeSize)),
    predict(params, x, modulation) {
      const part = (from: number, to: number): Tensor => slice(modulation, 1, from * width, to * width);
      let h = scope("stem", () => add(linear(params.stem, reshape(x, [-1, size])), part(0, 1)));
      params.blocks.forEach((block, i) => {
        h = scope(`blocks.${i}`, () => residualBlock(block, h, part(1, 4)));
      });
      const y = scope("output", () => linear(params.output, modulate(h, part(4, 6))));
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
  const openGate = (out: Float32Array): void => void out.fill(1, 2 * width);
  return {
    stem: linearSpec(size, width, { role: "stem" }),
    time1: linearSpec(timeSize, width, { role: "time" }),
    time2: linearSpec(width, width, { role: "time" }),
    cond1: linearSpec(condSize, width, { role: "modulation" }),
    cond2: linearSpec(width, width, { role: "modulation" }),
    film: zeroLinearSpec(width, 5 * width, "modulation"),
    blocks: Array.from({ length: blocks }, () => ({
      film: parameter([3 * width], openGate, { decay: false, role: "modulation" }),
      linear1: linearSpec(width, hidden, { role: "trunk" }),
      linear2: linearSpec(hidden, width, { role: "trunk" }),
    })),
    output: zeroLinearSpec(width, size, "output"),
  };
}

/** f32[B, 6·D]: features c of time and observation, then the blocks' scale, shift and gate, the output's scale and shift. */
function condition(params: Traced<ResidualMlpParameters>, time: Tensor, cond: Tensor, timeSize: number): Tensor {
  const t = linear(params.time2, silu(linear(params.time1, timeEmbedding(time, { width: timeSize }))));
  const o = linear(params.cond2, silu(linear(params.cond1, cond)));
  const c = silu(add(t, o));
  return concat([c, linear(params.film, c)], 1);
}

function residualBlock(block: Traced<ResidualMlpParameters>["blocks"][number], h: Tensor, shared: Tensor): Tensor {
  const width = h.shape[1] ?? 0;
  const film = add(shared, block.film);
  const inner = linear(block.linear2, gelu(linear(block.linear1, modulate(h, slice(film, 1, 0, 2 * width)))));
  return add(h, mul(inner, slice(film, 1, 2 * width)));
}

/** norm(h)·(1 + scale) + shift, scale and shift side by side in `film` f32[B, 2·D]. */
function modulate(h: Tensor, film: Tensor): Tensor {
  const width = h.shape[1] ?? 0;
  const scale = add(slice(film, 1, 0, width), 1);
  return add(mul(standardize(h), scale), slice(film, 1, width));
}
