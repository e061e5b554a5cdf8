/** @file Add zeros before and after one axis. */

import { defineOp, withShape } from "../op.ts";
import { normalizeAxis, ShapeError } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { slice } from "./slice.ts";

/**
 * @param before zeros in front, ≥ 0
 * @param after zeros behind, ≥ 0
 */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  if (!(before >= 0 && after >= 0)) {
    throw new ShapeError(`pad: expected counts ≥ 0, got ${before} before and ${after} after`);
  }
  if (before === 0 && after === 0) return x;
  return padOp([x], { axis: normalizeAxis(axis, x.shape.length, "pad"), before, after });
}

const padOp = defineOp<[x: Tensor], { axis: number; before: number; after: number }>({
  name: "pad",
  infer: ([x], { axis, before, after }) =>
    withShape(x, x.shape.map((extent, i) => (i === axis ? extent + before + after : extent))),
  vjp: (g, [x], _y, { axis, before }) => [slice(g, axis, before, before + (x.shape[axis] ?? 0))],
  lower(emit, [x], { axis, before, after }, { output }) {
    const rank = output.shape.length;
    const pads = Array.from({ length: 2 * rank }, (_, i) =>
      i === axis ? before : i === rank + axis ? after : 0,
    );
    return emit.node("Pad", [x, emit.integers(pads)]);
  },
});
