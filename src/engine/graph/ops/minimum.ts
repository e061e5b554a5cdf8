/** @file Element-wise minimum. */

import { defineOp } from "../op.ts";
import type { Operand, Tensor } from "../tensor.ts";
import { lessEqual } from "./compare.ts";
import { where } from "./where.ts";
import { inferBinary, pairOf, unbroadcast } from "./operands.ts";

/**
 * min(a, b)
 *
 * @param a f32 or f64, any shape; a number stands for a scalar
 * @param b same dtype, broadcast with `a` as in NumPy
 */
export function minimum(a: Operand, b: Operand): Tensor {
  return minimumOp(pairOf(a, b, "minimum"), {});
}

const minimumOp = defineOp<[a: Tensor, b: Tensor]>({
  name: "minimum",
  infer: ([a, b]) => inferBinary(a, b, "minimum"),
  vjp: (g, [a, b]) => {
    const fromA = lessEqual(a, b);
    return [unbroadcast(where(fromA, g, 0), a), unbroadcast(where(fromA, 0, g), b)];
  },
  lower: (emit, [a, b]) => emit.node("Min", [a, b]),
});
