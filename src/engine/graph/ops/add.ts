/** @file Element-wise sum. */

import { defineOp } from "../op.ts";
import type { Operand, Tensor } from "../tensor.ts";
import { inferBinary, pairOf, unbroadcast } from "./operands.ts";

/**
 * a + b
 *
 * @param a f32 or f64, any shape; a number stands for a scalar
 * @param b same dtype, broadcast with `a` as in NumPy
 */
export function add(a: Operand, b: Operand): Tensor {
  return addOp(pairOf(a, b, "add"), {});
}

const addOp = defineOp<[a: Tensor, b: Tensor]>({
  name: "add",
  infer: ([a, b]) => inferBinary(a, b, "add"),
  vjp: (g, [a, b]) => [unbroadcast(g, a), unbroadcast(g, b)],
  lower: (emit, [a, b]) => emit.node("Add", [a, b]),
});
