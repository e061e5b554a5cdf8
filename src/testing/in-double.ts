/** @file A program in float64, where central differences have ten right digits and small gradients are seen. */

import { tensorFrom, toNumbers, type HostTensor } from "#engine/array";
import type { Program } from "#engine/graph";
import { rewriteProgram } from "./rewrite-program.ts";

/** The same program with f64 wherever it has f32: inputs, constants and casts. */
export function programInDouble(program: Program): Program {
  return rewriteProgram(program, (tensor) => {
    const { source } = tensor;
    if (tensor.dtype !== "f32") return tensor;
    if (source.kind === "constant") return { ...tensor, dtype: "f64", source: { ...source, value: inDouble(source.value) } };
    if (source.kind !== "op") return { ...tensor, dtype: "f64" };
    // An op has the dtype of its inputs, unless it was asked for one.
    const attributes = "dtype" in source.attributes ? { ...source.attributes, dtype: "f64" } : source.attributes;
    return { ...tensor, dtype: "f64", source: { ...source, attributes } };
  });
}

/** Single precision widened; everything else as it is. */
export function inDouble(tensor: HostTensor): HostTensor {
  return tensor.dtype === "f32" ? tensorFrom("f64", tensor.shape, toNumbers(tensor)) : tensor;
}
