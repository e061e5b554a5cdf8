/** @file Permute axes. */

import { defineOp, withShape } from "../op.ts";
import { ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";

/**
 * @param x any dtype and shape
 * @param permutation axis i of the result is axis permutation[i] of `x`; default: the last two swapped
 * @throws ShapeError when it is not a permutation of the axes
 */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const rank = x.shape.length;
  const order = permutation ?? swapLast(rank);
  if (order.length !== rank || new Set(order).size !== rank || order.some((axis) => axis < 0 || axis >= rank)) {
    throw new ShapeError(`transpose: [${order.join(", ")}] does not permute the axes of ${formatType(x)}`);
  }
  return transposeOp([x], { permutation: order });
}

function swapLast(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
}

const transposeOp = defineOp<[x: Tensor], { permutation: readonly number[] }>({
  name: "transpose",
  infer: ([x], { permutation }) => withShape(x, permutation.map((axis) => x.shape[axis] ?? 1)),
  vjp(g, _inputs, _y, { permutation }) {
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [transpose(g, inverse)];
  },
  lower: (emit, [x], { permutation }) => emit.node("Transpose", [x], { perm: permutation }),
});
