/** @file Natural exponential. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";

/**
 * eˣ
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`
 */
export function exp(x: Tensor): Tensor {
  return expOp([x], {});
}

const expOp = defineOp<[x: Tensor]>({
  name: "exp",
  infer: ([x]) => inferFloat(x, "exp"),
  vjp: (g, _inputs, y) => [mul(g, y)],
  lower: (emit, [x]) => emit.node("Exp", [x]),
});
