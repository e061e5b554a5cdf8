/** @file Largest values of windows of images [batch, channels, height, width]. */

import { sizeOf } from "#engine/array";
import { defineOp, withShape, type Emitter } from "../op.ts";
import { ShapeError } from "../shape.ts";
import { formatType, type Tensor, type TensorType } from "../tensor.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import { scatterAdd } from "./gather.ts";
import { inferFloat } from "./operands.ts";
import { reshape } from "./reshape.ts";

export interface MaxPool2dOptions extends Conv2dOptions {
  /** Height and width of the window, px. */
  readonly kernel: number;
}

/**
 * The largest value of every window, each channel for itself. What lies outside the image counts for nothing. Of equal values the
 * first takes the gradient.
 *
 * @param x f32[B, C, h, w]
 * @param options padding is at most half the window, so that no window lies wholly outside
 * @returns f32[B, C, ⌊(h + 2·padding - kernel)/stride⌋ + 1, ⌊(w + 2·padding - kernel)/stride⌋ + 1]
 * @throws ShapeError when `x` is no batch of images or no window fits
 */
export function maxPool2d(x: Tensor, { kernel, stride = 1, padding = 0 }: MaxPool2dOptions): Tensor {
  return maxPoolOp([x], { kernel, stride, padding });
}

type Window = Required<MaxPool2dOptions>;

const maxPoolOp = defineOp<[x: Tensor], Window>({
  name: "maxPool2d",
  infer: ([x], window) => inferPool(x, window),
  vjp(g, [x], y, window) {
    const places = reshape(placesOp([x], window), [sizeOf(y.shape)]);
    return [reshape(scatterAdd(places, reshape(g, places.shape), sizeOf(x.shape)), x.shape)];
  },
  lower: (emit, [x], window) => lowerPool(emit, x, window)[0] ?? "",
});

/** Where in all of `x`, counted in its order, each largest value stands: i64 of the shape of the result. */
const placesOp = defineOp<[x: Tensor], Window>({
  name: "maxPool2dPlaces",
  infer: ([x], window) => ({ dtype: "i64", shape: inferPool(x, window).shape }),
  vjp: () => [null],
  lower: (emit, [x], window) => lowerPool(emit, x, window)[1] ?? "",
});

function inferPool(x: Tensor, { kernel, stride, padding }: Window): TensorType {
  const [batch = 0, channels = 0, ...extents] = inferFloat(x, "maxPool2d").shape;
  const counts = extents.map((extent) => Math.floor((extent + 2 * padding - kernel) / stride) + 1);
  const isWindow = kernel >= 1 && stride >= 1 && padding >= 0 && 2 * padding <= kernel;
  if (extents.length !== 2 || !isWindow || counts.some((count) => count < 1)) {
    const window = `kernel ${kernel}, stride ${stride}, padding ${padding}`;
    throw new ShapeError(`maxPool2d: ${formatType(x)} holds no window of ${window}, expected [B, C, h, w]`);
  }
  return withShape(x, [batch, channels, ...counts]);
}

/** One kernel gives values and places; asked twice, it is written once. */
function lowerPool(emit: Emitter, x: string, { kernel, stride, padding }: Window): string[] {
  const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: Array<number>(4).fill(padding) };
  return emit.nodes("MaxPool", [x], attributes, { outputs: 2 });
}
