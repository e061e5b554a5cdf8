/** @file Every query against every key: cosines, and which pairs are compared. */

import { tensorFrom } from "#engine/array";
import {
  assertDtype, assertShape, constant, div, formatType, gemm, logicalAnd, maximum, not, oneHot, reshape, ShapeError, sqrt, square, sum, where,
  type Tensor,
} from "#engine/graph";

export interface PairMasks {
  /** bool[B] true where pair i counts: as an anchor, and as a negative of others. Default: all count. */
  readonly isValid?: Tensor;
  /** bool[B, B] true where i and j come from the same episode, so that they are no negatives of each other. Default: none. */
  readonly isSameEpisode?: Tensor;
}

export interface CosinePairs {
  /** f32[B, B] cosine of query i and key j. */
  readonly cosines: Tensor;
  /** bool[B, B] true where i = j: the positives. */
  readonly isPositive: Tensor;
  /** bool[B, B] true where both count, and i = j or the two are of different episodes. */
  readonly isCompared: Tensor;
  /** bool[B] */
  readonly isValid: Tensor;
}

/** Norms below this count as this, so that a zero vector has cosine 0 and not NaN. */
const SMALLEST_NORM = 1e-12;

/**
 * @param query f32[B, C]
 * @param key f32[B, C]; key i belongs to query i
 * @param who names the caller in errors
 * @throws ShapeError when shapes or dtypes differ
 */
export function cosinePairs(query: Tensor, key: Tensor, masks: PairMasks, who: string): CosinePairs {
  if (query.shape.length !== 2) throw new ShapeError(`${who}: query is ${formatType(query)}, expected [B, C]`);
  assertShape(key, query.shape, `${who}: key`);
  assertDtype(key, query.dtype, `${who}: key`);
  const [B = 0] = query.shape;
  const isPositive = oneHot(constant(tensorFrom("i64", [B], Array.from({ length: B }, (_, i) => i))), B, "bool");
  const isValid = maskOr(masks.isValid, [B], `${who}: isValid`) ?? constant(tensorFrom("bool", [B], Array<number>(B).fill(1)));
  const isSame = maskOr(masks.isSameEpisode, [B, B], `${who}: isSameEpisode`);

  const bothValid = logicalAnd(reshape(isValid, [B, 1]), reshape(isValid, [1, B]));
  const isCompared = isSame === null ? bothValid : logicalAnd(bothValid, not(logicalAnd(isSame, not(isPositive))));
  // What does not count becomes a vector without a gradient before its norm is taken.
  const unit = (x: Tensor): Tensor => normalized(where(reshape(isValid, [B, 1]), x, 1));
  return { cosines: gemm(unit(query), unit(key), { transB: true }), isPositive, isCompared, isValid };
}

function normalized(x: Tensor): Tensor {
  const squaredNorm = maximum(sum(square(x), 1, { keepDims: true }), SMALLEST_NORM ** 2);
  return div(x, sqrt(squaredNorm));
}

function maskOr(mask: Tensor | undefined, shape: readonly number[], who: string): Tensor | null {
  if (mask === undefined) return null;
  assertDtype(mask, "bool", who);
  assertShape(mask, shape, who);
  return mask;
}
