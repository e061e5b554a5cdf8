/** @file Comparisons: two numbers in, a boolean out, no gradient. */

import { defineOp } from "../op.ts";
import type { Operand, Tensor } from "../tensor.ts";
import { inferBinary, pairOf } from "./operands.ts";

/** a < b, element-wise with broadcasting; bool. */
export const less = comparison("less", "Less");
/** a ≤ b, element-wise with broadcasting; bool. */
export const lessEqual = comparison("lessEqual", "LessOrEqual");
/** a > b, element-wise with broadcasting; bool. */
export const greater = comparison("greater", "Greater");
/** a ≥ b, element-wise with broadcasting; bool. */
export const greaterEqual = comparison("greaterEqual", "GreaterOrEqual");
/** a = b, element-wise with broadcasting; bool. Works on integers too. */
export const equal = comparison("equal", "Equal");

function comparison(name: string, opType: string): (a: Operand, b: Operand) => Tensor {
  const op = defineOp<[a: Tensor, b: Tensor]>({
    name,
    infer: ([a, b]) => ({ dtype: "bool", shape: inferBinary(a, b, name).shape }),
    vjp: () => [null, null],
    lower: (emit, [a, b]) => emit.node(opType, [a, b]),
  });
  return (a, b) => op(pairOf(a, b, name), {});
}
