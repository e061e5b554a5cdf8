/** @file Matrix product over leading batch axes. */

import { defineOp } from "../op.ts";
import { broadcastShapes, ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";
import { unbroadcast } from "./operands.ts";
import { transpose } from "./transpose.ts";

/**
 * Multiply the last two axes, broadcast the others.
 *
 * @param a f32[..., M, K]
 * @param b f32[..., K, N]
 * @returns f32[..., M, N]
 * @throws ShapeError when the inner extents differ
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return matmulOp([a, b], {});
}

const matmulOp = defineOp<[a: Tensor, b: Tensor]>({
  name: "matmul",
  infer([a, b]) {
    const inner = a.shape.at(-1);
    if (a.shape.length < 2 || b.shape.length < 2 || inner !== b.shape.at(-2) || a.dtype !== b.dtype) {
      throw new ShapeError(`matmul: ${formatType(a)} and ${formatType(b)} do not multiply`);
    }
    const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), "matmul");
    return { dtype: a.dtype, shape: [...batch, a.shape.at(-2) ?? 0, b.shape.at(-1) ?? 0] };
  },
  // ONNX Runtime fuses a transpose of the last two axes into the product.
  vjp: (g, [a, b]) => [
    unbroadcast(matmul(g, transpose(b)), a),
    unbroadcast(matmul(transpose(a), g), b),
  ],
  lower: (emit, [a, b]) => emit.node("MatMul", [a, b]),
});
