/** @file Look into an emitted model with an independent decoder. */

import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { emit, type Program } from "#engine/graph";

export interface EmittedNode {
  readonly opType: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The nodes of a program's model, in order. */
export function emittedNodes(program: Program): EmittedNode[] {
  const { graph } = fromBinary(ModelProtoSchema, emit(program).bytes);
  return (graph?.node ?? []).map(({ opType, name, input, output }) => ({ opType, name, inputs: input, outputs: output }));
}

/** How many nodes of each operator a program's model has. */
export function operatorCounts(program: Program): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of emittedNodes(program)) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}
