/** @file The reduction all losses share: a mean over what counts. */

import { broadcastTo, cast, div, maximum, sum, where, type Tensor } from "#engine/graph";

/**
 * Mean of `values` over the entries whose mask is true; 0 when none is.
 *
 * Masked values are selected away, not multiplied by 0, so that NaN and infinity in padding do not spread, neither
 * into the mean nor into the gradient of `values`. Where `values` come from an operation whose slope they would make
 * NaN, such as a square, select there too.
 *
 * @param values f32[...]
 * @param isValid bool, broadcast to the shape of `values`
 * @returns f32[]
 */
export function maskedMean(values: Tensor, isValid: Tensor): Tensor {
  const mask = broadcastTo(isValid, values.shape);
  const count = sum(cast(mask, values.dtype));
  return div(sum(where(mask, values, 0)), maximum(count, 1));
}
