/** @file A copy of a program, tensor by tensor. */

import { reachable, type Program, type Tensor } from "#engine/graph";

/**
 * The program with every tensor replaced.
 *
 * @param change is given each tensor, after those it is computed from, as computed from what took their place, with the
 *   tensor it was; it says what takes its place. Ids have to stay: by them, what is computed from a tensor comes after it
 */
export function rewriteProgram(program: Program, change: (tensor: Tensor, original: Tensor) => Tensor): Program {
  const copies = new Map<Tensor, Tensor>();
  for (const tensor of reachable([...Object.values(program.inputs), ...Object.values(program.outputs)])) {
    const { source } = tensor;
    const moved = source.kind === "op" ? { ...tensor, source: { ...source, inputs: source.inputs.map((x) => copies.get(x) ?? x) } } : tensor;
    copies.set(tensor, change(moved, tensor));
  }
  const all = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, copies.get(tensor) ?? tensor]));
  return { name: program.name, inputs: all(program.inputs), outputs: all(program.outputs) };
}
