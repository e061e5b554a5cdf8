/** @file Cosine. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { inferFloat } from "./operands.ts";
import { sin } from "./sin.ts";

/**
 * cos x, `x` in rad
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`
 */
export function cos(x: Tensor): Tensor {
  return cosOp([x], {});
}

const cosOp = defineOp<[x: Tensor]>({
  name: "cos",
  infer: ([x]) => inferFloat(x, "cos"),
  vjp: (g, [x]) => [neg(mul(g, sin(x)))],
  lower: (emit, [x]) => emit.node("Cos", [x]),
});
