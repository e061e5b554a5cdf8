/** @file Running totals along one axis. */

import { tensorFrom } from "#engine/array";
import { defineOp } from "../op.ts";
import { normalizeAxis } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { inferFloat } from "./operands.ts";

/**
 * y_i = Σ_{j ≤ i} x_j along one axis; with `fromEnd`, y_i = Σ_{j ≥ i} x_j.
 *
 * @param x f32[...] or f64[...], any rank ≥ 1
 * @param axis negative ones count from the end; default the last
 * @returns the shape of `x`
 */
export function cumulativeSum(x: Tensor, axis: number = -1, options: { readonly fromEnd?: boolean } = {}): Tensor {
  return cumulativeSumOp([x], { axis: normalizeAxis(axis, x.shape.length, "cumulativeSum"), fromEnd: options.fromEnd ?? false });
}

const cumulativeSumOp = defineOp<[x: Tensor], { axis: number; fromEnd: boolean }>({
  name: "cumulativeSum",
  infer: ([x]) => inferFloat(x, "cumulativeSum"),
  // x_j is in every total from j on, so its gradient is the total of theirs, taken from the other end.
  vjp: (g, _inputs, _y, { axis, fromEnd }) => [cumulativeSum(g, axis, { fromEnd: !fromEnd })],
  lower: (emit, [x], { axis, fromEnd }) =>
    emit.node("CumSum", [x, emit.constant(tensorFrom("i64", [], [axis]))], { reverse: fromEnd ? 1 : 0 }),
});
