/** @file 1-D convolution as one matrix product per step of its window, on [batch, length, channels]. */

import { assertShape, ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";
import { add } from "./add.ts";
import { broadcastTo } from "./broadcast-to.ts";
import { concat } from "./concat.ts";
import type { ConvolutionOptions } from "./convolution.ts";
import { gemm, gemmBias } from "./gemm.ts";
import { pad } from "./pad.ts";
import { reshape } from "./reshape.ts";
import { sliceEvery } from "./slice.ts";

/**
 * Cross-correlation, with a matrix of weights for every step of the window: y_l = Σ_k W_k·x_{l·stride + k - padding} + b.
 *
 * Padding is left out instead of multiplied: with a window of 5 on 4 steps that is 3 of 10 products, with 16 steps 1 of 13. The matrices
 * and their gradients go to the kernel as they lie. `conv1d` makes one product of all, for weights that lie side by side.
 *
 * @param x f32[B, L, C]
 * @param taps K times f32[O, C]
 * @param bias f32[O]
 * @returns f32[B, ⌊(L + 2·padding - K)/stride⌋ + 1, O]
 * @throws ShapeError when shapes do not go together or no window fits
 */
export function tapConv1d(x: Tensor, taps: readonly Tensor[], bias: Tensor, options: ConvolutionOptions = {}): Tensor {
  const { stride = 1, padding = 0 } = options;
  assertOperands(x, taps, bias, "tapConv1d");
  const count = Math.floor(((x.shape[1] ?? 0) + 2 * padding - taps.length) / stride) + 1;
  if (!(count >= 1 && taps.length >= 1)) {
    throw new ShapeError(`tapConv1d: ${formatType(x)} holds no window of kernel ${taps.length}, stride ${stride}, padding ${padding}`);
  }
  return sumOfTaps(x, taps.map((weight, k) => ({ weight, offset: k - padding })), { bias, count, stride });
}

/**
 * The transpose of `tapConv1d`: every step of `x` adds W_k·x_l to step l·stride + k - padding.
 *
 * The outputs of each phase, those a whole number of strides apart, are a convolution of `x` with every stride-th tap.
 *
 * @param x f32[B, L, C]
 * @param taps K times f32[O, C]
 * @param bias f32[O]
 * @returns f32[B, (L - 1)·stride - 2·padding + K, O]
 * @throws ShapeError when shapes do not go together
 */
export function tapConvTranspose1d(x: Tensor, taps: readonly Tensor[], bias: Tensor, options: ConvolutionOptions = {}): Tensor {
  const { stride = 1, padding = 0 } = options;
  assertOperands(x, taps, bias, "tapConvTranspose1d");
  const [batch = 0, length = 0] = x.shape;
  const extent = (length - 1) * stride - 2 * padding + taps.length;
  const count = Math.ceil(extent / stride);
  const phases = Array.from({ length: stride }, (_, phase) => {
    // Output m·stride + phase takes tap k from input l = m - (k - padding - phase) / stride.
    const placed = taps.map((weight, k) => ({ weight, offset: (phase + padding - k) / stride }));
    return sumOfTaps(x, placed.filter(({ offset }) => Number.isInteger(offset)), { bias, count, stride: 1 });
  });
  const outputs = bias.shape[0] ?? 0;
  const woven = concat(phases.map((phase) => reshape(phase, [batch, count, 1, outputs])), 2);
  return sliceEvery(reshape(woven, [batch, count * stride, outputs]), 1, { end: extent, step: 1 });
}

/** A matrix f32[O, C], and the input step it reads for output step 0. */
interface Tap {
  readonly weight: Tensor;
  readonly offset: number;
}

interface Sum {
  readonly bias: Tensor;
  /** Output steps. */
  readonly count: number;
  /** Input steps between output steps. */
  readonly stride: number;
}

/** y_m = b + Σ W·x_{m·stride + offset} over the taps whose input step exists: f32[B, count, O]. */
function sumOfTaps(x: Tensor, taps: readonly Tap[], { bias, count, stride }: Sum): Tensor {
  const [batch = 0, length = 0, channels = 0] = x.shape;
  const outputs = bias.shape[0] ?? 0;
  let isBiased = false;
  const terms = taps.flatMap(({ weight, offset }) => {
    const first = Math.max(0, Math.ceil(-offset / stride));
    const steps = Math.min(count, Math.floor((length - 1 - offset) / stride) + 1) - first;
    if (steps <= 0) return [];
    const start = first * stride + offset;
    const read = sliceEvery(x, 1, { start, end: start + (steps - 1) * stride + 1, step: stride });
    const rows = reshape(read, [batch * steps, channels]);
    // The bias belongs to every output step, so a product over all of them can bring it in for nothing.
    const bringsBias = !isBiased && steps === count;
    isBiased ||= bringsBias;
    const y = bringsBias ? gemmBias(rows, weight, bias, { transB: true }) : gemm(rows, weight, { transB: true });
    return [pad(reshape(y, [batch, steps, outputs]), 1, first, count - first - steps)];
  });
  const whole = isBiased ? terms : [...terms, broadcastTo(bias, [batch, count, outputs])];
  return whole.reduce((sum, term) => add(sum, term));
}

function assertOperands(x: Tensor, taps: readonly Tensor[], bias: Tensor, who: string): void {
  if (x.shape.length !== 3) throw new ShapeError(`${who}: x is ${formatType(x)}, expected [B, L, C]`);
  if (bias.shape.length !== 1) throw new ShapeError(`${who}: bias is ${formatType(bias)}, expected [O]`);
  taps.forEach((tap, k) => assertShape(tap, [bias.shape[0] ?? 0, x.shape[2] ?? 0], `${who}: tap ${k}`));
}
