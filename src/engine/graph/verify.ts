/** @file Check that a program hangs together before anything is built from it. */

import { reachable, type Program } from "./program.ts";
import { sameShape } from "./shape.ts";
import { formatType, type Tensor } from "./tensor.ts";

/**
 * Re-infer every op and check every name.
 *
 * @throws Error naming the tensor when a shape does not follow from its op, an input is undeclared or declared
 *   under another name, an op refers to a later tensor, or an output has the name of an input
 */
export function verify({ name, inputs, outputs }: Program): void {
  const declared = new Set(Object.values(inputs));
  for (const [key, tensor] of Object.entries(inputs)) {
    if (tensor.source.kind !== "input" || tensor.source.name !== key) {
      throw new Error(`verify ${name}: input "${key}" is not a graph input of that name`);
    }
    if (Object.hasOwn(outputs, key)) throw new Error(`verify ${name}: "${key}" names both an input and an output`);
  }
  for (const tensor of reachable(Object.values(outputs))) {
    if (tensor.source.kind === "input" && !declared.has(tensor)) {
      throw new Error(`verify ${name}: input "${tensor.source.name}" ${formatType(tensor)} is used but not declared`);
    }
    verifyOp(tensor, name);
  }
}

function verifyOp(tensor: Tensor, program: string): void {
  const { source } = tensor;
  if (source.kind !== "op") return;
  const who = `verify ${program}: ${source.scope === "" ? "" : `${source.scope}/`}${source.rule.name}`;
  for (const input of source.inputs) {
    if (input.id >= tensor.id) throw new Error(`${who} refers to a tensor made after it`);
  }
  const type = source.rule.infer(source.inputs, source.attributes);
  if (type.dtype !== tensor.dtype || !sameShape(type.shape, tensor.shape)) {
    throw new Error(`${who} is ${formatType(tensor)}, but its rule infers ${formatType(type)}`);
  }
}
