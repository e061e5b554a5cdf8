/** @file Natural logarithm. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { div } from "./div.ts";
import { inferFloat } from "./operands.ts";

/**
 * ln x; NaN for negative `x`, -∞ at 0
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`
 */
export function log(x: Tensor): Tensor {
  return logOp([x], {});
}

const logOp = defineOp<[x: Tensor]>({
  name: "log",
  infer: ([x]) => inferFloat(x, "log"),
  vjp: (g, [x]) => [div(g, x)],
  lower: (emit, [x]) => emit.node("Log", [x]),
});
