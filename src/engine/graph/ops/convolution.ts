/** @file 1-D convolution and its transpose, on [batch, length, channels]. */

import { assertShape, ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";
import { add } from "./add.ts";
import { gemm, gemmBias } from "./gemm.ts";
import { reshape } from "./reshape.ts";
import { fold, unfold } from "./unfold.ts";

export interface ConvolutionOptions {
  /** Default 1. */
  readonly stride?: number;
  /** Zeros at both ends of the (output, for the transpose) sequence. Default 0. */
  readonly padding?: number;
}

/**
 * Cross-correlation, as every deep-learning library calls convolution. Unfolding and one matrix product is faster in
 * ONNX Runtime than its convolution, and much faster backward.
 *
 * @param x f32[B, L, C]
 * @param weight f32[O, K, C]; PyTorch stores [O, C, K]
 * @param bias f32[O]
 * @returns f32[B, ⌊(L + 2·padding - K)/stride⌋ + 1, O]
 */
export function conv1d(x: Tensor, weight: Tensor, bias: Tensor, options: ConvolutionOptions = {}): Tensor {
  assertSequence(x, "conv1d");
  const [outputs = 0, kernel = 0, channels = 0] = weight.shape;
  assertShape(weight, [outputs, kernel, x.shape[2] ?? 0], "conv1d: weight");
  assertShape(bias, [outputs], "conv1d: bias");
  const windows = unfold(x, { kernel, ...options }); // [B, W, K·C]
  const [batch = 0, count = 0] = windows.shape;
  const rows = reshape(windows, [batch * count, kernel * channels]);
  const y = gemmBias(rows, reshape(weight, [outputs, kernel * channels]), bias, { transB: true });
  return reshape(y, [batch, count, outputs]);
}

/**
 * The transpose of `conv1d`: every step of `x` adds a scaled kernel to the output.
 *
 * @param x f32[B, L, C]
 * @param weight f32[C, K, O]; PyTorch stores [C, O, K]
 * @param bias f32[O]
 * @returns f32[B, (L - 1)·stride - 2·padding + K, O]
 */
export function convTranspose1d(x: Tensor, weight: Tensor, bias: Tensor, options: ConvolutionOptions = {}): Tensor {
  assertSequence(x, "convTranspose1d");
  const [channels = 0, kernel = 0, outputs = 0] = weight.shape;
  const [batch = 0, length = 0] = x.shape;
  assertShape(weight, [x.shape[2] ?? 0, kernel, outputs], "convTranspose1d: weight");
  assertShape(bias, [outputs], "convTranspose1d: bias");
  const { stride = 1, padding = 0 } = options;
  const rows = reshape(x, [batch * length, channels]);
  const windows = reshape(gemm(rows, reshape(weight, [channels, kernel * outputs])), [batch, length, kernel * outputs]);
  const extent = (length - 1) * stride - 2 * padding + kernel;
  return add(fold(windows, extent, { kernel, stride, padding }), bias);
}

function assertSequence(x: Tensor, who: string): void {
  if (x.shape.length !== 3) throw new ShapeError(`${who}: x is ${formatType(x)}, expected [B, L, C]`);
}
