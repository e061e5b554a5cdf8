/** @file Relaxed logarithmic barrier: pushes away from limits from inside, and stays finite outside. */

import { add, greater, log, maximum, minimum, mul, neg, square, sub, where, type Tensor } from "#engine/graph";
import { reduceChunk } from "./chunk-reduction.ts";
import { stepsOf } from "./consecutive-steps.ts";
import { limitedDimensions, overLimits, type LimitOptions } from "./limit-margins.ts";

export interface RelaxedLogBarrierOptions extends LimitOptions {
  /** δ > 0, in the unit of the values: margins below it are met by a parabola in place of the logarithm. */
  readonly delta: number;
  /** μ > 0 weight: a smaller one lets values come nearer to the limits. Default 1. */
  readonly mu?: number;
}

/**
 * μ·φ(h) for the margin h to each limit, reduced, with
 *
 *     φ(h) = -ln h                                  h > δ
 *     φ(h) = ½·(((h - 2δ)/δ)² - 1) - ln δ           h ≤ δ
 *
 * Value and slope of both pieces agree at δ. -ln h alone is infinite at the limit and undefined beyond, where an untrained
 * network may well be. φ is negative for margins above 1 and shifts by a constant when units change; its gradient does not,
 * except through δ. Like every training loss it guarantees nothing.
 *
 * @param values f32[B, H, A] physical units
 * @returns f32[]; 0 if no step is valid
 * @throws ShapeError when mask or limits do not fit; RangeError for limits that leave nothing between them, δ ≤ 0 or μ ≤ 0
 *
 * Source: Feller and Ebenbauer 2015, arXiv:1503.03314, with a polynomial of degree 2; Hauser and Saccon 2006,
 * "A Barrier Function Method for the Optimization of Trajectory Functionals with Constraints".
 */
export function relaxedLogBarrier(values: Tensor, options: RelaxedLogBarrierOptions): Tensor {
  const { delta, mu = 1, reduction = "mean" } = options;
  for (const [name, value] of Object.entries({ delta, mu })) {
    if (!(value > 0)) throw new RangeError(`relaxedLogBarrier: ${name} is ${value}, expected a number above 0`);
  }
  const { steps, isValid } = stepsOf(values, { isPad: options.isPad }, "relaxedLogBarrier");
  const dimensions = limitedDimensions(options, values.shape[2] ?? 0, "relaxedLogBarrier");
  const costs = overLimits(steps, isValid, options, (margin) => barrier(margin, delta));
  return mul(reduceChunk(costs, { isValid, reduction, dimensions }), mu);
}

function barrier(margin: Tensor, delta: number): Tensor {
  // Each piece sees only margins of its own side, so that neither sends NaN or infinity to the gradient of the other.
  const inside = neg(log(maximum(margin, delta)));
  const offset = mul(sub(minimum(margin, delta), 2 * delta), 1 / delta);
  const relaxed = add(mul(square(offset), 0.5), -0.5 - Math.log(delta));
  return where(greater(margin, delta), inside, relaxed);
}
