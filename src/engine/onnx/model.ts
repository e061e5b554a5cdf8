/** @file Build an ONNX model: inputs, initializers, nodes and outputs in, protobuf bytes out. */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import type { Dtype, HostTensor, Shape } from "#engine/array";

/** ONNX operator set the emitted nodes follow: the first one with `Gelu`. */
export const OPSET = 20;

/** IR version that goes with opset 20. */
const IR_VERSION = 9n;

/** A floating-point attribute; plain numbers are integer attributes. */
export interface FloatAttribute {
  readonly float: number;
}

export type AttributeValue = number | string | FloatAttribute | readonly number[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface NodeFields {
  readonly opType: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Attributes;
  /** Operator domain; "" (the default) is ONNX itself. */
  readonly domain?: string;
}

export interface ValueFields {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: Shape;
}

/** A constant in the model, or one in a file beside it. */
export type Initializer = { readonly name: string; readonly tensor: HostTensor } | ExternalInitializer;

/** Element types of constants in files. */
export type ExternalType = "f32" | "u8";

export interface ExternalInitializer {
  readonly name: string;
  readonly dataType: ExternalType;
  readonly shape: Shape;
  readonly place: FilePlace;
}

/** Bytes in a file beside the model. */
export interface FilePlace {
  /** Name of the file, in the model's folder. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface ModelFields {
  readonly name: string;
  readonly inputs: readonly ValueFields[];
  readonly outputs: readonly ValueFields[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly NodeFields[];
  /** Human-readable entries stored in the model's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const DATA_TYPES: Readonly<Record<Dtype, TensorProto_DataType>> = {
  f32: TensorProto_DataType.FLOAT,
  f64: TensorProto_DataType.DOUBLE,
  i64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

/** Serialise a model. Same fields, same bytes. */
export function encodeModel(model: ModelFields): Uint8Array {
  const domains = new Set(model.nodes.map((node) => node.domain ?? ""));
  domains.add("");
  const proto = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "tendon",
    opsetImport: [...domains].sort().map((domain) =>
      create(OperatorSetIdProtoSchema, { domain, version: domain === "" ? BigInt(OPSET) : 1n }),
    ),
    metadataProps: Object.entries(model.metadata ?? {}).map(([key, value]) => ({
      $typeName: "onnx.StringStringEntryProto" as const,
      key,
      value,
    })),
    graph: create(GraphProtoSchema, {
      name: model.name,
      input: model.inputs.map(valueProto),
      output: model.outputs.map(valueProto),
      initializer: model.initializers.map((initializer) => ("tensor" in initializer ? tensorProto(initializer.name, initializer.tensor) : externalProto(initializer))),
      node: model.nodes.map(nodeProto),
    }),
  });
  return toBinary(ModelProtoSchema, proto);
}

function nodeProto(node: NodeFields): NodeProto {
  return create(NodeProtoSchema, {
    name: node.name,
    opType: node.opType,
    domain: node.domain ?? "",
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => attributeProto(name, value)),
  });
}

function attributeProto(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "number") {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === "string") {
    const s = new TextEncoder().encode(value);
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRING, s });
  }
  if ("float" in value) {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, {
    name,
    type: AttributeProto_AttributeType.INTS,
    ints: value.map(BigInt),
  });
}

function valueProto({ name, dtype, shape }: ValueFields): ValueInfoProto {
  const dim = shape.map((extent) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: BigInt(extent) } }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: DATA_TYPES[dtype],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensorType } }),
  });
}

function tensorProto(name: string, { dtype, shape, data }: HostTensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: DATA_TYPES[dtype],
    dims: shape.map(BigInt),
    // ONNX stores raw data little-endian, as every platform JavaScript runs on does.
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
  });
}

function externalProto({ name, dataType, shape, place }: ExternalInitializer): TensorProto {
  const entries = { location: place.location, offset: String(place.offset), length: String(place.length) };
  return create(TensorProtoSchema, {
    name,
    dataType: dataType === "u8" ? TensorProto_DataType.UINT8 : TensorProto_DataType.FLOAT,
    dims: shape.map(BigInt),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ $typeName: "onnx.StringStringEntryProto" as const, key, value })),
  });
}
