/** @file Clamp to an interval. */

import { defineOp } from "../op.ts";
import { ShapeError } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { greaterEqual, lessEqual } from "./compare.ts";
import { logicalAnd } from "./logical.ts";
import { inferFloat } from "./operands.ts";
import { where } from "./where.ts";

/**
 * min(max(x, low), high). The derivative is 1 inside the closed interval and 0 outside.
 *
 * @param x f32[...]
 * @param low lower bound; -Infinity for none
 * @param high upper bound; Infinity for none
 * @throws ShapeError when low > high or either is NaN
 */
export function clip(x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) throw new ShapeError(`clip: expected low ≤ high, got ${low} and ${high}`);
  return clipOp([x], { low, high });
}

const clipOp = defineOp<[x: Tensor], { low: number; high: number }>({
  name: "clip",
  infer: ([x]) => inferFloat(x, "clip"),
  vjp(g, [x], _y, { low, high }) {
    const inside = logicalAnd(greaterEqual(x, low), lessEqual(x, high));
    return [where(inside, g, 0)];
  },
  lower: (emit, [x], { low, high }, { output }) =>
    emit.node("Clip", [x, emit.scalar(low, output), emit.scalar(high, output)]),
});
