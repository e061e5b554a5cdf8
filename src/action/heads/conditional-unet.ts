/** @file Conditional 1-D U-Net over the steps of a chunk: the denoiser of Diffusion Policy's DP-C. */

import { add, concat, mish, reshape, scope, slice, type Tensor } from "#engine/graph";
import { conv1d, conv1dSpec, convTranspose1d, convTranspose1dSpec, linear, linearSpec, type Traced } from "#engine/nn";
import {
  conditionalBlock,
  conditionalBlockSpec,
  convBlock,
  convBlockSpec,
  type ConditionalBlockSpec,
  type FilmKind,
} from "./conditional-residual-block.ts";
import type { Denoiser } from "./denoiser.ts";
import type { ChunkSpec } from "./head.ts";
import { timeFeatures, type TimeOptions } from "./time-features.ts";

export interface ConditionalUnetOptions extends TimeOptions {
  /** C: features of the conditioning; 0 for a network that hears of time alone. */
  readonly condSize: number;
  /** Features that each step of the chunk has to itself: the last horizon·localSize of the conditioning. Default 0. */
  readonly localSize?: number;
  /** Channels of every level, each at half the length of the one before. Default [256, 512, 1024]. */
  readonly downDims?: readonly number[];
  /** Width of the convolutions, odd. Default 5. */
  readonly kernelSize?: number;
  /** Groups of the normalizations; divides the channels of every level. Default 8. */
  readonly groups?: number;
  /** Features of each time's embedding. Default 256. */
  readonly timeSize?: number;
  /** Whether conditioning scales and shifts features, or only shifts them. Default `"scale-and-bias"`. */
  readonly film?: FilmKind;
}

export type ConditionalUnetParameters = ReturnType<typeof unetSpec>;

/** Upstream leaves the groups of its last block at this, whatever those of the others are. */
const FINAL_GROUPS = 8;

/**
 * A chunk is halved in length from level to level and doubled again, each level joined by what it held on the way down.
 * Every block is modulated by time and observation. As upstream, what the first level holds is not joined: the way up
 * ends before it. Features of single steps go through a block of their own and are added behind the first block. Upstream
 * makes such a block for the way up as well, but never adds it; it is left out.
 *
 * Every parameter is used and their number is upstream's: 65,783,298 with the defaults, chunks of 2 numbers a step and
 * C = 40.
 *
 * @throws RangeError when the horizon cannot be halved often enough, the width of the convolutions is even, groups do
 *   not divide the channels, or the conditioning is smaller than the features of all steps
 *
 * Source: Chi et al. 2023, arXiv:2303.04137; real-stanford/diffusion_policy,
 * diffusion_policy/model/diffusion/conditional_unet1d.py at 5ba07ac. Sequences are [B, L, C] here and [B, C, L] there.
 */
export function conditionalUnet(chunk: ChunkSpec, options: ConditionalUnetOptions): Denoiser<ConditionalUnetParameters> {
  const { condSize, downDims = [256, 512, 1024], kernelSize = 5, groups = 8, timeSize = 256, film = "scale-and-bias" } = options;
  const { localSize = 0, times: timeCount = 1 } = options;
  const { horizon, actionSize } = chunk;
  const globalSize = condSize - horizon * localSize;
  assertSizes(chunk, { downDims, kernelSize, groups, globalSize });

  return {
    chunk,
    condSize,
    parameters: unetSpec({ actionSize, globalSize, localSize, downDims, kernelSize, timeSize, times: timeCount, film }),

    condition: (params, times, cond) =>
      scope("condition", () => {
        const time = linear(params.time2, mish(linear(params.time1, timeFeatures(times, timeSize, options))));
        const shared = (): Tensor => (localSize === 0 ? cond : slice(cond, 1, 0, globalSize));
        const features = mish(globalSize === 0 ? time : concat([time, shared()], 1));
        const films = blocksOf(params).map((block) => linear(block.film, features));
        if (params.local === undefined) return films;
        const [batch = 0, size = 0] = cond.shape;
        const steps = reshape(slice(cond, 1, globalSize, size), [batch, horizon, localSize]);
        return [...films, conditionalBlock(params.local, steps, linear(params.local.film, features), groups)];
      }),

    predict(params, x, films) {
      const block = (p: Traced<ConditionalBlockSpec>, h: Tensor): Tensor =>
        conditionalBlock(p, h, films[blocksOf(params).indexOf(p)] as Tensor, groups);
      let h = x;
      // None where steps have no features of their own.
      const local = films[blocksOf(params).length];
      const held = params.down.map(({ blocks: [first, second], halve }, level) =>
        scope(`down.${level}`, () => {
          const entered = block(first, h);
          const features = block(second, level === 0 && local !== undefined ? add(entered, local) : entered);
          h = halve === undefined ? features : conv1d(halve, features, { stride: 2, padding: 1 });
          return features;
        }),
      );
      h = scope("mid", () => params.mid.reduce((h, p) => block(p, h), h));
      params.up.forEach(({ blocks, double }, level) =>
        scope(`up.${level}`, () => {
          const joined = concat([h, held[held.length - 1 - level] as Tensor], 2);
          h = convTranspose1d(double, blocks.reduce((h, p) => block(p, h), joined), { stride: 2, padding: 1 });
        }),
      );
      return scope("output", () => conv1d(params.output, convBlock(params.last, h, FINAL_GROUPS)));
    },
  };
}

