/** @file Write a traced program as an ONNX model. */

import { tensorFrom, type HostTensor, type Shape } from "#engine/array";
import { encodeModel, type Attributes, type ExternalType, type FilePlace, type Initializer, type NodeFields } from "#engine/onnx";
import type { EmitOptions, Emitter, Int4Parts, LowerTypes } from "./op.ts";
import { reachable, type Program } from "./program.ts";
import type { StoredFormat, Tensor, TensorType } from "./tensor.ts";
import { verify } from "./verify.ts";

/** What `emit` returns beside the bytes. */
export interface EmittedModel {
  readonly bytes: Uint8Array;
  /** Name in the model of every tensor of the program, for looking at intermediate values. */
  readonly names: ReadonlyMap<Tensor, string>;
}

/** Where stored constants lie: by their names, and of one in 4 bits by those of its parts, `int4Keys`. */
export type PlaceOf = (key: string) => FilePlace;

/** Elements that share a scale. */
export const INT4_BLOCK = 64;

/** Keys of the two parts of a constant in 4 bits. */
export function int4Keys(name: string): { readonly codes: string; readonly scales: string } {
  return { codes: `${name}.codes`, scales: `${name}.scales` };
}

/**
 * Emit a program as ONNX bytes, ready for any runtime.
 *
 * Identical nodes and constants are written once. Same program, same bytes.
 *
 * @param placeOf where stored constants lie; needed where the program has some
 * @throws Error from `verify` for a program that does not hang together
 */
