/** @file How far actions are inside their limits. */

import { tensorFrom } from "#engine/array";
import { add, constant, logicalAnd, reshape, ShapeError, sub, where, type Tensor } from "#engine/graph";
import type { ChunkReduction } from "./chunk-reduction.ts";

/** Limits in the unit of the values they are compared with: physical units, not normalized ones. */
export interface ActionLimits {
  /** A numbers; -Infinity for no limit. */
  readonly lower: readonly number[];
  /** A numbers, above `lower`; Infinity for no limit. */
  readonly upper: readonly number[];
}

export interface LimitOptions extends ActionLimits {
  /** bool[B, H] true where the chunk runs past the end of its episode. */
  readonly isPad: Tensor;
  /** Default `"mean"`, over the dimensions that have a limit. */
  readonly reduction?: ChunkReduction;
}

/**
 * Sum over lower and upper limit of a cost of the margin h, which is upper - x or x - lower: ≥ 0 inside, < 0 outside.
 *
 * Steps that are not valid and limits that are not there have the margin 1 while `cost` is computed, so that nothing in them
 * reaches a gradient, and cost 0.
 *
 * @param values f32[B, T, A] physical units
 * @param isValid bool[B, T]
 * @param cost from h f32[B, T, A] to f32[B, T', A]
 * @returns f32[B, T', A]
 */
export function overLimits(values: Tensor, isValid: Tensor, limits: ActionLimits, cost: (margin: Tensor) => Tensor): Tensor {
  const [B = 0, T = 0] = values.shape;
  const valid = reshape(isValid, [B, T, 1]);
  const side = (bounds: readonly number[], inside: (bound: Tensor) => Tensor): Tensor => {
    const bound = constant(tensorFrom(values.dtype, [bounds.length], bounds.map((b) => (Number.isFinite(b) ? b : 0))));
    const isLimited = constant(tensorFrom("bool", [bounds.length], bounds.map((b) => Number(Number.isFinite(b)))));
    return where(isLimited, cost(where(logicalAnd(valid, isLimited), inside(bound), 1)), 0);
  };
  return add(
    side(limits.upper, (bound) => sub(bound, values)),
    side(limits.lower, (bound) => sub(values, bound)),
  );
}

/**
 * How many dimensions have a limit.
 *
 * @throws ShapeError unless there are A limits of each kind; RangeError unless each lower one is below its upper one, and one is finite
 */
export function limitedDimensions({ lower, upper }: ActionLimits, A: number, who: string): number {
  for (const [name, bounds] of Object.entries({ lower, upper })) {
    if (bounds.length !== A) throw new ShapeError(`${who}: ${name} has ${bounds.length} limits, expected ${A}`);
  }
  const wrong = lower.findIndex((bound, i) => !(bound < (upper[i] ?? NaN)));
  if (wrong >= 0) throw new RangeError(`${who}: lower[${wrong}] is ${lower[wrong]} and upper[${wrong}] is ${upper[wrong]}, expected lower < upper`);
  const count = lower.filter((bound, i) => Number.isFinite(bound) || Number.isFinite(upper[i])).length;
  if (count === 0) throw new RangeError(`${who}: no limit is finite, expected at least one`);
  return count;
}

