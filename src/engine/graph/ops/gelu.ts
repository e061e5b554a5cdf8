/** @file Gaussian error linear unit, exact and in its tanh approximation. */

import { defineOp, type Emitter } from "../op.ts";
import type { Tensor, TensorType } from "../tensor.ts";
import { add } from "./add.ts";
import { erf, lowerErfSeries } from "./erf.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { inferFloat } from "./operands.ts";
import { tanh } from "./tanh.ts";

/**
 * x·Φ(x), Φ the standard normal distribution function.
 *
 * @param x f32[...]
 * @returns the shape of `x`
 *
 * Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.
 */
export function gelu(x: Tensor): Tensor {
  return geluOp([x], {});
}

/** 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the approximation of the same paper. */
export function geluTanh(x: Tensor): Tensor {
  const inner = mul(add(mul(mul(mul(x, x), x), 0.044715), x), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}

const geluOp = defineOp<[x: Tensor]>({
  name: "gelu",
  infer: ([x]) => inferFloat(x, "gelu"),
  vjp(g, [x]) {
    // Φ(x) + x·φ(x), with z = x/√2: ½ + ½·erf z + z·e^(-z²)/√π.
    const z = mul(x, Math.SQRT1_2);
    const density = mul(mul(z, 1 / Math.sqrt(Math.PI)), exp(neg(mul(z, z))));
    const distribution = mul(add(erf(z), 1), 0.5);
    return [mul(g, add(distribution, density))];
  },
  lower: (emit, [x], _attributes, { output }) =>
    // ONNX Runtime has no double-precision kernel for Gelu.
    output.dtype === "f32" ? emit.node("Gelu", [x]) : lowerByErf(emit, x, output),
});

function lowerByErf(emit: Emitter, x: string, type: TensorType): string {
  const z = emit.node("Mul", [x, emit.scalar(Math.SQRT1_2, type)]);
  const twice = emit.node("Add", [lowerErfSeries(emit, z, type), emit.scalar(1, type)]);
  return emit.node("Mul", [emit.node("Mul", [x, twice]), emit.scalar(0.5, type)]);
}
