/** @file Steps of a chunk that follow each other, the action executed before it among them. */

import { tensorFrom } from "#engine/array";
import { assertDtype, assertShape, concat, constant, formatType, logicalAnd, not, reshape, ShapeError, slice, type Tensor } from "#engine/graph";

export interface PreviousAction {
  /** f32[B, A] the action executed just before the chunk, in its unit. Without it the seam between two chunks costs nothing. */
  readonly previous?: Tensor;
  /** bool[B] true where there is none, because the episode begins. Default: there always is one. */
  readonly isPreviousPad?: Tensor;
}

export interface Steps {
  /** f32[B, T, A], T = H, or H + 1 with the previous action in front. */
  readonly steps: Tensor;
  /** bool[B, T] */
  readonly isValid: Tensor;
}

/** @throws ShapeError when mask or previous action do not go with the values */
export function stepsOf(values: Tensor, options: PreviousAction & { readonly isPad: Tensor }, who: string): Steps {
  const { isPad, previous, isPreviousPad } = options;
  const [B = 0, H = 0, A = 0] = values.shape;
  if (values.shape.length !== 3) throw new ShapeError(`${who}: values are ${formatType(values)}, expected [B, H, A]`);
  assertMask(isPad, [B, H], `${who}: isPad`);
  if (previous === undefined) return { steps: values, isValid: not(isPad) };

  assertDtype(previous, values.dtype, `${who}: previous`);
  assertShape(previous, [B, A], `${who}: previous`);
  if (isPreviousPad !== undefined) assertMask(isPreviousPad, [B], `${who}: isPreviousPad`);
  const isMissing = isPreviousPad ?? constant(tensorFrom("bool", [B], Array<number>(B).fill(0)));
  return {
    steps: concat([reshape(previous, [B, 1, A]), values], 1),
    isValid: not(concat([reshape(isMissing, [B, 1]), isPad], 1)),
  };
}

/** All steps but the last, and all but the first, along axis 1, which has at least two. */
export function neighbours(steps: Tensor): [earlier: Tensor, later: Tensor] {
  return [slice(steps, 1, 0, (steps.shape[1] ?? 0) - 1), slice(steps, 1, 1)];
}

/** bool[B, T - 1] true where a step and the next are both valid. */
export function bothValid(isValid: Tensor): Tensor {
  return logicalAnd(...neighbours(isValid));
}

function assertMask(mask: Tensor, shape: readonly number[], who: string): void {
  assertDtype(mask, "bool", who);
  assertShape(mask, shape, who);
}
