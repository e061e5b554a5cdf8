/** @file Element-wise difference. */

import { defineOp } from "../op.ts";
import type { Operand, Tensor } from "../tensor.ts";
import { neg } from "./neg.ts";
import { inferBinary, pairOf, unbroadcast } from "./operands.ts";

/**
 * a - b
 *
 * @param a f32 or f64, any shape; a number stands for a scalar
 * @param b same dtype, broadcast with `a` as in NumPy
 */
export function sub(a: Operand, b: Operand): Tensor {
  return subOp(pairOf(a, b, "sub"), {});
}

const subOp = defineOp<[a: Tensor, b: Tensor]>({
  name: "sub",
  infer: ([a, b]) => inferBinary(a, b, "sub"),
  vjp: (g, [a, b]) => [unbroadcast(g, a), unbroadcast(neg(g), b)],
  lower: (emit, [a, b]) => emit.node("Sub", [a, b]),
});
