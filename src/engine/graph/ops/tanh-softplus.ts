/** @file Hyperbolic tangent of softplus: the factor of Mish. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";
import { sigmoid } from "./sigmoid.ts";
import { sub } from "./sub.ts";

/**
 * tanh(ln(1 + eˣ)), through one exponential: with n = eˣ(eˣ + 2) it is n / (n + 2).
 *
 * The exponential is clipped at x = 20, where the ratio is 1 to the last bit of a float32.
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`, in [0, 1]
 */
export function tanhSoftplus(x: Tensor): Tensor {
  return tanhSoftplusOp([x], {});
}

const tanhSoftplusOp = defineOp<[x: Tensor]>({
  name: "tanhSoftplus",
  infer: ([x]) => inferFloat(x, "tanhSoftplus"),
  vjp: (g, [x], y) => [mul(g, mul(sub(1, mul(y, y)), sigmoid(x)))],
  lower(emit, [x], _attributes, { output }) {
    const two = emit.scalar(2, output);
    const e = emit.node("Exp", [emit.node("Min", [x, emit.scalar(20, output)])]);
    const n = emit.node("Mul", [e, emit.node("Add", [e, two])]);
    return emit.node("Div", [n, emit.node("Add", [n, two])]);
  },
});
