/** @file Check that weights belong to a network before they are used. */

import type { HostTensor } from "#engine/array";
import type { NamedSpec } from "#engine/nn";
import { policyParameters, type PolicyNetwork } from "./network.ts";

/**
 * Pick a network's weights out of a checkpoint's tensors.
 *
 * @param prefix what stands before every parameter's path in the checkpoint, such as `ema/`
 * @returns f32 values by path
 * @throws Error naming every key that is missing, left over, or of another shape
 */
export function matchWeights(
  network: PolicyNetwork,
  tensors: Readonly<Record<string, HostTensor>>,
  prefix: string,
  who: string,
): Record<string, HostTensor<"f32">> {
  const problems = weightProblems(network, tensors, prefix);
  if (problems.length > 0) {
    throw new Error(`${who}: the weights are of another network: ${problems.join("; ")}`);
  }
  // No problem was found, so every tensor is there and f32.
  return Object.fromEntries(policyParameters(network).map(({ name }) => [name, tensors[prefix + name] as HostTensor<"f32">]));
}

/**
 * One sentence for every key under the prefix that is missing, left over, or of another shape.
 *
 * @param isExpected whether a parameter is to be there; default all
 */
export function weightProblems(
  network: PolicyNetwork,
  tensors: Readonly<Record<string, HostTensor>>,
  prefix: string,
  isExpected: (spec: NamedSpec) => boolean = () => true,
): string[] {
  const specs = policyParameters(network).filter(isExpected);
  const known = new Set(specs.map(({ name }) => prefix + name));
  const leftOver = Object.keys(tensors).filter((key) => key.startsWith(prefix) && !known.has(key));
  return [
    ...leftOver.map((key) => `${key} is not in the network`),
    ...specs.flatMap(({ name, shape }) => describeMismatch(tensors[prefix + name], prefix + name, shape)),
  ];
}

function describeMismatch(tensor: HostTensor | undefined, key: string, shape: readonly number[]): string[] {
  if (tensor === undefined) return [`${key} is missing`];
  const got = `${tensor.dtype}[${tensor.shape.join(", ")}]`;
  const expected = `f32[${shape.join(", ")}]`;
  return got === expected ? [] : [`${key} is ${got}, expected ${expected}`];
}
