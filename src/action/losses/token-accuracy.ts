/** @file How often the most likely token is the right one. */

import { argMax, cast, equal, type Tensor } from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";
import { countedTokens, vocabularySize } from "./token-cross-entropy.ts";

/**
 * Share of tokens whose largest logit is the target's; of equal logits the first counts. A metric: it has no gradient.
 *
 * @param logits f32[..., K]
 * @param target i64[...] in [0, K)
 * @param isValid bool, broadcast to the shape of the target; true where a token counts. Default: all count
 * @returns f32[] in [0, 1]; 0 if no token counts
 * @throws ShapeError when target or mask do not go with the logits
 */
export function tokenAccuracy(logits: Tensor, target: Tensor, isValid?: Tensor): Tensor {
  vocabularySize(logits, target, "tokenAccuracy");
  const isCounted = countedTokens(target, isValid === undefined ? {} : { isValid }, "tokenAccuracy");
  return maskedMean(cast(equal(argMax(logits), target), logits.dtype), isCounted);
}
