/** @file 1-D convolutions of sequences, channels last. */

import { conv1d as convolve, convTranspose1d as convolveTransposed, type ConvolutionOptions, type Tensor } from "#engine/graph";
import { fanIn } from "./initializers.ts";
import { parameter, type ParameterRole, type ParameterSpec, type Traced } from "./parameters.ts";

export interface Conv1dSpec {
  readonly [name: string]: ParameterSpec;
  /** f32[outputs, kernel, inputs]; of the transposed convolution f32[inputs, kernel, outputs]. */
  readonly weight: ParameterSpec;
  /** f32[outputs] */
  readonly bias: ParameterSpec;
}

export interface Conv1dSize {
  readonly inputs: number;
  readonly outputs: number;
  /** Width of the window, in steps. */
  readonly kernel: number;
}

/** Weights and bias start uniform in ±1/√(inputs·kernel), as in PyTorch. */
export function conv1dSpec({ inputs, outputs, kernel }: Conv1dSize, role: ParameterRole): Conv1dSpec {
  const initialize = fanIn(inputs * kernel);
  return {
    weight: parameter([outputs, kernel, inputs], initialize, { decay: true, role }),
    bias: parameter([outputs], initialize, { decay: false, role }),
  };
}

/** Weights and bias start uniform in ±1/√(outputs·kernel): PyTorch counts the weight's second axis as inputs. */
export function convTranspose1dSpec({ inputs, outputs, kernel }: Conv1dSize, role: ParameterRole): Conv1dSpec {
  const initialize = fanIn(outputs * kernel);
  return {
    weight: parameter([inputs, kernel, outputs], initialize, { decay: true, role }),
    bias: parameter([outputs], initialize, { decay: false, role }),
  };
}

/**
 * @param x f32[B, L, inputs]
 * @returns f32[B, ⌊(L + 2·padding - kernel)/stride⌋ + 1, outputs]
 */
export function conv1d(p: Traced<Conv1dSpec>, x: Tensor, options: ConvolutionOptions = {}): Tensor {
  return convolve(x, p.weight, p.bias, options);
}

/**
 * @param x f32[B, L, inputs]
 * @returns f32[B, (L - 1)·stride - 2·padding + kernel, outputs]
 */
export function convTranspose1d(p: Traced<Conv1dSpec>, x: Tensor, options: ConvolutionOptions = {}): Tensor {
  return convolveTransposed(x, p.weight, p.bias, options);
}
