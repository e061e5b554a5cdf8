/** @file A first output that is no tensor, put before those of any model. */

import { create, toBinary } from "@bufbuild/protobuf";
import { GraphProtoSchema, ModelProtoSchema, NodeProtoSchema, TensorProto_DataType, TypeProtoSchema, ValueInfoProtoSchema } from "onnx-buf";

/** Name of the output that `withUnreadableOutput` adds. */
export const UNREADABLE_OUTPUT = "tendon/unreadable";

/**
 * The model with an empty sequence as its first output.
 *
 * Nothing of the model is read for that: a message written in two parts is their union, and lists follow each other in order
 * (protobuf.dev, "Last One Wins").
 *
 * @param model ONNX bytes of opset 11 or later
 */
export function withUnreadableOutput(model: Uint8Array): Uint8Array {
  const elements = create(TypeProtoSchema, {
    value: { case: "tensorType", value: { $typeName: "onnx.TypeProto.Tensor", elemType: TensorProto_DataType.FLOAT } },
  });
  const type = create(TypeProtoSchema, { value: { case: "sequenceType", value: { $typeName: "onnx.TypeProto.Sequence", elemType: elements } } });
  const graph = create(GraphProtoSchema, {
    node: [create(NodeProtoSchema, { opType: "SequenceEmpty", name: UNREADABLE_OUTPUT, output: [UNREADABLE_OUTPUT] })],
    output: [create(ValueInfoProtoSchema, { name: UNREADABLE_OUTPUT, type })],
  });
  const before = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph }));
  const bytes = new Uint8Array(before.length + model.length);
  bytes.set(before);
  bytes.set(model, before.length);
  return bytes;
}
