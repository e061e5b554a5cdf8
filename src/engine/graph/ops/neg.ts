/** @file Negation. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { inferFloat } from "./operands.ts";

/**
 * -x
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`
 */
export function neg(x: Tensor): Tensor {
  return negOp([x], {});
}

const negOp = defineOp<[x: Tensor]>({
  name: "neg",
  infer: ([x]) => inferFloat(x, "neg"),
  vjp: (g) => [neg(g)],
  lower: (emit, [x]) => emit.node("Neg", [x]),
});
