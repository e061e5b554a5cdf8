/** @file Adapters added to the weights they are beside: the same policy, without them. */

import type { HostTensor } from "#engine/array";
import type { PolicySpec } from "../network.ts";

/**
 * W + B·A for every weight with an adapter.
 *
 * @param weights f32 by path, those of adapters among them
 * @returns the spec and the weights of a policy without adapters; weights without one are the same arrays
 */
export function mergeAdapters(spec: PolicySpec, weights: Readonly<Record<string, HostTensor>>): { readonly spec: PolicySpec; readonly weights: Record<string, HostTensor> } {
  const { trunkRank: _trunk, expertRank: _expert, ...bare } = spec;
  const merged = Object.entries(weights).flatMap(([path, weight]): [string, HostTensor][] => {
    if (isAdapter(path)) return [];
    const [a, b] = ["loraA", "loraB"].map((name) => weights[path.replace(/weight$/, name)]);
    return [[path, a === undefined || b === undefined || !path.endsWith(".weight") ? weight : { ...weight, dtype: "f32", data: adapted(weight, a, b) }]];
  });
  return { spec: bare, weights: Object.fromEntries(merged) };
}

function isAdapter(path: string): boolean {
  return path.endsWith(".loraA") || path.endsWith(".loraB");
}

/** f32[outputs, inputs] of W f32[outputs, inputs], A f32[rank, inputs] and B f32[outputs, rank]; sums are in double. */
function adapted(weight: HostTensor, a: HostTensor, b: HostTensor): Float32Array<ArrayBuffer> {
  const [outputs = 0, inputs = 0] = weight.shape;
  const [rank = 0] = a.shape;
  const [w, down, up] = [weight.data, a.data, b.data] as Float32Array[] as [Float32Array, Float32Array, Float32Array]; // weights of policies are f32
  const out = new Float32Array(outputs * inputs);
  const row = new Float64Array(inputs);
  for (let o = 0; o < outputs; o++) {
    row.set(w.subarray(o * inputs, (o + 1) * inputs));
    for (let r = 0; r < rank; r++) {
      const factor = up[o * rank + r] ?? NaN;
      for (let i = 0; i < inputs; i++) row[i] = (row[i] ?? NaN) + factor * (down[r * inputs + i] ?? NaN);
    }
    out.set(row, o * inputs);
  }
  return out;
}
