/** @file Logarithm of a sum of exponentials. */

import { normalizeAxis } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { add } from "./add.ts";
import { exp } from "./exp.ts";
import { log } from "./log.ts";
import { max } from "./max.ts";
import { reshape } from "./reshape.ts";
import { stopGradient } from "./stop-gradient.ts";
import { sub } from "./sub.ts";
import { sum, type ReduceOptions } from "./sum.ts";

/**
 * ln Σ exp(x) over one axis, without overflow: the maximum is taken out first.
 *
 * @param x f32[...], any rank ≥ 1
 */
export function logSumExp(x: Tensor, axis: number = -1, options: ReduceOptions = {}): Tensor {
  const at = normalizeAxis(axis, x.shape.length, "logSumExp");
  // The result does not depend on the shift, so its gradient may be dropped.
  const shift = stopGradient(max(x, at, { keepDims: true }));
  const kept = add(log(sum(exp(sub(x, shift)), at, { keepDims: true })), shift);
  if (options.keepDims) return kept;
  return reshape(kept, x.shape.filter((_, i) => i !== at));
}
