/** @file The network of a head without a denoiser: from conditioning to features, once per chunk. */

import { add, gelu, scope, type Tensor } from "#engine/graph";
import { layerNorm, layerNormSpec, linear, linearSpec, type ParameterTree, type Traced } from "#engine/nn";

/** A head puts its own output layer behind it. */
export interface Trunk<P extends ParameterTree = ParameterTree> {
  readonly parameters: P;
  /** C: features of the conditioning. */
  readonly condSize: number;
  /** How many features there are. */
  readonly size: number;
  /**
   * @param cond f32[B, C]
   * @returns f32[B, size]
   */
  features(params: Traced<P>, cond: Tensor): Tensor;
}

export interface MlpTrunkOptions {
  /** C: features of the conditioning. */
  readonly condSize: number;
  /** D: width of the residual stream. Default 256. */
  readonly width?: number;
  /** Width inside a block. Default 2·D. */
  readonly hidden?: number;
  /** Default 4. */
  readonly blocks?: number;
}

/** A linear map to D features, blocks `x ← x + W₂·gelu(W₁·norm(x))`, and a norm. */
export function mlpTrunk(options: MlpTrunkOptions): Trunk<ReturnType<typeof mlpTrunkSpec>> {
  const { condSize, width = 256, hidden = 2 * width, blocks = 4 } = options;
  return {
    parameters: mlpTrunkSpec({ condSize, width, hidden, blocks }),
    condSize,
    size: width,
    features(params, cond) {
      let x = scope("stem", () => linear(params.stem, cond));
      params.blocks.forEach((block, i) => {
        const inner = (): Tensor => linear(block.linear2, gelu(linear(block.linear1, layerNorm(block.norm, x))));
        x = scope(`blocks.${i}`, () => add(x, inner()));
      });
      return scope("norm", () => layerNorm(params.norm, x));
    },
  };
}

/** No network: the features are the conditioning, so the head's output layer makes it a linear head. */
export function noTrunk(condSize: number): Trunk<Record<never, ParameterTree>> {
  return { parameters: {}, condSize, size: condSize, features: (_params, cond) => cond };
}

function mlpTrunkSpec({ condSize, width, hidden, blocks }: Required<MlpTrunkOptions>) {
  return {
    stem: linearSpec(condSize, width, { role: "modulation" }),
    blocks: Array.from({ length: blocks }, () => ({
      norm: layerNormSpec(width, "trunk"),
      linear1: linearSpec(width, hidden, { role: "trunk" }),
      linear2: linearSpec(hidden, width, { role: "trunk" }),
    })),
    norm: layerNormSpec(width, "trunk"),
  };
}
