/** @file Symbolic tensors: typed handles to the nodes of a graph being traced. */

import type { Dtype, HostTensor, Shape } from "#engine/array";
import type { OpRule } from "./op.ts";

/** dtype and static shape: all that shape inference knows. */
export interface TensorType {
  readonly dtype: Dtype;
  readonly shape: Shape;
}

/** The value of an expression that has not been computed yet. Handles are immutable and may be shared freely. */
export interface Tensor extends TensorType {
  /** Creation order: every tensor has a larger id than the tensors it is computed from. */
  readonly id: number;
  readonly source: Source;
}

/** Where a tensor comes from. */
export type Source =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly value: HostTensor }
  | { readonly kind: "stored"; readonly name: string; readonly format: StoredFormat }
  | {
      readonly kind: "op";
      readonly rule: OpRule;
      readonly inputs: readonly Tensor[];
      readonly attributes: object;
      /** Path of the layers that were being traced, such as `blocks.0/film`. */
      readonly scope: string;
    };

/**
 * How a stored constant lies in its file: as 32-bit floats, or as 4-bit whole numbers in blocks of 64 with a scale each, which products with the transposed
 * matrix read without unpacking.
 */
export type StoredFormat = "f32" | "int4";

/** A value or a number that stands for a scalar constant of the partner's dtype. */
export type Operand = Tensor | number;

let lastId = 0;
let currentScope = "";

/** Make a handle. Rooms above use `input`, `constant` and the ops. */
export function makeTensor(type: TensorType, source: Source): Tensor {
  lastId += 1;
  return { id: lastId, dtype: type.dtype, shape: type.shape, source };
}

/** A named input of the graph being traced. */
export function input(name: string, dtype: Dtype, shape: Shape): Tensor {
  return makeTensor({ dtype, shape }, { kind: "input", name });
}

/** A constant stored in the model. */
export function constant(value: HostTensor): Tensor {
  return makeTensor(value, { kind: "constant", value });
}

/**
 * A constant kept in a file beside the model, for weights beyond the 2 GB that a model can hold. `emit` is told where.
 *
 * @returns f32, whatever the format
 */
export function stored(name: string, shape: Shape, format: StoredFormat = "f32"): Tensor {
  return makeTensor({ dtype: "f32", shape }, { kind: "stored", name, format });
}

/** Trace `body` under a name, so that emitted nodes, printed graphs and errors say which layer they belong to. */
export function scope<T>(name: string, body: () => T): T {
  return atScope(currentScope === "" ? name : `${currentScope}/${name}`, body);
}

/** Trace `body` under a full path, wherever tracing stands. */
export function atScope<T>(path: string, body: () => T): T {
  const outer = currentScope;
  currentScope = path;
  try {
    return body();
  } finally {
    currentScope = outer;
  }
}

/** Path of the scopes being traced; "" at the top. */
export function scopePath(): string {
  return currentScope;
}

/** `f32[2, 3]`, for messages. */
export function formatType({ dtype, shape }: TensorType): string {
  return `${dtype}[${shape.join(", ")}]`;
}

export function isFloat(type: TensorType): boolean {
  return type.dtype === "f32" || type.dtype === "f64";
}
