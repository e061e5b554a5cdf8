/** @file Shared by element-wise ops: scalars become constants, cotangents shrink back over broadcast axes. */

import { tensorFrom } from "#engine/array";
import { broadcastAxes, broadcastShapes, sameShape, ShapeError } from "../shape.ts";
import { constant, formatType, isFloat, type Operand, type Tensor, type TensorType } from "../tensor.ts";
import { broadcastSource } from "./broadcast-to.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum.ts";

/** A scalar constant of the dtype of `like`. */
export function scalar(value: number, like: TensorType): Tensor {
  return constant(tensorFrom(like.dtype, [], [value]));
}

/**
 * Two operands as tensors: numbers take the dtype of the other side, and an explicit broadcast is dropped
 * where the op broadcasts by itself.
 */
export function pairOf(a: Operand, b: Operand, who: string): [Tensor, Tensor] {
  if (typeof a === "number" && typeof b === "number") {
    throw new ShapeError(`${who}: at least one operand must be a tensor, got two numbers`);
  }
  if (typeof a === "number") return [scalar(a, b as Tensor), b as Tensor];
  if (typeof b === "number") return [a, scalar(b, a)];
  const full = broadcastShapes(a.shape, b.shape, who);
  const [slimA, slimB] = [broadcastSource(a), broadcastSource(b)];
  if (sameShape(broadcastShapes(slimA.shape, b.shape, who), full)) return [slimA, b];
  if (sameShape(broadcastShapes(a.shape, slimB.shape, who), full)) return [a, slimB];
  return [a, b];
}

/** Result type of an element-wise op on two tensors of numbers of one dtype. */
export function inferBinary(a: Tensor, b: Tensor, who: string): TensorType {
  if (a.dtype !== b.dtype) {
    throw new ShapeError(`${who}: dtypes differ, got ${formatType(a)} and ${formatType(b)}`);
  }
  if (a.dtype === "bool") throw new ShapeError(`${who}: expected numbers, got ${formatType(a)} and ${formatType(b)}`);
  return { dtype: a.dtype, shape: broadcastShapes(a.shape, b.shape, who) };
}

/** @throws ShapeError unless `x` holds floating-point numbers */
export function inferFloat(x: Tensor, who: string): TensorType {
  if (!isFloat(x)) throw new ShapeError(`${who}: expected f32 or f64, got ${formatType(x)}`);
  return { dtype: x.dtype, shape: x.shape };
}

/** Sum a cotangent over the axes its operand was repeated along. */
export function unbroadcast(g: Tensor, operand: Tensor): Tensor {
  const axes = broadcastAxes(operand.shape, g.shape);
  if (axes.length === 0) return g;
  return reshape(sum(g, axes), operand.shape);
}
