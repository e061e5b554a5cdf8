/** @file Change the dtype. */

import type { Dtype } from "#engine/array";
import { defineOp } from "../op.ts";
import { isFloat, type Tensor } from "../tensor.ts";

/** ONNX's numbers for element types (TensorProto.DataType). */
const ONNX_TYPES: Readonly<Record<Dtype, number>> = { f32: 1, i64: 7, bool: 9, f64: 11 };

/**
 * The same values in another dtype; false is 0 and true is 1.
 *
 * @returns the shape of `x`; differentiable between f32 and f64
 */
export function cast(x: Tensor, dtype: Dtype): Tensor {
  return x.dtype === dtype ? x : castOp([x], { dtype });
}

const castOp = defineOp<[x: Tensor], { dtype: Dtype }>({
  name: "cast",
  infer: ([x], { dtype }) => ({ dtype, shape: x.shape }),
  vjp: (g, [x]) => [isFloat(x) ? cast(g, x.dtype) : null],
  lower: (emit, [x], { dtype }) => emit.node("Cast", [x], { to: ONNX_TYPES[dtype] }),
});
