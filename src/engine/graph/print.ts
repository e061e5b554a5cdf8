/** @file A program as readable text, one line per tensor. */

import { toNumbers } from "#engine/array";
import { reachable, type Program } from "./program.ts";
import { formatType, type Tensor } from "./tensor.ts";

/**
 * Lines such as `c: f32[2, 3] = mul a b`, in the order of computation; scopes appear as comments.
 */
export function print(program: Program): string {
  const names = new Map<Tensor, string>();
  for (const [name, tensor] of Object.entries(program.inputs)) names.set(tensor, name);
  const lines = Object.entries(program.inputs).map(([name, tensor]) => `input ${name}: ${formatType(tensor)}`);
  let scope = "";
  let count = 0;
  for (const tensor of reachable(Object.values(program.outputs))) {
    const { source } = tensor;
    if (source.kind === "constant" || source.kind === "stored") names.set(tensor, literal(tensor));
    if (source.kind !== "op") continue;
    if (source.scope !== scope) {
      scope = source.scope;
      lines.push(`# ${scope === "" ? program.name : scope}`);
    }
    names.set(tensor, `t${count++}`);
    lines.push(line(tensor, names));
  }
  for (const [name, tensor] of Object.entries(program.outputs)) lines.push(`output ${name} = ${names.get(tensor)}`);
  return lines.join("\n");
}

function line(tensor: Tensor, names: ReadonlyMap<Tensor, string>): string {
  const { source } = tensor;
  if (source.kind !== "op") return "";
  const attributes = Object.entries(source.attributes).map(([key, value]) => `${key}=${typeof value === "number" ? value : JSON.stringify(value)}`);
  const words = [source.rule.name, ...source.inputs.map((input) => names.get(input) ?? "?"), ...attributes];
  return `${names.get(tensor)}: ${formatType(tensor)} = ${words.join(" ")}`;
}

function literal(tensor: Tensor): string {
  if (tensor.source.kind === "stored") return `stored(${tensor.source.name} ${formatType(tensor)})`;
  if (tensor.source.kind !== "constant") return "?";
  const values = toNumbers(tensor.source.value);
  if (values.length === 1) return String(values[0]);
  return `constant(${formatType(tensor)})`;
}
