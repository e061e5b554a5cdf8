/** @file Pass a value on, let no gradient back. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";

/** `x` itself, treated as a constant by differentiation. */
export function stopGradient(x: Tensor): Tensor {
  return stopGradientOp([x], {});
}

const stopGradientOp = defineOp<[x: Tensor]>({
  name: "stopGradient",
  infer: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  vjp: () => [null],
  lower: (emit, [x]) => emit.node("Identity", [x]),
});
