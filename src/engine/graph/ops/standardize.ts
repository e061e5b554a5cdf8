/** @file Zero mean and unit variance over the last axis: the core of layer and group normalization. */

import { defineOp, withShape, type Emitter } from "../op.ts";
import type { Tensor, TensorType } from "../tensor.ts";
import { mul } from "./mul.ts";
import { inferFloat } from "./operands.ts";
import { reshape } from "./reshape.ts";
import { sub } from "./sub.ts";
import { mean } from "./sum.ts";

/**
 * (x - mean) / √(variance + ε) over the last axis, the variance biased (divided by the count).
 *
 * @param x f32[..., D]
 * @returns the shape of `x`
 *
 * Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450, without gain and bias.
 */
export function standardize(x: Tensor, epsilon: number = 1e-5): Tensor {
  return standardizeOp([x], { epsilon });
}

/** 1 / √(variance + ε) over the last axis, kept as extent 1: f32[..., 1]. */
export function inverseDeviation(x: Tensor, epsilon: number = 1e-5): Tensor {
  return inverseDeviationOp([x], { epsilon });
}

const standardizeOp = defineOp<[x: Tensor], { epsilon: number }>({
  name: "standardize",
  infer: ([x]) => inferFloat(x, "standardize"),
  vjp(g, [x], y, { epsilon }) {
    // The projection that removes from g what a shift or a scaling of x could not change in y.
    const along = mean(mul(g, y), -1, { keepDims: true });
    const centred = sub(sub(g, mean(g, -1, { keepDims: true })), mul(y, along));
    return [mul(centred, inverseDeviation(x, epsilon))];
  },
  lower: (emit, [x], { epsilon }, { output }) => lowerBoth(emit, x, epsilon, output).normal,
});

const inverseDeviationOp = defineOp<[x: Tensor], { epsilon: number }>({
  name: "inverseDeviation",
  infer: ([x]) => withShape(inferFloat(x, "inverseDeviation"), [...x.shape.slice(0, -1), 1]),
  vjp(g, [x], y, { epsilon }) {
    const scale = mul(mul(y, y), -1 / (x.shape.at(-1) ?? 1));
    const perRow = reshape(mul(g, scale), y.shape);
    return [mul(perRow, standardize(x, epsilon))];
  },
  lower: (emit, [x], { epsilon }, { inputs, output }) =>
    lowerBoth(emit, x, epsilon, inputs[0] ?? output).deviation,
});

/** One kernel gives both results; asked twice, it is written once. */
function lowerBoth(
  emit: Emitter,
  x: string,
  epsilon: number,
  { dtype, shape }: TensorType,
): { normal: string; deviation: string } {
  const width = shape.at(-1) ?? 1;
  if (dtype === "f32") {
    const ones = emit.node("Expand", [emit.scalar(1, { dtype, shape: [] }), emit.integers([width])]);
    const attributes = { axis: -1, epsilon: { float: epsilon } };
    const [normal = "", , deviation = ""] = emit.nodes("LayerNormalization", [x, ones], attributes, { outputs: 3 });
    return { normal, deviation };
  }
  // In double precision the kernel's statistics are still single: write the formula out.
  const axis = emit.integers([-1]);
  const centred = emit.node("Sub", [x, emit.node("ReduceMean", [x, axis], { keepdims: 1 })]);
  const variance = emit.node("ReduceMean", [emit.node("Mul", [centred, centred]), axis], { keepdims: 1 });
  const shifted = emit.node("Add", [variance, emit.scalar(epsilon, { dtype, shape: [] })]);
  const root = emit.node("Sqrt", [shifted]);
  const deviation = emit.node("Div", [emit.scalar(1, { dtype, shape: [] }), root]);
  return { normal: emit.node("Mul", [centred, deviation]), deviation };
}

