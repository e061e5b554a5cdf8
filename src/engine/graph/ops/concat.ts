/** @file Join tensors along one axis. */

import { defineOp, withShape } from "../op.ts";
import { normalizeAxis, ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";
import { slice } from "./slice.ts";

/**
 * @param tensors one or more of the same dtype, equal in every extent but that of `axis`
 * @throws ShapeError when they do not fit
 */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new ShapeError("concat: needs at least one tensor, got none");
  if (tensors.length === 1) return first;
  return concatOp(tensors, { axis: normalizeAxis(axis, first.shape.length, "concat") });
}

const concatOp = defineOp<readonly Tensor[], { axis: number }>({
  name: "concat",
  infer(tensors, { axis }) {
    const first = tensors[0] as Tensor; // concat() refuses an empty list
    for (const tensor of tensors) {
      const fits = tensor.shape.every((extent, i) => i === axis || extent === first.shape[i]);
      if (!fits || tensor.shape.length !== first.shape.length || tensor.dtype !== first.dtype) {
        throw new ShapeError(`concat: ${formatType(tensor)} does not join ${formatType(first)} along axis ${axis}`);
      }
    }
    const total = tensors.reduce((length, tensor) => length + (tensor.shape[axis] ?? 0), 0);
    return withShape(first, first.shape.map((extent, i) => (i === axis ? total : extent)));
  },
  vjp(g, tensors, _y, { axis }) {
    let start = 0;
    return tensors.map((tensor) => {
      const end = start + (tensor.shape[axis] ?? 0);
      const part = slice(g, axis, start, end);
      start = end;
      return part;
    });
  },
  lower: (emit, tensors, { axis }) => emit.node("Concat", tensors, { axis }),
});
