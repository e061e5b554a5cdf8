/** @file What counts in a chunk, and how much: padding, weights per step and per dimension. */

import { tensorFrom } from "#engine/array";
import {
  assertDtype, assertShape, constant, div, formatType, greater, logicalAnd, mul, not, reshape, ShapeError, sub, sum, where, type Tensor,
} from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";

export interface ChunkWeights {
  /** bool[B, H] true where the chunk runs past the end of its episode. */
  readonly isPad: Tensor;
  /** H numbers ≥ 0, one per step; only their ratios matter. Default: all alike. */
  readonly timeWeights?: readonly number[];
  /** A numbers ≥ 0, one per action dimension; only their ratios matter. Default: all alike. */
  readonly dimWeights?: readonly number[];
}

/**
 * Σ m·w_t·w_d·x / Σ m·w_t·w_d over a chunk, with m = 1 for valid steps; 0 when nothing counts.
 *
 * It is divided by the weights that were summed, so neither padding nor the choice of weights changes the scale of the loss,
 * and with it the learning rate that suits it. What does not count, because its step is padded or its weight is 0, is
 * selected away and may hold anything.
 *
 * Other codebases divide by all steps, padded ones too (ACT, tonyzhaozh/act at 742c753: a short chunk then counts less), or
 * do not divide by the time weights. Ours is what lerobot does with padding (huggingface/lerobot at 7427f31, policies/act).
 *
 * @param values f32[B, H, A]
 * @param who names the caller in errors
 * @returns f32[]
 * @throws ShapeError when mask or weights do not go with the values; RangeError for weights that are not finite, negative, or all 0
 */
export function weightedMean(values: Tensor, weights: ChunkWeights, who: string = "weightedMean"): Tensor {
  const { isCounted, weight } = countedEntries(values, weights, who);
  if (weight === null) return maskedMean(values, isCounted);
  const total = sum(where(isCounted, weight, 0));
  return div(sum(where(isCounted, mul(values, weight), 0)), where(greater(total, 0), total, 1));
}

/**
 * `values` where they count, 0 elsewhere.
 *
 * For use before an operation whose slope would turn NaN in padding into a gradient of NaN, such as a square.
 *
 * @param values f32[B, H, A]
 * @returns f32[B, H, A]
 * @throws as `weightedMean`
 */
export function selectCounted(values: Tensor, weights: ChunkWeights, who: string = "selectCounted"): Tensor {
  return where(countedEntries(values, weights, who).isCounted, values, 0);
}

/**
 * prediction - target where it counts, 0 elsewhere.
 *
 * @param prediction f32[B, H, A]
 * @param target f32[B, H, A]
 * @throws ShapeError when the two differ in dtype or shape; otherwise as `weightedMean`
 */
export function chunkError(prediction: Tensor, target: Tensor, weights: ChunkWeights, who: string): Tensor {
  assertShape(target, prediction.shape, `${who}: target`);
  assertDtype(target, prediction.dtype, `${who}: target`);
  return selectCounted(sub(prediction, target), weights, who);
}

interface CountedEntries {
  /** bool[B, H, 1] or bool[B, H, A] */
  readonly isCounted: Tensor;
  /** f32[H, A]; null when all count alike. */
  readonly weight: Tensor | null;
}

function countedEntries(values: Tensor, { isPad, timeWeights, dimWeights }: ChunkWeights, who: string): CountedEntries {
  const [B = 0, H = 0, A = 0] = values.shape;
  if (values.shape.length !== 3) throw new ShapeError(`${who}: values are ${formatType(values)}, expected [B, H, A]`);
  assertDtype(isPad, "bool", `${who}: isPad`);
  assertShape(isPad, [B, H], `${who}: isPad`);
  const isValid = reshape(not(isPad), [B, H, 1]);
  if (timeWeights === undefined && dimWeights === undefined) return { isCounted: isValid, weight: null };

  const perStep = timeWeights ?? Array<number>(H).fill(1);
  const perDimension = dimWeights ?? Array<number>(A).fill(1);
  assertWeights(perStep, H, `${who}: timeWeights`);
  assertWeights(perDimension, A, `${who}: dimWeights`);
  const products = perStep.flatMap((time) => perDimension.map((dimension) => time * dimension));
  const weight = constant(tensorFrom(values.dtype, [H, A], products));
  if (products.every((product) => product > 0)) return { isCounted: isValid, weight };
  const hasWeight = constant(tensorFrom("bool", [H, A], products.map((product) => Number(product > 0))));
  return { isCounted: logicalAnd(isValid, hasWeight), weight };
}

function assertWeights(weights: readonly number[], count: number, who: string): void {
  if (weights.length !== count) throw new ShapeError(`${who} are ${weights.length} numbers, expected ${count}`);
  if (!weights.every((weight) => Number.isFinite(weight) && weight >= 0) || weights.every((weight) => weight === 0)) {
    throw new RangeError(`${who} are [${weights.join(", ")}], expected finite numbers ≥ 0, at least one of them above 0`);
  }
}
