/** @file Change the shape, keep the order of the values. */

import { sizeOf, type Shape } from "#engine/array";
import { defineOp, withShape } from "../op.ts";
import { sameShape, ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";

/**
 * @param x any dtype and shape
 * @param shape extents with the same product; one of them may be -1, to be worked out
 * @throws ShapeError when the number of values differs
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const resolved = resolveShape(x, shape);
  if (sameShape(resolved, x.shape)) return x;
  // A reshape of a reshape is one reshape.
  const { source } = x;
  const inner = source.kind === "op" && source.rule.name === "reshape" ? source.inputs[0] : undefined;
  return reshapeOp([inner ?? x], { shape: resolved });
}

function resolveShape(x: Tensor, shape: Shape): Shape {
  const known = shape.filter((extent) => extent !== -1);
  const rest = sizeOf(x.shape) / sizeOf(known);
  const resolved = shape.map((extent) => (extent === -1 ? rest : extent));
  if (shape.length - known.length > 1 || sizeOf(resolved) !== sizeOf(x.shape) || !Number.isInteger(rest)) {
    throw new ShapeError(`reshape: ${formatType(x)} does not fit [${shape.join(", ")}]`);
  }
  return resolved;
}

const reshapeOp = defineOp<[x: Tensor], { shape: Shape }>({
  name: "reshape",
  infer: ([x], { shape }) => withShape(x, shape),
  vjp: (g, [x]) => [reshape(g, x.shape)],
  lower: (emit, [x], { shape }) => emit.node("Reshape", [x, emit.integers(shape)]),
});
