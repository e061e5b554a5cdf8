/** @file Sliding windows of a sequence, and their overlap-add: 1-D convolution as a matrix product. */

import { defineOp, withShape, type Emitter } from "../op.ts";
import { ShapeError } from "../shape.ts";
import { formatType, type Tensor, type TensorType } from "../tensor.ts";

export interface WindowOptions {
  /** Window width in steps. */
  readonly kernel: number;
  /** Steps between windows. Default 1. */
  readonly stride?: number;
  /** Zeros added at both ends. Default 0. */
  readonly padding?: number;
}

/**
 * All windows of a zero-padded sequence, side by side.
 *
 * @param x f32[B, L, C]
 * @returns f32[B, W, kernel·C], W = ⌊(L + 2·padding - kernel)/stride⌋ + 1; the window's steps are the slower index
 */
export function unfold(x: Tensor, options: WindowOptions): Tensor {
  const { kernel, stride = 1, padding = 0 } = options;
  return unfoldOp([x], { kernel, stride, padding, length: x.shape[1] ?? 0 });
}

/**
 * The transpose of `unfold`: add every window back at its place.
 *
 * @param windows f32[B, W, kernel·C]
 * @param length L, the extent of the sequence without padding
 * @returns f32[B, L, C]
 */
export function fold(windows: Tensor, length: number, options: WindowOptions): Tensor {
  const { kernel, stride = 1, padding = 0 } = options;
  return foldOp([windows], { kernel, stride, padding, length });
}

interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly length: number;
}

const unfoldOp = defineOp<[x: Tensor], Window>({
  name: "unfold",
  infer([x], window) {
    const [batch = 0, , channels = 0] = x.shape;
    const count = windowCount(window);
    if (x.shape.length !== 3 || !(count >= 1 && window.kernel >= 1 && window.stride >= 1)) {
      const { kernel, stride, padding } = window;
      throw new ShapeError(`unfold: ${formatType(x)} holds no window of kernel ${kernel}, stride ${stride}, padding ${padding}`);
    }
    return withShape(x, [batch, count, window.kernel * channels]);
  },
  vjp: (g, _inputs, _y, window) => [fold(g, window.length, window)],
  lower: (emit, [x], window) => lowerUnfold(emit, x, window),
});

const foldOp = defineOp<[windows: Tensor], Window>({
  name: "fold",
  infer([windows], window) {
    const [batch = 0, count = 0, width = 0] = windows.shape;
    if (windows.shape.length !== 3 || count !== windowCount(window) || width % window.kernel !== 0) {
      throw new ShapeError(`fold: ${formatType(windows)} does not hold the windows of a sequence of ${window.length}`);
    }
    return withShape(windows, [batch, window.length, width / window.kernel]);
  },
  vjp: (g, _inputs, _y, window) => [unfold(g, window)],
  lower: (emit, [windows], window, { output }) => lowerFold(emit, windows, window, output),
});

function windowCount({ length, kernel, stride, padding }: Window): number {
  return Math.floor((length + 2 * padding - kernel) / stride) + 1;
}

function lowerUnfold(emit: Emitter, x: string, window: Window): string {
  const { kernel, stride, padding } = window;
  const padded = padding === 0 ? x : emit.node("Pad", [x, emit.integers([0, padding, 0, 0, padding, 0])]);
  const span = (windowCount(window) - 1) * stride + 1;
  const columns = Array.from({ length: kernel }, (_, k) =>
    emit.node("Slice", [
      padded,
      emit.integers([k]),
      emit.integers([k + span]),
      emit.integers([1]),
      emit.integers([stride]),
    ]),
  );
  return kernel === 1 ? (columns[0] ?? x) : emit.node("Concat", columns, { axis: 2 });
}

/**
 * Windows that start `stride` apart tile the sequence in groups: the first `stride` steps of all windows lie side
 * by side without overlap, so do the next `stride` steps, and so on. Each group is one reshape, shifted and added.
 */
function lowerFold(emit: Emitter, windows: string, window: Window, output: TensorType): string {
  const { kernel, stride, padding, length } = window;
  const [batch = 0, , channels = 0] = output.shape;
  const count = windowCount(window);
  const groups = Math.ceil(kernel / stride);
  const tiled = groups * stride === kernel ? windows : padAxis(emit, windows, 2, (groups * stride - kernel) * channels);
  const total = (count + groups - 1) * stride;
  const terms = Array.from({ length: groups }, (_, q) => {
    const width = stride * channels;
    const part = groups === 1 ? tiled : emit.node("Slice", [
      tiled,
      emit.integers([q * width]),
      emit.integers([(q + 1) * width]),
      emit.integers([2]),
    ]);
    const laid = emit.node("Reshape", [part, emit.integers([batch, count * stride, channels])]);
    const [before, after] = [q * stride, total - (count + q) * stride];
    return before + after === 0 ? laid : emit.node("Pad", [laid, emit.integers([0, before, 0, 0, after, 0])]);
  });
  const summed = terms.length === 1 ? (terms[0] ?? windows) : emit.node("Sum", terms);
  const reach = padding + length;
  const long = total < reach ? padAxis(emit, summed, 1, reach - total) : summed;
  return emit.node("Slice", [long, emit.integers([padding]), emit.integers([reach]), emit.integers([1])]);
}

/** Zeros behind axis 1 or 2 of a rank-3 tensor. */
function padAxis(emit: Emitter, x: string, axis: 1 | 2, after: number): string {
  return emit.node("Pad", [x, emit.integers([0, 0, 0, 0, axis === 1 ? after : 0, axis === 2 ? after : 0])]);
}