export function emit(program: Program, placeOf: PlaceOf = unplaced): EmittedModel {
  verify(program);
  const writer = modelWriter(new Set([...Object.keys(program.inputs), ...Object.keys(program.outputs)]), placeOf);
  const names = new Map<Tensor, string>();
  for (const [name, tensor] of Object.entries(program.inputs)) names.set(tensor, name);
  for (const tensor of reachable(Object.values(program.outputs))) {
    if (!names.has(tensor)) names.set(tensor, lowerTensor(tensor, names, writer));
  }
  const aliases = Object.entries(program.outputs).map(([name, tensor]) => ({
    opType: "Identity",
    name: `output/${name}`,
    inputs: [names.get(tensor) ?? ""],
    outputs: [name],
  }));
  const { nodes, renamed } = renameOutputs(writer.nodes, aliases);
  const bytes = encodeModel({
    name: program.name,
    inputs: Object.entries(program.inputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    outputs: Object.entries(program.outputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    initializers: writer.initializers,
    nodes,
  });
  for (const [tensor, name] of names) names.set(tensor, renamed.get(name) ?? name);
  return { bytes, names };
}

function unplaced(key: string): never {
  throw new Error(`emit: "${key}" is stored in a file, and nothing says where; pass placeOf`);
}

function lowerTensor(tensor: Tensor, names: ReadonlyMap<Tensor, string>, writer: ModelWriter): string {
  const { source } = tensor;
  if (source.kind === "constant") return writer.emitter("").constant(source.value);
  if (source.kind === "stored") return writer.stored(source.name, tensor.shape, source.format);
  if (source.kind === "input") throw new Error(`emit: input "${source.name}" is not declared by the program`);
  const inputs = source.inputs.map((input) => names.get(input) ?? "");
  const types: LowerTypes = { inputs: source.inputs, output: tensor };
  const prefix = source.scope === "" ? source.rule.name : `${source.scope}/${source.rule.name}`;
  return source.rule.lower(writer.emitter(prefix), inputs, source.attributes, types);
}

interface ModelWriter {
  readonly nodes: NodeFields[];
  readonly initializers: Initializer[];
  /** The name of a constant in a file. */
  stored(name: string, shape: Shape, format: StoredFormat): string;
  /** An emitter whose node names start with `prefix`. */
  emitter(prefix: string): Emitter;
}

/** @param reserved names of inputs and outputs, which nothing else may have */
function modelWriter(reserved: ReadonlySet<string>, placeOf: PlaceOf): ModelWriter {
  const nodes: NodeFields[] = [];
  const initializers: Initializer[] = [];
  const packed = new Map<string, Int4Parts>();
  const known = new Map<string, string[]>();
  const unique = (name: string): string => (reserved.has(name) ? unique(`${name}_`) : name);

  const constant = (value: HostTensor): string => {
    const key = `constant ${value.dtype} ${value.shape.join()} ${digest(value)}`;
    const found = known.get(key)?.[0];
    if (found !== undefined) return found;
    const name = unique(`constant_${initializers.length}`);
    initializers.push({ name, tensor: value });
    known.set(key, [name]);
    return name;
  };
  const external = (key: string, dataType: ExternalType, shape: Shape): string => {
    const name = unique(key);
    initializers.push({ name, dataType, shape, place: placeOf(key) });
    return name;
  };
  const stored: ModelWriter["stored"] = (name, shape, format) => {
    if (format === "f32") return external(name, "f32", shape);
    const [rows = 0, columns = 0] = shape;
    const blocks = Math.ceil(columns / INT4_BLOCK);
    const keys = int4Keys(name);
    packed.set(name, { codes: external(keys.codes, "u8", [rows, blocks, INT4_BLOCK / 2]), scales: external(keys.scales, "f32", [rows * blocks]), block: INT4_BLOCK });
    return name;
  };
  const nodesOf = (
    prefix: string,
    { opType, inputs, attributes }: Pick<NodeFields, "opType" | "inputs"> & { readonly attributes: Attributes },
    { domain = "", outputs = 1 }: EmitOptions,
  ): string[] => {
    const key = JSON.stringify([opType, domain, inputs, attributes, outputs]);
    const unreadable = inputs.find((input) => packed.has(input));
    if (unreadable !== undefined) throw new Error(`emit: "${unreadable}" is stored in 4 bits, which ${opType} cannot read; store it as f32`);
    const found = known.get(key);
    if (found !== undefined) return found;
    const name = unique(`${prefix}_${nodes.length}`);
    const results = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}:${i}`));
    nodes.push({ opType, name, inputs, outputs: results, attributes, domain });
    known.set(key, results);
    return results;
  };
  const emitter = (prefix: string): Emitter => ({
    node: (opType, inputs, attributes = {}, options = {}) =>
      nodesOf(prefix, { opType, inputs, attributes }, options)[0] ?? "",
    nodes: (opType, inputs, attributes, options) => nodesOf(prefix, { opType, inputs, attributes }, options),
    constant,
    integers: (values) => constant(tensorFrom("i64", [values.length], values)),
    scalar: (value: number, { dtype }: TensorType) => constant(tensorFrom(dtype, [], [value])),
    int4: (name) => packed.get(name),
  });
  return { nodes, initializers, stored, emitter };
}

/** Small constants are compared by value; large ones by identity, since comparing them would cost more than storing. */
function digest(value: HostTensor): string {
  // Bytes, because 0 and -0 print alike.
  const { data } = value;
  if (data.length <= 4096) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).join();
  const known = largeConstants.get(value) ?? `#${(lastLarge += 1)}`;
  largeConstants.set(value, known);
  return known;
}

const largeConstants = new WeakMap<HostTensor, string>();
let lastLarge = 0;

/**
 * Let a node write straight to a program output where it can; a copy stays only where an output is an input, a
 * constant, or the same value as another output.
 */
function renameOutputs(
  nodes: readonly NodeFields[],
  aliases: readonly NodeFields[],
): { nodes: NodeFields[]; renamed: ReadonlyMap<string, string> } {
  const renamed = new Map<string, string>();
  const produced = new Set(nodes.flatMap((node) => node.outputs));
  const copies = aliases.filter(({ inputs: [from = ""], outputs: [to = ""] }) => {
    if (!produced.has(from) || renamed.has(from)) return true;
    renamed.set(from, to);
    return false;
  });
  const rename = (name: string): string => renamed.get(name) ?? name;
  const written = nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) }));
  const copied = copies.map((node) => ({ ...node, inputs: node.inputs.map(rename) }));
  return { nodes: [...written, ...copied], renamed };
}
