/** @file Hyperbolic tangent. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";
import { sub } from "./sub.ts";

/**
 * tanh x
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`
 */
export function tanh(x: Tensor): Tensor {
  return tanhOp([x], {});
}

const tanhOp = defineOp<[x: Tensor]>({
  name: "tanh",
  infer: ([x]) => inferFloat(x, "tanh"),
  vjp: (g, _inputs, y) => [mul(g, sub(1, mul(y, y)))],
  lower: (emit, [x]) => emit.node("Tanh", [x]),
});