interface Sizes {
  readonly actionSize: number;
  readonly globalSize: number;
  readonly localSize: number;
  readonly downDims: readonly number[];
  readonly kernelSize: number;
  readonly timeSize: number;
  readonly times: number;
  readonly film: FilmKind;
}

function unetSpec({ actionSize, globalSize, localSize, downDims, kernelSize, timeSize, times, film }: Sizes) {
  const blockSize = { kernel: kernelSize, features: timeSize + globalSize, film };
  const pair = (inputs: number, outputs: number, first = false): [ConditionalBlockSpec, ConditionalBlockSpec] => {
    const size = { ...blockSize, outputs };
    return [
      conditionalBlockSpec({ ...size, inputs }, first ? "stem" : "trunk"),
      conditionalBlockSpec({ ...size, inputs: outputs }, "trunk"),
    ];
  };
  const [first = 0] = downDims;
  const deepest = downDims.at(-1) ?? 0;
  return {
    time1: linearSpec(timeSize * times, 4 * timeSize, { role: "time" }),
    time2: linearSpec(4 * timeSize, timeSize, { role: "time" }),
    ...(localSize === 0 ? {} : { local: conditionalBlockSpec({ ...blockSize, inputs: localSize, outputs: first }, "modulation") }),
    down: downDims.map((channels, level) => ({
      blocks: pair(downDims[level - 1] ?? actionSize, channels, level === 0),
      ...(level === downDims.length - 1 ? {} : { halve: conv1dSpec({ inputs: channels, outputs: channels, kernel: 3 }, "trunk") }),
    })),
    mid: pair(deepest, deepest),
    up: downDims.slice(0, -1).reverse().map((channels, level) => ({
      blocks: pair(2 * (downDims.at(-1 - level) ?? 0), channels),
      double: convTranspose1dSpec({ inputs: channels, outputs: channels, kernel: 4 }, "trunk"),
    })),
    last: convBlockSpec({ inputs: first, outputs: first, kernel: kernelSize }, "trunk"),
    output: conv1dSpec({ inputs: first, outputs: actionSize, kernel: 1 }, "output"),
  };
}

/** All modulated blocks, from the input to the output. */
function blocksOf({ down, mid, up }: Traced<ConditionalUnetParameters>): readonly Traced<ConditionalBlockSpec>[] {
  return [...down.flatMap(({ blocks }) => blocks), ...mid, ...up.flatMap(({ blocks }) => blocks)];
}

function assertSizes(
  { horizon }: ChunkSpec,
  { downDims, kernelSize, groups, globalSize }: { readonly groups: number } & Pick<Sizes, "downDims" | "kernelSize" | "globalSize">,
): void {
  const multiple = 2 ** (downDims.length - 1);
  if (downDims.length === 0 || horizon % multiple !== 0) {
    throw new RangeError(
      `conditionalUnet: the horizon is ${horizon}, expected a multiple of ${multiple}: ${downDims.length} levels halve a chunk ${downDims.length - 1} times; change the horizon, or give fewer levels`,
    );
  }
  if (globalSize < 0) {
    throw new RangeError(`conditionalUnet: condSize is ${-globalSize} less than the ${horizon} steps have to themselves, expected room for all of it`);
  }
  if (kernelSize % 2 !== 1) throw new RangeError(`conditionalUnet: kernelSize is ${kernelSize}, expected an odd number`);
  const unfit = downDims.find((channels) => channels % groups !== 0);
  if (unfit !== undefined) {
    throw new RangeError(`conditionalUnet: downDims has ${unfit} channels, expected multiples of the ${groups} groups`);
  }
  const [first = 0] = downDims;
  if (first % FINAL_GROUPS !== 0) {
    throw new RangeError(
      `conditionalUnet: downDims starts with ${first} channels, expected a multiple of the ${FINAL_GROUPS} groups of the last block`,
    );
  }
}
