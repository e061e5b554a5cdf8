/** @file Check that weights belong to a network before they are used. */

import type { HostTensor } from "#engine/array";
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
  const specs = policyParameters(network);
  const known = new Set(specs.map(({ name }) => prefix + name));
  const problems = [
    ...Object.keys(tensors).filter((key) => key.startsWith(prefix) && !known.has(key)).map((key) => `${key} is not in the network`),
    ...specs.flatMap(({ name, shape }) => describeMismatch(tensors[prefix + name], prefix + name, shape)),
  ];
  if (problems.length > 0) {
    throw new Error(`${who}: the weights are of another network: ${problems.join("; ")}`);
  }
  return Object.fromEntries(specs.map(({ name }) => [name, tensors[prefix + name] as HostTensor<"f32">]));
}

function describeMismatch(tensor: HostTensor | undefined, key: string, shape: readonly number[]): string[] {
  if (tensor === undefined) return [`${key} is missing`];
  const got = `${tensor.dtype}[${tensor.shape.join(", ")}]`;
  const expected = `f32[${shape.join(", ")}]`;
  return got === expected ? [] : [`${key} is ${got}, expected ${expected}`];
}
