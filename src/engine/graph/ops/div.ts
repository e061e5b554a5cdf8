/** @file Element-wise quotient. */

import { defineOp } from "../op.ts";
import type { Operand, Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { inferBinary, pairOf, unbroadcast } from "./operands.ts";

/**
 * a / b
 *
 * @param a f32 or f64, any shape; a number stands for a scalar
 * @param b same dtype, broadcast with `a` as in NumPy
 */
export function div(a: Operand, b: Operand): Tensor {
  return divOp(pairOf(a, b, "div"), {});
}

const divOp = defineOp<[a: Tensor, b: Tensor]>({
  name: "div",
  infer: ([a, b]) => inferBinary(a, b, "div"),
  vjp: (g, [a, b], y) => {
    const scaled = div(g, b);
    return [unbroadcast(scaled, a), unbroadcast(neg(mul(scaled, y)), b)];
  },
  lower: (emit, [a, b]) => emit.node("Div", [a, b]),
});
