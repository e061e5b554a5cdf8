/** @file Sum and mean over axes. */

import { sizeOf } from "#engine/array";
import { defineOp, withShape, type Emitter } from "../op.ts";
import { normalizeAxes, reduceShape } from "../shape.ts";
import type { Tensor, TensorType } from "../tensor.ts";
import { broadcastTo } from "./broadcast-to.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";
import { reshape } from "./reshape.ts";

export interface ReduceOptions {
  /** Keep reduced axes as extent 1. Default false. */
  readonly keepDims?: boolean;
}

/**
 * Sum over axes; over all of them by default.
 *
 * @param x f32[...] or f64[...]
 * @param axes one axis or several; negative ones count from the end
 */
export function sum(x: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  const over = axesOf(x, axes, "sum");
  return over.length === 0 ? x : sumOp([x], { axes: over, keepDims: options.keepDims ?? false });
}

/** Mean over axes; over all of them by default. */
export function mean(x: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  const over = axesOf(x, axes, "mean");
  return over.length === 0 ? x : meanOp([x], { axes: over, keepDims: options.keepDims ?? false });
}

/** The axes to reduce, normalised; all of them when none are named. */
export function axesOf(x: Tensor, axes: number | readonly number[] | undefined, who: string): number[] {
  return normalizeAxes(axes ?? x.shape.map((_, axis) => axis), x.shape.length, who);
}

interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

const sumOp = defineOp<[x: Tensor], ReduceAttributes>({
  name: "sum",
  infer: ([x], { axes, keepDims }) => withShape(inferFloat(x, "sum"), reduceShape(x.shape, axes, keepDims)),
  vjp: (g, [x], _y, { axes }) => [spread(g, x, axes)],
  lower(emit, [x], { axes, keepDims }, { inputs: [type], output }) {
    if (type !== undefined && sumsRows(type, axes)) return lowerRowSum(emit, x, { type, reduced: axes.length, output });
    return emit.node("ReduceSum", [x, emit.integers(axes)], { keepdims: keepDims ? 1 : 0 });
  },
});

/** Whether a sum runs over leading axes and leaves rows, as the gradient of a bias does. */
function sumsRows({ dtype, shape }: TensorType, axes: readonly number[]): boolean {
  return dtype === "f32" && axes.length < shape.length && axes.every((axis, i) => axis === i);
}

/** ONNX Runtime's ReduceSum over leading axes takes several times as long as the same sum written as ones · x. */
function lowerRowSum(
  emit: Emitter,
  x: string,
  { type: { shape }, reduced, output }: { readonly type: TensorType; readonly reduced: number; readonly output: TensorType },
): string {
  const count = sizeOf(shape.slice(0, reduced));
  const width = sizeOf(shape.slice(reduced));
  const rows = shape.length === 2 ? x : emit.node("Reshape", [x, emit.integers([count, width])]);
  const ones = emit.node("Expand", [emit.scalar(1, output), emit.integers([count])]);
  const row = emit.node("MatMul", [ones, rows]); // [width]
  return output.shape.length === 1 ? row : emit.node("Reshape", [row, emit.integers(output.shape)]);
}

const meanOp = defineOp<[x: Tensor], ReduceAttributes>({
  name: "mean",
  infer: ([x], { axes, keepDims }) => withShape(inferFloat(x, "mean"), reduceShape(x.shape, axes, keepDims)),
  vjp(g, [x], y, { axes }) {
    const count = sizeOf(x.shape) / sizeOf(y.shape);
    return [spread(mul(g, 1 / count), x, axes)];
  },
  lower: (emit, [x], { axes, keepDims }) =>
    emit.node("ReduceMean", [x, emit.integers(axes)], { keepdims: keepDims ? 1 : 0 }),
});

/** Repeat the cotangent of a reduction over the reduced axes. */
export function spread(g: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return broadcastTo(reshape(g, reduceShape(x.shape, axes, true)), x.shape);
}
