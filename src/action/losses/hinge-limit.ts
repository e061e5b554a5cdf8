/** @file Quadratic hinge on limits: costs nothing inside, and grows with the square of the excess. */

import { neg, relu, square, type Tensor } from "#engine/graph";
import { reduceChunk } from "./chunk-reduction.ts";
import { stepsOf } from "./consecutive-steps.ts";
import { limitedDimensions, overLimits, type LimitOptions } from "./limit-margins.ts";

/**
 * max(0, x - upper)² + max(0, lower - x)², reduced.
 *
 * An exterior penalty: inside the limits it has no gradient, so it does not keep away from them, and what it costs outside has
 * to compete with the other losses. It is often called a barrier, which it is not; see `relaxedLogBarrier`. No training loss
 * guarantees limits: clamp or filter commands when acting.
 *
 * @param values f32[B, H, A] physical units
 * @returns f32[]; 0 if no step is valid
 * @throws ShapeError when mask or limits do not fit; RangeError for limits that leave nothing between them
 *
 * Source: Nocedal and Wright 2006, "Numerical Optimization", §17.1, quadratic penalty.
 */
export function hingeLimitLoss(values: Tensor, options: LimitOptions): Tensor {
  const { reduction = "mean" } = options;
  const { steps, isValid } = stepsOf(values, { isPad: options.isPad }, "hingeLimitLoss");
  const dimensions = limitedDimensions(options, values.shape[2] ?? 0, "hingeLimitLoss");
  const costs = overLimits(steps, isValid, options, (margin) => square(relu(neg(margin))));
  return reduceChunk(costs, { isValid, reduction, dimensions });
}
