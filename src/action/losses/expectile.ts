/** @file Expectile regression: a value near the best that was seen, without asking about actions that were not. */

import { assertDtype, assertShape, less, mul, square, stopGradient, sub, where, type Tensor } from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";
import { validMask } from "./valid-mask.ts";

/** All of one shape. */
export interface ExpectileSamples {
  /** f32[...] V of the state. */
  readonly value: Tensor;
  /** f32[...] Q of the recorded action; no gradient passes. */
  readonly target: Tensor;
  /** bool, broadcast to [...]: true where a sample counts. Default: everywhere. */
  readonly isValid?: Tensor | undefined;
}

/**
 * |ξ - 1(u < 0)|·u² with u = target - value, averaged over the samples that count.
 *
 * At ξ = ½ it is half the squared error and the value learns the mean of the targets; towards 1 it learns their largest. IQL takes 0.7,
 * and 0.9 for AntMaze.
 *
 * @param expectile ξ in (0, 1), τ in the paper
 * @returns f32[]; 0 if no sample counts
 * @throws ShapeError when the tensors do not go together; RangeError for ξ outside (0, 1)
 *
 * Source: Kostrikov et al. 2021, arXiv:2110.06169, eq. 5.
 */
export function expectileLoss(samples: ExpectileSamples, expectile: number): Tensor {
  const { value, target } = samples;
  if (!(expectile > 0 && expectile < 1)) throw new RangeError(`expectileLoss: expectile is ${expectile}, expected a number in (0, 1)`);
  assertShape(target, value.shape, "expectileLoss: target");
  assertDtype(target, value.dtype, "expectileLoss: target");
  const isValid = validMask(samples.isValid, value.shape, "expectileLoss");
  const u = where(isValid, sub(stopGradient(target), value), 0);
  return maskedMean(where(less(u, 0), mul(square(u), 1 - expectile), mul(square(u), expectile)), isValid);
}
