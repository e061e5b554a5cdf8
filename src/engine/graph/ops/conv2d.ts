/** @file 2-D convolution of images [batch, channels, height, width]: three ops that differentiate into one another. */

import { defineOp } from "../op.ts";
import { ShapeError } from "../shape.ts";
import { formatType, type Tensor, type TensorType } from "../tensor.ts";
import { lowerConv, lowerInputs, lowerWeights, type Conv2dGeometry } from "./lower-conv2d.ts";
import { isToomCook, toomCookConv, toomCookInputs, toomCookWeights } from "./lower-toom-cook.ts";

export interface Conv2dOptions {
  /** Pixels between windows, down and across. Default 1. */
  readonly stride?: number;
  /** Rows and columns of zeros on all four sides, fewer than the window has. Default 0. */
  readonly padding?: number;
}

/**
 * Cross-correlation of every image with every window, as deep-learning libraries call convolution:
 * y[b, o, r, c] = Σ w[o, i, m, n]·x[b, i, r·stride + m - padding, c·stride + n - padding].
 *
 * @param x f32[B, C, h, w]
 * @param weight f32[O, C, K, K], as PyTorch stores it
 * @returns f32[B, O, ⌊(h + 2·padding - K)/stride⌋ + 1, ⌊(w + 2·padding - K)/stride⌋ + 1]
 * @throws ShapeError when shapes do not go together or no window fits
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  const { stride = 1, padding = 0 } = options;
  const [, , height = 0, width = 0] = x.shape;
  const [outputs = 0, channels = 0, kernel = 0] = weight.shape;
  const fits = x.shape.length === 4 && channels === x.shape[1] && x.dtype === weight.dtype;
  if (!fits || weight.shape.length !== 4 || kernel !== weight.shape[3] || outputs < 1) {
    const wanted = `expected [B, C, h, w] and [O, ${x.shape.length === 4 ? x.shape[1] : "C"}, K, K] of one dtype`;
    throw new ShapeError(`conv2d: x is ${formatType(x)}, weight ${formatType(weight)}, ${wanted}`);
  }
  const output = [height, width].map((extent) => Math.floor((extent + 2 * padding - kernel) / stride) + 1);
  if (!(output.every((count) => count >= 1) && stride >= 1 && padding >= 0 && padding < kernel)) {
    throw new ShapeError(`conv2d: ${formatType(x)} holds no window of kernel ${kernel}, stride ${stride}, padding ${padding}`);
  }
  return convOp([x, weight], { kernel, stride, padding, input: [height, width], output });
}

/** Written out, because the three name one another. */
type ConvolutionOp = (inputs: [a: Tensor, b: Tensor], geometry: Conv2dGeometry) => Tensor;

/**
 * y, dy/dx and dy/dw of Σ g·conv2d(x, w), which is linear in each of x, w and g: the derivative by any of the three is one of the
 * ops below in the other two.
 */
const convOp: ConvolutionOp = defineOp<[x: Tensor, weight: Tensor], Conv2dGeometry>({
  name: "conv2d",
  infer: ([x, weight], { output }) => imagesOf(x, weight.shape[0], output),
  vjp: (g, [x, weight], _y, geometry) => [inputsOp([g, weight], geometry), weightsOp([x, g], geometry)],
  lower: (emit, inputs, geometry, types) =>
    (isToomCook(geometry, types) ? toomCookConv : lowerConv)(emit, inputs, geometry, types),
});

/** From g, a cotangent of the result, and the weight: the cotangent of the images. */
const inputsOp: ConvolutionOp = defineOp<[g: Tensor, weight: Tensor], Conv2dGeometry>({
  name: "conv2dInputs",
  infer: ([g, weight], { input }) => imagesOf(g, weight.shape[1], input),
  vjp: (u, [g, weight], _y, geometry) => [convOp([u, weight], geometry), weightsOp([u, g], geometry)],
  lower: (emit, inputs, geometry, types) =>
    (isToomCook(geometry, types) ? toomCookInputs : lowerInputs)(emit, inputs, geometry, types),
});

/** From the images and g, a cotangent of the result: the cotangent of the weight. */
const weightsOp: ConvolutionOp = defineOp<[x: Tensor, g: Tensor], Conv2dGeometry>({
  name: "conv2dWeights",
  infer: ([x, g], { kernel }) => ({ dtype: x.dtype, shape: [g.shape[1] ?? 0, x.shape[1] ?? 0, kernel, kernel] }),
  vjp: (v, [x, g], _y, geometry) => [inputsOp([g, v], geometry), convOp([x, v], geometry)],
  lower: (emit, inputs, geometry, types) =>
    (isToomCook(geometry, types) ? toomCookWeights : lowerWeights)(emit, inputs, geometry, types),
});

function imagesOf({ dtype, shape }: Tensor, channels: number = 0, extents: readonly number[]): TensorType {
  return { dtype, shape: [shape[0] ?? 0, channels, ...extents] };
}
