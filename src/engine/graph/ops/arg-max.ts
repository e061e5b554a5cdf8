/** @file Where the largest value stands. */

import { defineOp } from "../op.ts";
import { normalizeAxis, reduceShape, ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";
import { inferFloat } from "./operands.ts";

/**
 * Index of the largest value along one axis; of equal ones the first. An integer, so it has no gradient.
 *
 * @param x f32[...] or f64[...], any rank ≥ 1
 * @param axis negative ones count from the end; default the last
 * @returns i64[...] the shape of `x` without `axis`
 */
export function argMax(x: Tensor, axis: number = -1): Tensor {
  return argMaxOp([x], { axis: normalizeAxis(axis, x.shape.length, "argMax") });
}

const argMaxOp = defineOp<[x: Tensor], { axis: number }>({
  name: "argMax",
  infer([x], { axis }) {
    if (x.shape[axis] === 0) throw new ShapeError(`argMax: axis ${axis} of ${formatType(x)} is empty, expected at least one value`);
    return { dtype: "i64", shape: reduceShape(inferFloat(x, "argMax").shape, [axis], false) };
  },
  vjp: () => [null],
  lower: (emit, [x], { axis }) => emit.node("ArgMax", [x], { axis, keepdims: 0 }),
});
