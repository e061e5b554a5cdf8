/** @file InfoNCE: tell the key that belongs to a query from the others of the batch. */

import {
  add, assertShape, clip, exp, logicalAnd, logSumExp, mul, not, sub, sum, where, type Tensor,
} from "#engine/graph";
import { cosinePairs, type PairMasks } from "./cosine-pairs.ts";
import { maskedMean } from "./masked-mean.ts";

export interface InfoNceOptions extends PairMasks {
  /** f32[] logarithm of the factor on the cosines, a parameter; start it at ln(1/0.07). Clamped to [0, ln 100]. */
  readonly logScale?: Tensor;
  /** Fixed temperature > 0, one over that factor, in place of `logScale`. Default 0.07. */
  readonly temperature?: number;
  /** Average of both directions: query to key and key to query. Default true. */
  readonly symmetric?: boolean;
}

const LOG_SCALE_RANGE = [0, Math.log(100)] as const;

/**
 * Mean over anchors i of -ln( exp(l_ii) / Σ_j exp(l_ij) ) with l_ij = scale·cos(q_i, k_j), averaged with the same over columns.
 *
 * Vectors are normalized here. The sum over j holds the positive i itself and every negative that is compared: frames of the
 * same episode are near copies of each other and would be wrong negatives, so `isSameEpisode` takes them out. An anchor without
 * negatives costs 0. Outside its range `logScale` has no gradient: clamp the parameter too after each update, as open_clip does.
 *
 * @param query f32[B, C]
 * @param key f32[B, C]; key i belongs to query i
 * @returns f32[]; 0 if no pair is valid
 * @throws ShapeError when shapes or dtypes differ; RangeError for a temperature ≤ 0, or both temperature and logScale
 *
 * Source: van den Oord et al. 2018, arXiv:1807.03748, eq. 4; symmetric with a learned scale, Radford et al. 2021 (CLIP),
 * arXiv:2103.00020, Fig. 3, and mlfoundations/open_clip at 89fb801, loss.py L118-141.
 */
export function infoNceLoss(query: Tensor, key: Tensor, options: InfoNceOptions = {}): Tensor {
  const { symmetric = true } = options;
  const { cosines, isPositive, isCompared, isValid } = cosinePairs(query, key, options, "infoNceLoss");
  const scaled = mul(cosines, scaleOf(options)); // [B, B]

  // The positive stays even in a row that does not count, so that no row is empty.
  const isExcluded = logicalAnd(not(isPositive), not(isCompared));
  const logits = where(isExcluded, -Infinity, scaled);
  const positive = sum(where(isPositive, scaled, 0), 1); // [B]
  const direction = (axis: 0 | 1): Tensor => maskedMean(sub(logSumExp(logits, axis), positive), isValid);
  return symmetric ? mul(add(direction(1), direction(0)), 0.5) : direction(1);
}

function scaleOf({ logScale, temperature }: InfoNceOptions): Tensor | number {
  if (logScale !== undefined && temperature !== undefined) {
    throw new RangeError("infoNceLoss: got logScale and temperature, expected one of them");
  }
  if (logScale !== undefined) {
    assertShape(logScale, [], "infoNceLoss: logScale");
    return exp(clip(logScale, ...LOG_SCALE_RANGE));
  }
  const fixed = temperature ?? 0.07;
  if (!(fixed > 0)) throw new RangeError(`infoNceLoss: temperature is ${fixed}, expected a number above 0`);
  return 1 / fixed;
}
