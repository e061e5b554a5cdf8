/** @file Sine. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { cos } from "./cos.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";

/**
 * sin x, `x` in rad
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`
 */
export function sin(x: Tensor): Tensor {
  return sinOp([x], {});
}

const sinOp = defineOp<[x: Tensor]>({
  name: "sin",
  infer: ([x]) => inferFloat(x, "sin"),
  vjp: (g, [x]) => [mul(g, cos(x))],
  lower: (emit, [x]) => emit.node("Sin", [x]),
});
