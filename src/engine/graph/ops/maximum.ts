/** @file Element-wise maximum. */

import { defineOp } from "../op.ts";
import type { Operand, Tensor } from "../tensor.ts";
import { greaterEqual } from "./compare.ts";
import { where } from "./where.ts";
import { inferBinary, pairOf, unbroadcast } from "./operands.ts";

/**
 * max(a, b)
 *
 * @param a f32 or f64, any shape; a number stands for a scalar
 * @param b same dtype, broadcast with `a` as in NumPy
 */
export function maximum(a: Operand, b: Operand): Tensor {
  return maximumOp(pairOf(a, b, "maximum"), {});
}

const maximumOp = defineOp<[a: Tensor, b: Tensor]>({
  name: "maximum",
  infer: ([a, b]) => inferBinary(a, b, "maximum"),
  vjp: (g, [a, b]) => {
    // At a tie the gradient goes to `a`, as one of the two must take it.
    const fromA = greaterEqual(a, b);
    return [unbroadcast(where(fromA, g, 0), a), unbroadcast(where(fromA, 0, g), b)];
  },
  lower: (emit, [a, b]) => emit.node("Max", [a, b]),
});
