/** @file Draw from a categorical distribution inside a graph, given a standard normal. */

import { add, argMax, cast, cumulativeSum, erf, greater, minimum, mul, reshape, slice, softmax, type Tensor } from "#engine/graph";

/** How an index is chosen: drawn with its probability, or always the most likely one. */
export type Choice = "sampled" | "most-likely";

/** Below 1 by more than a rounding of the total, so that the threshold never reaches it. */
const LARGEST_UNIFORM = 1 - 1e-6;

/**
 * An index i with probability softmax(logits)_i, by the inverse of the cumulative distribution:
 *
 *     u = Φ(z)        i = the first with Σ_{j ≤ i} p_j > u·Σ_j p_j
 *
 * An index whose p is 0 in float32 is never drawn, because its sum does not rise above that of the one before.
 *
 * @param logits f32[..., K]
 * @param z f32[...] one standard normal each
 * @returns i64[...] in [0, K)
 */
export function drawIndex(logits: Tensor, z: Tensor): Tensor {
  const total = cumulativeSum(softmax(logits)); // [..., K]
  const whole = slice(total, -1, (logits.shape.at(-1) ?? 1) - 1); // [..., 1]
  const threshold = mul(whole, reshape(uniformOf(z), [...z.shape, 1]));
  return argMax(cast(greater(total, threshold), "f32"));
}

/** The index that a choice makes; `z` is not read by `"most-likely"`. */
export function chooseIndex(choice: Choice, logits: Tensor, z: Tensor): Tensor {
  return choice === "most-likely" ? argMax(logits) : drawIndex(logits, z);
}

/** Φ(z), uniform in [0, 1) for a standard normal. */
function uniformOf(z: Tensor): Tensor {
  return minimum(mul(add(erf(mul(z, Math.SQRT1_2)), 1), 0.5), LARGEST_UNIFORM);
}
