/** @file 2-D convolutions of images, channels first. */

import { add, conv2d as convolve, reshape, type Conv2dOptions, type Tensor } from "#engine/graph";
import { fanIn } from "./initializers.ts";
import { parameter, type Initializer, type ParameterRole, type ParameterSpec, type Traced } from "./parameters.ts";

export type Conv2dSpec = {
  /** f32[outputs, inputs, kernel, kernel], laid out as in PyTorch. */
  readonly weight: ParameterSpec;
  /** f32[outputs]; none where a normalization follows. */
  readonly bias?: ParameterSpec;
};

export interface Conv2dSize {
  readonly inputs: number;
  readonly outputs: number;
  /** Height and width of the window, px. */
  readonly kernel: number;
}

export interface Conv2dLayerOptions {
  readonly role: ParameterRole;
  /** Default true. */
  readonly bias?: boolean;
  /** Initial weights; default uniform in ±1/√(inputs·kernel²), as those of the bias are. */
  readonly weight?: Initializer;
}

export function conv2dSpec({ inputs, outputs, kernel }: Conv2dSize, options: Conv2dLayerOptions): Conv2dSpec {
  const usual = fanIn(inputs * kernel * kernel);
  const { role, bias = true, weight = usual } = options;
  return {
    weight: parameter([outputs, inputs, kernel, kernel], weight, { decay: true, role }),
    ...(bias ? { bias: parameter([outputs], usual, { decay: false, role }) } : {}),
  };
}

/**
 * @param x f32[B, inputs, h, w]
 * @returns f32[B, outputs, ⌊(h + 2·padding - kernel)/stride⌋ + 1, ⌊(w + 2·padding - kernel)/stride⌋ + 1]
 */
export function conv2d(p: Traced<Conv2dSpec>, x: Tensor, options: Conv2dOptions = {}): Tensor {
  const y = convolve(x, p.weight, options);
  return p.bias === undefined ? y : add(y, reshape(p.bias, [-1, 1, 1]));
}
