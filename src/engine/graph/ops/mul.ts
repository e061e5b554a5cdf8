/** @file Element-wise product. */

import { defineOp } from "../op.ts";
import type { Operand, Tensor } from "../tensor.ts";
import { inferBinary, pairOf, unbroadcast } from "./operands.ts";

/**
 * a · b
 *
 * @param a f32 or f64, any shape; a number stands for a scalar
 * @param b same dtype, broadcast with `a` as in NumPy
 */
export function mul(a: Operand, b: Operand): Tensor {
  return mulOp(pairOf(a, b, "mul"), {});
}

const mulOp = defineOp<[a: Tensor, b: Tensor]>({
  name: "mul",
  infer: ([a, b]) => inferBinary(a, b, "mul"),
  vjp: (g, [a, b]) => [unbroadcast(mul(g, b), a), unbroadcast(mul(g, a), b)],
  lower: (emit, [a, b]) => emit.node("Mul", [a, b]),
});
