/** @file Maximum over axes. */

import { defineOp, withShape } from "../op.ts";
import { reduceShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { cast } from "./cast.ts";
import { equal } from "./compare.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";
import { axesOf, spread, sum, type ReduceOptions } from "./sum.ts";

/**
 * Largest value over axes; over all of them by default. Equal maxima share the gradient.
 *
 * @param x f32[...] or f64[...]
 */
export function max(x: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  const over = axesOf(x, axes, "max");
  return over.length === 0 ? x : maxOp([x], { axes: over, keepDims: options.keepDims ?? false });
}

const maxOp = defineOp<[x: Tensor], { axes: readonly number[]; keepDims: boolean }>({
  name: "max",
  infer: ([x], { axes, keepDims }) => withShape(inferFloat(x, "max"), reduceShape(x.shape, axes, keepDims)),
  vjp(g, [x], y, { axes }) {
    const isMax = cast(equal(x, spread(y, x, axes)), x.dtype);
    const share = div(isMax, sum(isMax, axes, { keepDims: true }));
    return [mul(share, spread(g, x, axes))];
  },
  lower: (emit, [x], { axes, keepDims }) =>
    emit.node("ReduceMax", [x, emit.integers(axes)], { keepdims: keepDims ? 1 : 0 }),
});
