/** @file Repeat a tensor along new or unit axes. */

import type { Shape } from "#engine/array";
import { defineOp, withShape } from "../op.ts";
import { broadcastShapes, sameShape, ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";
import { unbroadcast } from "./operands.ts";

/**
 * @param x any dtype
 * @param shape what `x` broadcasts to, as in NumPy
 * @throws ShapeError when it does not
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes(x.shape, shape, "broadcastTo"), shape)) {
    throw new ShapeError(`broadcastTo: ${formatType(x)} does not broadcast to [${shape.join(", ")}]`);
  }
  return broadcastToOp([x], { shape });
}

/** What was repeated, if `x` is an explicit broadcast of a smaller tensor; else `x`. */
export function broadcastSource(x: Tensor): Tensor {
  const { source } = x;
  return source.kind === "op" && source.rule.name === "broadcastTo" ? (source.inputs[0] ?? x) : x;
}

const broadcastToOp = defineOp<[x: Tensor], { shape: Shape }>({
  name: "broadcastTo",
  infer: ([x], { shape }) => withShape(x, shape),
  vjp: (g, [x]) => [unbroadcast(g, x)],
  lower: (emit, [x], { shape }) => emit.node("Expand", [x, emit.integers(shape)]),
});
