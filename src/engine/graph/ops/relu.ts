/** @file Rectified linear unit. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { greater } from "./compare.ts";
import { inferFloat } from "./operands.ts";
import { where } from "./where.ts";

/**
 * max(x, 0); the derivative at 0 is 0
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`
 */
export function relu(x: Tensor): Tensor {
  return reluOp([x], {});
}

const reluOp = defineOp<[x: Tensor]>({
  name: "relu",
  infer: ([x]) => inferFloat(x, "relu"),
  vjp: (g, [x]) => [where(greater(x, 0), g, 0)],
  lower: (emit, [x]) => emit.node("Relu", [x]),
});
