/** @file 2-D convolution and its two derivatives as ONNX nodes: as `Conv` where images are large, as one matrix product where not. */

import type { Emitter, LowerTypes } from "../op.ts";
import type { TensorType } from "../tensor.ts";

export interface Conv2dGeometry {
  /** Height and width of the window, px. */
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  /** Height and width of the images, and of the result, px. */
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/**
 * Results of fewer pixels go through one product over all images. The kernel of `Conv` makes one product for each image, as wide as the
 * result has pixels, and the weight is packed for every one of them anew.
 */
const DIRECT_PIXELS = 64;

/** There is no `Conv` in double precision either. */
function isDirect({ dtype }: TensorType, { output: [rows = 0, columns = 0] }: Conv2dGeometry): boolean {
  return dtype === "f32" && rows * columns >= DIRECT_PIXELS;
}

type Names = readonly [string, string];

/** @param inputs names of x f32[B, C, h, w] and of the weight f32[O, C, K, K] */
export function lowerConv(emit: Emitter, [x, weight]: Names, geometry: Conv2dGeometry, types: LowerTypes): string {
  const { stride, padding } = geometry;
  const attributes = { pads: fourTimes(padding), strides: [stride, stride] };
  if (isDirect(types.output, geometry)) return emit.node("Conv", [x, weight], attributes);
  const padded = pad(emit, channelsLast(emit, x), [padding, padding], [padding, padding]);
  const [channels = 0] = types.inputs[0]?.shape.slice(1) ?? [];
  return convolveRows(emit, padded, weight, { ...geometry, channels, result: types.output });
}

/** @param inputs names of g, of the shape of the result, and of the weight f32[O, C, K, K] */
export function lowerInputs(emit: Emitter, [g, weight]: Names, geometry: Conv2dGeometry, types: LowerTypes): string {
  const { kernel, stride, padding, input, output } = geometry;
  if (!isDirect(types.output, geometry)) return overlapAdd(emit, [g, weight], geometry, types);
  if (stride > 1) {
    const uncovered = input.map((extent, axis) => extent + 2 * padding - kernel - ((output[axis] ?? 0) - 1) * stride);
    const attributes = { pads: fourTimes(padding), strides: [stride, stride], output_padding: uncovered };
    return emit.node("ConvTranspose", [g, weight], attributes);
  }
  // A convolution of g with the weight turned by half a turn.
  const steps = [emit.integers([-1, -1]), emit.integers([-kernel - 1, -kernel - 1]), emit.integers([2, 3]), emit.integers([-1, -1])];
  const turned = emit.node("Transpose", [emit.node("Slice", [weight, ...steps])], { perm: [1, 0, 2, 3] });
  return emit.node("Conv", [g, turned], { pads: fourTimes(kernel - 1 - padding) });
}

/** g times the weight gives the window behind every pixel of the result; its pixels are added up where they stand in the images. */
function overlapAdd(emit: Emitter, [g, weight]: Names, geometry: Conv2dGeometry, types: LowerTypes): string {
  const { kernel, stride, padding, input, output } = geometry;
  const [batch = 0, channels = 0] = types.output.shape;
  const [, outputs = 0] = types.inputs[0]?.shape ?? [];
  const pixels = output.reduce((product, extent) => product * extent, batch);
  const slopes = emit.node("Reshape", [channelsLast(emit, g), emit.integers([pixels, outputs])]);
  const matrix = emit.node("Reshape", [channelsLast(emit, weight), emit.integers([outputs, kernel * kernel * channels])]);
  const product = emit.node("Gemm", [slopes, matrix]); // [B·rows·columns, K·K·C]
  const places = Array.from({ length: kernel * kernel }, (_, tap) => [Math.floor(tap / kernel), tap % kernel]);
  const terms = places.map((place, tap) => {
    const ends = [emit.integers([tap * channels]), emit.integers([(tap + 1) * channels]), emit.integers([1])];
    const pixel = kernel === 1 ? product : emit.node("Slice", [product, ...ends]);
    const spread = spreadPixels(emit, pixel, { shape: [batch, ...output, channels], stride });
    const before = place.map((offset) => offset - padding);
    return pad(emit, spread, before, input.map((extent, axis) => extent - (output[axis] ?? 0) * stride - (before[axis] ?? 0)));
  });
  const images = terms.length === 1 ? (terms[0] ?? product) : emit.node("Sum", terms);
  return emit.node("Transpose", [images], { perm: [0, 3, 1, 2] });
}

/** @param inputs names of x f32[B, C, h, w] and of g, of the shape of the result */
export function lowerWeights(emit: Emitter, [x, g]: Names, geometry: Conv2dGeometry, types: LowerTypes): string {
  const { kernel, padding, output: [rows = 0, columns = 0] } = geometry;
  const [outputs = 0, channels = 0] = types.output.shape;
  const [batch = 0] = types.inputs[0]?.shape ?? [];
  const pixels = rows * columns;
  const window = [outputs, kernel, kernel, channels];
  const inOrder = (weight: string): string =>
    emit.node("Transpose", [emit.node("Reshape", [weight, emit.integers(window)])], { perm: [0, 3, 1, 2] });
  if (!isDirect(types.output, geometry)) {
    const padded = pad(emit, channelsLast(emit, x), [padding, padding], [padding, padding]);
    const matrix = emit.node("Reshape", [windows(emit, padded, { ...geometry, axes: [1, 2], joined: 3 }), emit.integers([batch * pixels, -1])]);
    const slopes = emit.node("Reshape", [channelsLast(emit, g), emit.integers([batch * pixels, outputs])]);
    return inOrder(emit.node("Gemm", [slopes, matrix], { transA: 1 }));
  }
  const padded = padding === 0 ? x : emit.node("Pad", [x, emit.integers([0, 0, padding, padding, 0, 0, padding, padding])]);
  const taps = windows(emit, padded, { ...geometry, axes: [2, 3], joined: 1 }); // [B, K·K·C, rows, columns]
  const matrices = emit.node("Reshape", [taps, emit.integers([batch, kernel * kernel * channels, pixels])]);
  const slopes = emit.node("Reshape", [g, emit.integers([batch, outputs, pixels])]);
  // The runtime reads the transposed factor the other way round instead of moving it.
  const perImage = emit.node("MatMul", [slopes, emit.node("Transpose", [matrices], { perm: [0, 2, 1] })]);
  return inOrder(emit.node("ReduceSum", [perImage, emit.integers([0])], { keepdims: 0 }));
}

interface RowsOptions extends Pick<Conv2dGeometry, "kernel" | "stride" | "output"> {
  /** Channels of the images that are convolved. */
  readonly channels: number;
  /** [B, O, rows, columns] */
  readonly result: TensorType;
}

/** All windows of padded images [B, h, w, C] as rows, times the weight [O, C, K, K]. */
function convolveRows(emit: Emitter, padded: string, weight: string, options: RowsOptions): string {
  const { kernel, channels, output, result } = options;
  const [batch = 0, outputs = 0] = result.shape;
  const width = kernel * kernel * channels;
  const pixels = output.reduce((product, extent) => product * extent, batch);
  const rows = emit.node("Reshape", [windows(emit, padded, { ...options, axes: [1, 2], joined: 3 }), emit.integers([pixels, width])]);
  const matrix = emit.node("Reshape", [channelsLast(emit, weight), emit.integers([outputs, width])]);
  const product = emit.node("Gemm", [rows, matrix], { transB: 1 });
  const images = emit.node("Reshape", [product, emit.integers([batch, ...output, outputs])]);
  return emit.node("Transpose", [images], { perm: [0, 3, 1, 2] });
}

interface WindowAxes extends Pick<Conv2dGeometry, "kernel" | "stride" | "output"> {
  /** Axes of height and width. */
  readonly axes: readonly [number, number];
  /** The axis along which the pixels of a window are put side by side: rows slowest, then columns, then what was there. */
  readonly joined: number;
}

/** The windows of padded images. First along the width, so that the copies along the height are of long pieces. */
function windows(emit: Emitter, padded: string, { kernel, stride, output, axes, joined }: WindowAxes): string {
  const along = (images: string, which: 0 | 1): string => {
    const span = ((output[which] ?? 0) - 1) * stride + 1;
    const parts = Array.from({ length: kernel }, (_, k) =>
      emit.node("Slice", [images, emit.integers([k]), emit.integers([k + span]), emit.integers([axes[which]]), emit.integers([stride])]),
    );
    return kernel === 1 ? (parts[0] ?? images) : emit.node("Concat", parts, { axis: joined });
  };
  return along(along(padded, 1), 0);
}

interface Spread {
  /** [B, h, w, C] */
  readonly shape: readonly number[];
  readonly stride: number;
}

/** Images of this shape with stride - 1 rows and columns of zeros behind every pixel. */
function spreadPixels(emit: Emitter, images: string, { shape, stride }: Spread): string {
  if (stride === 1) return emit.node("Reshape", [images, emit.integers(shape)]);
  const [batch = 0, height = 0, width = 0, channels = 0] = shape;
  const apart = emit.node("Reshape", [images, emit.integers([batch, height, 1, width, 1, channels])]);
  const zeros = emit.node("Pad", [apart, emit.integers([0, 0, 0, 0, 0, 0, 0, 0, stride - 1, 0, stride - 1, 0])]);
  return emit.node("Reshape", [zeros, emit.integers([batch, height * stride, width * stride, channels])]);
}

/** Zeros around images [B, h, w, C], [down, across]; a negative count takes rows or columns away. */
function pad(emit: Emitter, images: string, before: readonly number[], after: readonly number[]): string {
  if ([...before, ...after].every((count) => count === 0)) return images;
  return emit.node("Pad", [images, emit.integers([0, ...before, 0, 0, ...after, 0])]);
}

/** [B, C, h, w] to [B, h, w, C] */
function channelsLast(emit: Emitter, images: string): string {
  return emit.node("Transpose", [images], { perm: [0, 2, 3, 1] });
}

function fourTimes(count: number): number[] {
  return Array<number>(4).fill(count);
}
