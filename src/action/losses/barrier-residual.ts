/** @file Discrete-time control barrier condition as a loss: approach limits no faster than they come nearer. */

import { fill, mul, relu, reshape, square, sub, where, type Tensor } from "#engine/graph";
import { reduceChunk, type ChunkReduction } from "./chunk-reduction.ts";
import { bothValid, neighbours, stepsOf, type PreviousAction } from "./consecutive-steps.ts";
import { limitedDimensions, overLimits, type ActionLimits } from "./limit-margins.ts";

export interface BarrierOptions {
  /** bool[B, H] true where the chunk runs past the end of its episode. */
  readonly isPad: Tensor;
  /** α in (0, 1]: the largest share of its margin that a step may use up. At 1 only being outside costs. */
  readonly alpha: number;
  /** Default `"mean"`. */
  readonly reduction?: ChunkReduction;
}

/**
 * max(0, (1 - α)·h_t - h_{t+1})² of consecutive steps, for the margins h to box limits, reduced.
 *
 * The condition h_{t+1} ≥ (1 - α)·h_t keeps a trajectory that starts inside (h ≥ 0) inside, and slows it near the limits. With
 * `previous` the first step of the chunk is held to it too. As a training loss it asks for the condition and guarantees
 * nothing; a guarantee needs a filter when acting.
 *
 * @param values f32[B, H, A] physical units; positions that follow each other in time
 * @returns f32[]; 0 if no two consecutive steps are valid
 * @throws ShapeError when masks, limits or the previous action do not fit; RangeError for limits or an α that cannot be
 *
 * Source: Agrawal and Sreenath 2017, "Discrete Control Barrier Functions for Safety-Critical Control of Discrete Systems";
 * Zeng et al. 2021, arXiv:2007.11718. There a constraint, here the square of what it lacks.
 */
export function barrierResidual(values: Tensor, options: BarrierOptions & ActionLimits & PreviousAction): Tensor {
  const { alpha, reduction = "mean" } = options;
  assertAlpha(alpha, "barrierResidual");
  const { steps, isValid } = stepsOf(values, options, "barrierResidual");
  const dimensions = limitedDimensions(options, values.shape[2] ?? 0, "barrierResidual");
  if ((steps.shape[1] ?? 0) < 2) return fill([], 0, values.dtype);
  const costs = overLimits(steps, isValid, options, (margin) => squaredResidual(margin, alpha)); // [B, T - 1, A]
  return reduceChunk(costs, { isValid: bothValid(isValid), reduction, dimensions });
}

/**
 * The same for any safety function: h ≥ 0 where it is safe, such as a distance less a clearance.
 *
 * @param safety f32[B, H, N] N functions of the state at each step
 * @returns f32[]; 0 if no two consecutive steps are valid
 * @throws ShapeError when the mask does not fit; RangeError for an α outside (0, 1]
 */
export function barrierResidualOf(safety: Tensor, options: BarrierOptions): Tensor {
  const { isPad, alpha, reduction = "mean" } = options;
  const [B = 0, H = 0, N = 0] = safety.shape;
  assertAlpha(alpha, "barrierResidualOf");
  const { isValid } = stepsOf(safety, { isPad }, "barrierResidualOf");
  if (H < 2) return fill([], 0, safety.dtype);
  const kept = where(reshape(isValid, [B, H, 1]), safety, 0);
  return reduceChunk(squaredResidual(kept, alpha), { isValid: bothValid(isValid), reduction, dimensions: N });
}

/** f32[B, T - 1, N] from h f32[B, T, N]. */
function squaredResidual(h: Tensor, alpha: number): Tensor {
  const [now, next] = neighbours(h);
  return square(relu(sub(mul(now, 1 - alpha), next)));
}

function assertAlpha(alpha: number, who: string): void {
  if (!(alpha > 0 && alpha <= 1)) throw new RangeError(`${who}: alpha is ${alpha}, expected a number in (0, 1]`);
}
