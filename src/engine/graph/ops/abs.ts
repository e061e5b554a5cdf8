/** @file Absolute value. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { greater, less } from "./compare.ts";
import { neg } from "./neg.ts";
import { inferFloat } from "./operands.ts";
import { where } from "./where.ts";

/**
 * |x|; the derivative at 0 is 0
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`
 */
export function abs(x: Tensor): Tensor {
  return absOp([x], {});
}

const absOp = defineOp<[x: Tensor]>({
  name: "abs",
  infer: ([x]) => inferFloat(x, "abs"),
  vjp: (g, [x]) => [where(greater(x, 0), g, where(less(x, 0), neg(g), 0))],
  lower: (emit, [x]) => emit.node("Abs", [x]),
});
