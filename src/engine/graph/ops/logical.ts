/** @file Logic on booleans, no gradient. */

import { defineOp } from "../op.ts";
import { assertDtype, broadcastShapes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Element-wise negation of bool[...]. */
export function not(x: Tensor): Tensor {
  return notOp([x], {});
}

/** Element-wise conjunction of two bool tensors, with broadcasting. */
export function logicalAnd(a: Tensor, b: Tensor): Tensor {
  return andOp([a, b], {});
}

const notOp = defineOp<[x: Tensor]>({
  name: "not",
  infer([x]) {
    assertDtype(x, "bool", "not: x");
    return { dtype: "bool", shape: x.shape };
  },
  vjp: () => [null],
  lower: (emit, [x]) => emit.node("Not", [x]),
});

const andOp = defineOp<[a: Tensor, b: Tensor]>({
  name: "and",
  infer([a, b]) {
    assertDtype(a, "bool", "logicalAnd: a");
    assertDtype(b, "bool", "logicalAnd: b");
    return { dtype: "bool", shape: broadcastShapes(a.shape, b.shape, "logicalAnd") };
  },
  vjp: () => [null, null],
  lower: (emit, [a, b]) => emit.node("And", [a, b]),
});
