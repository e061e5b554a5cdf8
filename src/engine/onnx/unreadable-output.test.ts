import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { encodeModel } from "./model.ts";
import { UNREADABLE_OUTPUT, withUnreadableOutput } from "./unreadable-output.ts";

test("withUnreadableOutput puts a sequence before the model's outputs and leaves the rest as it is", () => {
  const value = { name: "x", dtype: "f32", shape: [2] } as const;
  const node = { opType: "Neg", name: "n", inputs: ["x"], outputs: ["y"] };
  const model = encodeModel({ name: "m", inputs: [value], outputs: [{ ...value, name: "y" }], initializers: [], nodes: [node] });
  const [before, after] = [model, withUnreadableOutput(model)].map((bytes) => fromBinary(ModelProtoSchema, bytes));
  expect(after?.graph?.output.map(({ name, type }) => [name, type?.value.case])).toEqual([[UNREADABLE_OUTPUT, "sequenceType"], ["y", "tensorType"]]);
  expect(after?.graph?.node.map(({ opType }) => opType)).toEqual(["SequenceEmpty", "Neg"]);
  expect({ ...after, graph: null }).toEqual({ ...before, graph: null });
  expect(after?.graph?.input).toEqual(before?.graph?.input);
});
