/** @file What an op is: shape inference, derivative and lowering in one value. */

import type { HostTensor, Shape } from "#engine/array";
import type { Attributes } from "#engine/onnx";
import { makeTensor, scopePath, type Tensor, type TensorType } from "./tensor.ts";

/** Writes ONNX nodes. Identical nodes are written once, so rules may ask for the same value twice. */
export interface Emitter {
  /** Add a node and return the name of its first output. */
  node(opType: string, inputs: readonly string[], attributes?: Attributes, options?: EmitOptions): string;
  /** Add a node and return the names of its outputs. */
  nodes(opType: string, inputs: readonly string[], attributes: Attributes, options: EmitOptions): string[];
  /** Store a constant and return its name. */
  constant(value: HostTensor): string;
  /** Store a list of integers (axes, shapes, pads) as i64[count] and return its name. */
  integers(values: readonly number[]): string;
  /** Store a scalar of the dtype of `like`. */
  scalar(value: number, like: TensorType): string;
  /** What a matrix that is stored in 4 bits consists of; undefined for any other name. */
  int4(name: string): Int4Parts | undefined;
}

/** A matrix f32[N, K] in 4 bits, by the names of its parts. */
export interface Int4Parts {
  /** u8[N, ⌈K / block⌉, block / 2], the even element of a pair in the low half of its byte. */
  readonly codes: string;
  /** f32[N · ⌈K / block⌉]; an element is (code - 8)·scale. */
  readonly scales: string;
  readonly block: number;
}

export interface EmitOptions {
  readonly domain?: string;
  /** How many outputs the node has; 1 unless said otherwise. */
  readonly outputs?: number;
}

/** Types a lowering may need beside its attributes. */
export interface LowerTypes {
  readonly inputs: readonly TensorType[];
  readonly output: TensorType;
}

/** One cotangent per input; null where an input takes no gradient (integers, masks). */
export type Cotangents<I extends readonly Tensor[]> = { [K in keyof I]: Tensor | null };

/** An op's three rules. A missing one does not compile. */
export interface OpRules<I extends readonly Tensor[], A extends object> {
  readonly name: string;
  /** dtype and shape of the result. @throws ShapeError for inputs the op cannot take */
  infer(inputs: I, attributes: A): TensorType;
  /** Pull the cotangent `g` of the result `y` back to the inputs. */
  vjp(g: Tensor, inputs: I, y: Tensor, attributes: A): Cotangents<I>;
  /** Write the op as ONNX nodes and return the name of the result. */
  lower(emit: Emitter, inputs: { [K in keyof I]: string }, attributes: A, types: LowerTypes): string;
}

/** An op with its input and attribute types forgotten, as stored in the graph. */
export type OpRule = OpRules<readonly Tensor[], object>;

const registry = new Map<string, OpRule>();

/** Every op defined so far, by name: what the conformance tests enumerate. */
export function definedOps(): ReadonlyMap<string, OpRule> {
  return registry;
}

/**
 * Define an op. The returned function traces one application of it.
 *
 * @throws Error when the name is taken
 */
export function defineOp<I extends readonly Tensor[], A extends object = object>(
  rules: OpRules<I, A>,
): (inputs: I, attributes: A) => Tensor {
  if (registry.has(rules.name)) throw new Error(`defineOp: "${rules.name}" is already defined`);
  // Inputs and attributes were checked by the caller's types; the graph stores all ops alike.
  const rule = rules as unknown as OpRule;
  registry.set(rules.name, rule);
  return (inputs, attributes) =>
    makeTensor(rules.infer(inputs, attributes), {
      kind: "op",
      rule,
      inputs,
      attributes,
      scope: scopePath(),
    });
}

/** A copy of `type` with another shape. */
export function withShape(type: TensorType, shape: Shape): TensorType {
  return { dtype: type.dtype, shape };
}
