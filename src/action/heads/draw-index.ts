/** @file Draw from a categorical distribution inside a graph, given standard normals. */

import { add, argMax, cast, cumulativeSum, erf, greater, minimum, mul, reshape, slice, softmax, type Tensor } from "#engine/graph";

/** How an index is chosen: drawn with its probability, or always the most likely one. */
export type Choice = "sampled" | "most-likely";

/** Below 1 by more than a rounding of the total, so that the threshold never reaches it. */
const LARGEST_UNIFORM = 1 - 1e-6;

/**
 * Φ(z): standard normals as uniform numbers in [0, 1), element by element. For many draws, all at once is cheapest.
 *
 * @param z f32[...]
 */
export function uniformsOf(z: Tensor): Tensor {
  return minimum(mul(add(erf(mul(z, Math.SQRT1_2)), 1), 0.5), LARGEST_UNIFORM);
}

/**
 * An index i with probability softmax(logits)_i, by the inverse of the cumulative distribution: the first with
 *
 *     Σ_{j ≤ i} p_j > u·Σ_j p_j
 *
 * An index whose p is 0 in float32 is never drawn, because its sum does not rise above that of the one before.
 *
 * @param logits f32[..., K]
 * @param u f32[...] from `uniformsOf`
 * @returns i64[...] in [0, K)
 */
export function drawIndex(logits: Tensor, u: Tensor): Tensor {
  const total = cumulativeSum(softmax(logits)); // [..., K]
  const whole = slice(total, -1, (logits.shape.at(-1) ?? 1) - 1); // [..., 1]
  const threshold = mul(whole, reshape(u, [...u.shape, 1]));
  return argMax(cast(greater(total, threshold), "f32"));
}

/** An index drawn by a uniform number, or without one the most likely. */
export function chooseIndex(logits: Tensor, u: Tensor | null, temperature: number = 1): Tensor {
  if (u === null) return argMax(logits);
  return drawIndex(temperature === 1 ? logits : mul(logits, 1 / temperature), u);
}

/** @throws RangeError unless the temperature is above 0 */
export function assertTemperature(temperature: number, who: string): void {
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(`${who}: temperature is ${temperature}, expected a number above 0; for the most likely tokens use choose: "most-likely"`);
  }
}
