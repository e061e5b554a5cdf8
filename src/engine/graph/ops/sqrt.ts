/** @file Square root. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";

/**
 * √x; the derivative is infinite at 0
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`
 */
export function sqrt(x: Tensor): Tensor {
  return sqrtOp([x], {});
}

const sqrtOp = defineOp<[x: Tensor]>({
  name: "sqrt",
  infer: ([x]) => inferFloat(x, "sqrt"),
  vjp: (g, _inputs, y) => [div(mul(g, 0.5), y)],
  lower: (emit, [x]) => emit.node("Sqrt", [x]),
});
