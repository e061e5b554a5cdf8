/** @file Tests of the ONNX encoder: what is written is what an independent decoder reads. */

import { fromBinary } from "@bufbuild/protobuf";
import { AttributeProto_AttributeType, ModelProtoSchema, TensorProto_DataType, type ModelProto } from "onnx-buf";
import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { encodeModel, OPSET, type ModelFields } from "./model.ts";

const fields = (): ModelFields => ({
  name: "policy",
  inputs: [
    { name: "x", dtype: "f32", shape: [2, 3] },
    { name: "ids", dtype: "i64", shape: [2] },
  ],
  outputs: [{ name: "y", dtype: "bool", shape: [] }],
  initializers: [
    { name: "w", tensor: tensorFrom("f32", [4, 1], [1, -2, 0.5, 3]) },
    { name: "d", tensor: tensorFrom("f64", [1], [Math.PI]) },
    { name: "axes", tensor: tensorFrom("i64", [2], [-1, 2]) },
    { name: "mask", tensor: tensorFrom("bool", [3], [1, 0, 1]) },
  ],
  nodes: [
    {
      opType: "Gemm",
      name: "blocks.0/gemm_0",
      inputs: ["x", "w"],
      outputs: ["h", "h:1"],
      attributes: { transB: 1, alpha: { float: 0.5 }, mode: "linear", pads: [0, -3], none: [] },
    },
    { opType: "MatMulNBits", name: "q", inputs: ["h"], outputs: ["y"], domain: "com.microsoft" },
  ],
  metadata: { head: "flow", horizon: "16" },
});

const decode = (model: ModelFields): ModelProto => fromBinary(ModelProtoSchema, encodeModel(model));

test("the same fields give the same bytes", () => {
  expect(encodeModel(fields())).toEqual(encodeModel(fields()));
});

test("other fields give other bytes", () => {
  expect(encodeModel({ ...fields(), name: "other" })).not.toEqual(encodeModel(fields()));
});

test("the header names producer, opset of every domain used, and metadata", () => {
  const model = decode(fields());
  expect(model.producerName).toBe("tendon");
  expect(model.irVersion).toBe(9n);
  expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([
    ["", BigInt(OPSET)],
    ["com.microsoft", 1n],
  ]);
  expect(model.metadataProps.map(({ key, value }) => [key, value])).toEqual([["head", "flow"], ["horizon", "16"]]);
});

test("inputs and outputs keep name, dtype and shape", () => {
  const { graph } = decode(fields());
  const values = [...(graph?.input ?? []), ...(graph?.output ?? [])].map(({ name, type }) => {
    const tensor = type?.value.case === "tensorType" ? type.value.value : undefined;
    return [name, tensor?.elemType, tensor?.shape?.dim.map(({ value }) => value.value)];
  });
  expect(values).toEqual([
    ["x", TensorProto_DataType.FLOAT, [2n, 3n]],
    ["ids", TensorProto_DataType.INT64, [2n]],
    ["y", TensorProto_DataType.BOOL, []],
  ]);
});

test("initializers keep their bits in every dtype", () => {
  const stored = decode(fields()).graph?.initializer ?? [];
  expect(stored.map(({ name, dims, dataType }) => [name, dims, dataType])).toEqual([
    ["w", [4n, 1n], TensorProto_DataType.FLOAT],
    ["d", [1n], TensorProto_DataType.DOUBLE],
    ["axes", [2n], TensorProto_DataType.INT64],
    ["mask", [3n], TensorProto_DataType.BOOL],
  ]);
  const bytes = stored.map(({ rawData }) => rawData?.slice().buffer ?? new ArrayBuffer(0));
  expect([...new Float32Array(bytes[0] ?? [])]).toEqual([1, -2, 0.5, 3]);
  expect([...new Float64Array(bytes[1] ?? [])]).toEqual([Math.PI]);
  expect([...new BigInt64Array(bytes[2] ?? new ArrayBuffer(0))]).toEqual([-1n, 2n]);
  expect([...new Uint8Array(bytes[3] ?? [])]).toEqual([1, 0, 1]);
});

test("a view into a larger buffer is stored alone", () => {
  const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
  const model = decode({ ...fields(), initializers: [{ name: "w", tensor: { dtype: "f32", shape: [2], data } }] });
  const stored = model.graph?.initializer[0]?.rawData?.slice() ?? new Uint8Array();
  expect([...new Float32Array(stored.buffer)]).toEqual([1, 2]);
});

test("nodes keep operator, names, domain and attributes of every kind", () => {
  const nodes = decode(fields()).graph?.node ?? [];
  expect(nodes.map(({ opType, name, input, output, domain }) => [opType, name, input, output, domain])).toEqual([
    ["Gemm", "blocks.0/gemm_0", ["x", "w"], ["h", "h:1"], ""],
    ["MatMulNBits", "q", ["h"], ["y"], "com.microsoft"],
  ]);
  const { INT, FLOAT, STRING, INTS } = AttributeProto_AttributeType;
  expect(nodes[0]?.attribute.map(({ name, type, i, f, s, ints }) => [name, type, i, f, new TextDecoder().decode(s), ints])).toEqual([
    ["transB", INT, 1n, 0, "", []],
    ["alpha", FLOAT, 0n, 0.5, "", []],
    ["mode", STRING, 0n, 0, "linear", []],
    ["pads", INTS, 0n, 0, "", [0n, -3n]],
    ["none", INTS, 0n, 0, "", []],
  ]);
});

test("a fraction where an integer attribute belongs is refused", () => {
  const node = { opType: "Softmax", name: "s", inputs: ["x"], outputs: ["y"], attributes: { axis: 0.5 } };
  expect(() => encodeModel({ ...fields(), nodes: [node] })).toThrow(RangeError);
});
