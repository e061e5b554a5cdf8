/** @file One token per action dimension, from bins on a line; the dimensions share the ids. */

import type { GridCodec, TokenSlot } from "./codec.ts";
import { gridCodecOf } from "./grid-codec.ts";

/** The bins of one action dimension. */
export interface Bins {
  /** Values in [low, high] lie in the bins; others are clamped and counted. */
  readonly low: number;
  readonly high: number;
  /** f64[K]: what each id decodes to. */
  readonly centers: Float64Array;
  /** The id of a value; one outside [low, high] has that of the nearest end bin. */
  indexOf(value: number): number;
}

/** A codec of one token per dimension. Slot i speaks of dimension i, and all slots start at id 0. */
export function dimensionBins(
  scheme: string,
  dimensions: readonly Bins[],
  options: { readonly absoluteId?: (id: number) => number } = {},
): GridCodec {
  const slots = dimensions.map(({ centers }, i): TokenSlot => ({ offset: 0, size: centers.length, dims: [i], centers }));
  return gridCodecOf({
    scheme,
    actionSize: dimensions.length,
    slots,
    encode(action, ids) {
      let clamped = 0;
      for (let i = 0; i < dimensions.length; i++) {
        const bins = dimensions[i];
        const value = action[i] ?? 0;
        if (bins === undefined) continue;
        if (value < bins.low || value > bins.high) clamped++;
        ids[i] = bins.indexOf(value);
      }
      return clamped;
    },
    ...options,
  });
}
