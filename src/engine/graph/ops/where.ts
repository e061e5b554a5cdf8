/** @file Choose between two tensors element by element. */

import { defineOp } from "../op.ts";
import { assertDtype, broadcastShapes } from "../shape.ts";
import type { Operand, Tensor } from "../tensor.ts";
import { inferBinary, pairOf, unbroadcast } from "./operands.ts";

/**
 * `a` where the condition holds, `b` elsewhere. Unlike a product with a mask it drops NaN and infinity.
 *
 * @param condition bool[...]
 * @param a f32[...] or a number
 * @param b f32[...] or a number; all three broadcast
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return whereOp([condition, ...pairOf(a, b, "where")], {});
}

const whereOp = defineOp<[condition: Tensor, a: Tensor, b: Tensor]>({
  name: "where",
  infer([condition, a, b]) {
    assertDtype(condition, "bool", "where: condition");
    const { dtype, shape } = inferBinary(a, b, "where");
    return { dtype, shape: broadcastShapes(condition.shape, shape, "where") };
  },
  vjp(g, [condition, a, b]) {
    return [
      null,
      unbroadcast(where(condition, g, 0), a),
      unbroadcast(where(condition, 0, g), b),
    ];
  },
  lower: (emit, [condition, a, b]) => emit.node("Where", [condition, a, b]),
});
