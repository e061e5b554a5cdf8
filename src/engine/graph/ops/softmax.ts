/** @file Softmax over one axis. */

import { defineOp } from "../op.ts";
import { normalizeAxis } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";

/**
 * y_i = exp(x_i) / Σ_j exp(x_j), summed over `axis`.
 *
 * @param x f32[...], any rank ≥ 1
 * @returns f32[...], same shape as `x`; sums to 1 along `axis`
 */
export function softmax(x: Tensor, axis: number = -1): Tensor {
  return softmaxOp([x], { axis: normalizeAxis(axis, x.shape.length, "softmax") });
}

const softmaxOp = defineOp<[x: Tensor], { axis: number }>({
  name: "softmax",
  infer: ([x]) => inferFloat(x, "softmax"),
  vjp(g, _inputs, y, { axis }) {
    // The Jacobian diag(y) - y yᵀ is symmetric, so Jᵀg = y ⊙ (g - Σ g⊙y).
    const overlap = sum(mul(g, y), axis, { keepDims: true });
    return [mul(y, sub(g, overlap))];
  },
  // Softmax-13: `axis` is a real axis. Before opset 13 it meant "flatten from here".
  lower: (emit, [x], { axis }) => emit.node("Softmax", [x], { axis }),
});
