/** @file Logistic function. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";
import { sub } from "./sub.ts";

/**
 * 1 / (1 + e⁻ˣ)
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`
 */
export function sigmoid(x: Tensor): Tensor {
  return sigmoidOp([x], {});
}

const sigmoidOp = defineOp<[x: Tensor]>({
  name: "sigmoid",
  infer: ([x]) => inferFloat(x, "sigmoid"),
  vjp: (g, _inputs, y) => [mul(g, mul(y, sub(1, y)))],
  lower: (emit, [x]) => emit.node("Sigmoid", [x]),
});
