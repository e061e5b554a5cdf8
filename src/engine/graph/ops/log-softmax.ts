/** @file Logarithm of the softmax over one axis. */

import { defineOp } from "../op.ts";
import { normalizeAxis } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";

/**
 * y_i = x_i - ln Σ_j exp(x_j), summed over `axis`, without overflow.
 *
 * @param x f32[...], any rank ≥ 1
 */
export function logSoftmax(x: Tensor, axis: number = -1): Tensor {
  return logSoftmaxOp([x], { axis: normalizeAxis(axis, x.shape.length, "logSoftmax") });
}

const logSoftmaxOp = defineOp<[x: Tensor], { axis: number }>({
  name: "logSoftmax",
  infer: ([x]) => inferFloat(x, "logSoftmax"),
  vjp: (g, _inputs, y, { axis }) => [sub(g, mul(exp(y), sum(g, axis, { keepDims: true })))],
  lower: (emit, [x], { axis }) => emit.node("LogSoftmax", [x], { axis }),
});
