/** @file Which errors of a chunk π0's loss is the mean of: there are three readings, and checkpoints were trained with two of them. */

import { assertDtype, assertShape, broadcastTo, cast, div, logicalAnd, maximum, mean, not, reshape, sum, where, type Tensor } from "#engine/graph";

/**
 * - `"valid"`: errors of dimensions that the robot has, at steps inside the episode, divided by how many they are. Ours.
 * - `"real-dims"`: of dimensions that the robot has, at all steps. LeRobot's π0 and π0.5 at 7427f31.
 * - `"all"`: all, so that dimensions which are there to fill up learn to give their noise back. openpi at 15a9616.
 */
export type Pi0Reduction = "valid" | "real-dims" | "all";

export interface CountedErrors {
  /** bool[B, H] true where the chunk runs past the end of its episode. */
  readonly isPad: Tensor;
  /** bool[B, A] false for a dimension that the robot does not have. Default all are there. */
  readonly isReal?: Tensor;
  /** bool[B, H] true for steps that were given: they count in no reading. Default none. */
  readonly isKnown?: Tensor | undefined;
}

/**
 * @param errors f32[B, H, A]
 * @returns f32[]; 0 where nothing counts
 * @throws ShapeError when a mask does not go with the errors
 */
export function reduceErrors(errors: Tensor, { isPad, isReal, isKnown }: CountedErrors, reduction: Pi0Reduction): Tensor {
  const [B = 0, H = 0, A = 0] = errors.shape;
  const masks = [
    ...(isKnown === undefined ? [] : [reshape(not(checked(isKnown, [B, H], "isKnown")), [B, H, 1])]),
    ...(reduction === "valid" ? [reshape(not(checked(isPad, [B, H], "isPad")), [B, H, 1])] : []),
    ...(reduction === "all" || isReal === undefined ? [] : [reshape(checked(isReal, [B, A], "isReal"), [B, 1, A])]),
  ];
  if (masks.length === 0) return mean(errors);
  const counted = broadcastTo(masks.reduce((all, mask) => logicalAnd(all, mask)), [B, H, A]);
  return div(sum(where(counted, errors, 0)), maximum(sum(cast(counted, errors.dtype)), 1));
}

function checked(mask: Tensor, shape: readonly number[], name: string): Tensor {
  assertDtype(mask, "bool", `reduceErrors: ${name}`);
  assertShape(mask, shape, `reduceErrors: ${name}`);
  return mask;
}
