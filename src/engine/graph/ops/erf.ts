/** @file Gauss error function. */

import { defineOp, type Emitter } from "../op.ts";
import type { Tensor, TensorType } from "../tensor.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { inferFloat } from "./operands.ts";

/**
 * erf x = 2/√π ∫₀ˣ e^(-t²) dt
 *
 * @param x f32[...], or f64[...] for checking
 * @returns the shape of `x`, in (-1, 1)
 */
export function erf(x: Tensor): Tensor {
  return erfOp([x], {});
}

const erfOp = defineOp<[x: Tensor]>({
  name: "erf",
  infer: ([x]) => inferFloat(x, "erf"),
  vjp: (g, [x]) => [mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))],
  lower: (emit, [x], _attributes, { output }) =>
    output.dtype === "f32" ? emit.node("Erf", [x]) : lowerErfSeries(emit, x, output),
});

/**
 * ONNX Runtime has no double-precision kernel for Erf. In double precision, which serves to check derivatives, write
 * out Kummer's series: erf x = 2/√π e^(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!, to 1e-12 for |x| < 4.
 *
 * Source: Abramowitz and Stegun 1964, 7.1.6.
 */
export function lowerErfSeries(emit: Emitter, x: string, type: TensorType): string {
  const square = emit.node("Mul", [x, x]);
  let sum = emit.scalar(1, type);
  for (let n = 60; n >= 1; n--) {
    const ratio = emit.node("Mul", [square, emit.scalar(2 / (2 * n + 1), type)]);
    sum = emit.node("Add", [emit.node("Mul", [sum, ratio]), emit.scalar(1, type)]);
  }
  const decay = emit.node("Exp", [emit.node("Neg", [square])]);
  const scaled = emit.node("Mul", [x, emit.scalar(2 / Math.sqrt(Math.PI), type)]);
  return emit.node("Mul", [emit.node("Mul", [scaled, decay]), sum]);
}
