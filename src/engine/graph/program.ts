/** @file A traced program: named inputs and outputs, and the tensors between them in order. */

import type { Tensor } from "./tensor.ts";

/** A pure function from named inputs to named outputs. Everything else is derived from it. */
export interface Program {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** Every tensor the roots depend on, inputs and constants included, each after the tensors it is computed from. */
export function reachable(roots: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  const pending = [...roots];
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    if (tensor.source.kind === "op") pending.push(...tensor.source.inputs);
  }
  // Ids grow in the order of creation, and a tensor is created after what it is computed from.
  return [...seen].sort((a, b) => a.id - b.id);
}
