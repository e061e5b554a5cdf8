/** @file Gaussian error linear unit, exact and in its tanh approximation. */

import { defineOp, type Emitter } from "../op.ts";
import type { Tensor, TensorType } from "../tensor.ts";
import { add } from "./add.ts";
import { erf, lowerErfSeries } from "./erf.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { inferFloat } from "./operands.ts";
import { sub } from "./sub.ts";
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
  return geluTanhOp([x], {});
}

const [SLOPE, CUBIC] = [Math.sqrt(2 / Math.PI), 0.044715] as const;

const geluTanhOp = defineOp<[x: Tensor]>({
  name: "geluTanh",
  infer: ([x]) => inferFloat(x, "geluTanh"),
  vjp(g, [x]) {
    // With u = √(2/π)·(x + 0.044715·x³) and t = tanh u: ½·(1 + t)·(1 + x·(1 - t)·u').
    const squared = mul(x, x);
    const t = tanh(mul(x, add(mul(squared, SLOPE * CUBIC), SLOPE)));
    const slope = add(mul(squared, 3 * SLOPE * CUBIC), SLOPE); // u'
    return [mul(g, mul(add(mul(t, 0.5), 0.5), add(mul(mul(x, slope), sub(1, t)), 1)))];
  },
  lower: (emit, [x], _attributes, { output }) =>
    output.dtype === "f32" ? emit.node("Gelu", [x], { approximate: "tanh" }) : lowerByTanh(emit, x, output),
});

function lowerByTanh(emit: Emitter, x: string, type: TensorType): string {
  const cube = emit.node("Mul", [emit.node("Mul", [x, x]), x]);
  const inner = emit.node("Add", [emit.node("Mul", [cube, emit.scalar(CUBIC, type)]), x]);
  const t = emit.node("Tanh", [emit.node("Mul", [inner, emit.scalar(SLOPE, type)])]);
  return emit.node("Mul", [emit.node("Mul", [x, emit.scalar(0.5, type)]), emit.node("Add", [t, emit.scalar(1, type)])]);
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
