/** @file Softplus: a smooth, positive ramp. */

import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";
import { sigmoid } from "./sigmoid.ts";

/**
 * ln(1 + eˣ); the derivative is σ(x)
 *
 * @param x f32[...] or f64[...]
 * @returns the shape of `x`, ≥ 0
 */
export function softplus(x: Tensor): Tensor {
  return softplusOp([x], {});
}

const softplusOp = defineOp<[x: Tensor]>({
  name: "softplus",
  infer: ([x]) => inferFloat(x, "softplus"),
  vjp: (g, [x]) => [mul(g, sigmoid(x))],
  // max(x, 0) + ln(1 + e^(-|x|)), stable for large |x|: ONNX Runtime's own kernel is ten times slower than its `Exp`.
  lower(emit, [x], _attributes, { output }) {
    const decay = emit.node("Exp", [emit.node("Neg", [emit.node("Abs", [x])])]);
    const tail = emit.node("Log", [emit.node("Add", [decay, emit.scalar(1, output)])]);
    return emit.node("Add", [emit.node("Relu", [x]), tail]);
  },
});
