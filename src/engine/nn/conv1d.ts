/** @file 1-D convolutions of sequences, channels last. */

import { tapConv1d, tapConvTranspose1d, type ConvolutionOptions, type Tensor } from "#engine/graph";
import { fanIn } from "./initializers.ts";
import { parameter, type Initializer, type ParameterRole, type ParameterSpec, type Traced } from "./parameters.ts";

export type Conv1dSpec = {
  /** f32[outputs, inputs] for every step of the window: apart, so that products and gradients need no copy of them. */
  readonly taps: readonly ParameterSpec[];
  /** f32[outputs] */
  readonly bias: ParameterSpec;
};

export interface Conv1dSize {
  readonly inputs: number;
  readonly outputs: number;
  /** Width of the window, in steps. */
  readonly kernel: number;
}

/** Weights and bias start uniform in ±1/√(inputs·kernel), as in PyTorch. */
export function conv1dSpec(size: Conv1dSize, role: ParameterRole): Conv1dSpec {
  return tapsSpec(size, fanIn(size.inputs * size.kernel), role);
}

/** Weights and bias start uniform in ±1/√(outputs·kernel): PyTorch counts the weight's second axis as inputs. */
export function convTranspose1dSpec(size: Conv1dSize, role: ParameterRole): Conv1dSpec {
  return tapsSpec(size, fanIn(size.outputs * size.kernel), role);
}

function tapsSpec({ inputs, outputs, kernel }: Conv1dSize, initialize: Initializer, role: ParameterRole): Conv1dSpec {
  return {
    taps: Array.from({ length: kernel }, () => parameter([outputs, inputs], initialize, { decay: true, role })),
    bias: parameter([outputs], initialize, { decay: false, role }),
  };
}

/**
 * @param x f32[B, L, inputs]
 * @returns f32[B, ⌊(L + 2·padding - kernel)/stride⌋ + 1, outputs]
 */
export function conv1d(p: Traced<Conv1dSpec>, x: Tensor, options: ConvolutionOptions = {}): Tensor {
  return tapConv1d(x, p.taps, p.bias, options);
}

/**
 * @param x f32[B, L, inputs]
 * @returns f32[B, (L - 1)·stride - 2·padding + kernel, outputs]
 */
export function convTranspose1d(p: Traced<Conv1dSpec>, x: Tensor, options: ConvolutionOptions = {}): Tensor {
  return tapConvTranspose1d(x, p.taps, p.bias, options);
}
