/** @file Shape rules shared by ops, and the one error they throw. */

import type { Shape } from "#engine/array";
import { formatType, type TensorType } from "./tensor.ts";

/** A tensor has the wrong dtype or shape. The message names the function and argument, what was got and expected. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/** @throws ShapeError unless `tensor` has exactly this shape; `who` names the function and the argument. */
export function assertShape(tensor: TensorType, shape: Shape, who: string): void {
  if (!sameShape(tensor.shape, shape)) {
    throw new ShapeError(`${who} is ${formatType(tensor)}, expected [${shape.join(", ")}]`);
  }
}

/** @throws ShapeError unless `tensor` has this dtype. */
export function assertDtype(tensor: TensorType, dtype: TensorType["dtype"], who: string): void {
  if (tensor.dtype !== dtype) {
    throw new ShapeError(`${who} is ${formatType(tensor)}, expected dtype ${dtype}`);
  }
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/**
 * Map an axis that may count from the end to [0, rank).
 *
 * @throws ShapeError when there is no such axis
 */
export function normalizeAxis(axis: number, rank: number, who: string): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new ShapeError(`${who}: axis ${axis} is outside a tensor of rank ${rank}`);
  }
  return normal;
}

/** Sorted, distinct, non-negative axes. */
export function normalizeAxes(axes: number | readonly number[], rank: number, who: string): number[] {
  const list = typeof axes === "number" ? [axes] : axes;
  return [...new Set(list.map((axis) => normalizeAxis(axis, rank, who)))].sort((a, b) => a - b);
}

/**
 * The shape two operands share under NumPy's broadcasting: aligned at the end, extents equal or 1.
 *
 * @throws ShapeError when they do not fit
 */
export function broadcastShapes(a: Shape, b: Shape, who: string): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(`${who}: shapes [${a.join(", ")}] and [${b.join(", ")}] do not broadcast`);
    }
    return left === 1 ? right : left;
  });
}

/** The axes of `to` along which `from` is repeated when it is broadcast to `to`. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const offset = to.length - from.length;
  return to.flatMap((extent, axis) =>
    axis < offset || ((from[axis - offset] ?? 1) === 1 && extent !== 1) ? [axis] : [],
  );
}

/** `shape` with `axes` removed, or kept as 1. */
export function reduceShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  if (keepDims) return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return shape.filter((_, axis) => !axes.includes(axis));
}
