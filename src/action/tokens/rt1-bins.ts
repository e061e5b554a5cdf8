/** @file RT-1's tokenizer: 256 values per dimension, encoded by rounding down. */

import { z } from "zod";
import type { GridCodec } from "./codec.ts";
import { dimensionBins, type Bins } from "./dimension-bins.ts";
import { boundsOf, boundsSchema, defineScheme } from "./scheme.ts";

const schema = z.strictObject({
  scheme: z.literal("rt1"),
  /** [low, high] per dimension. */
  bounds: z.array(boundsSchema).min(1),
  bins: z.int().min(2).default(256),
});

/**
 * K evenly spaced values from low to high, the ends included:
 *
 *     id = ⌊(clamp(a) - low)/(high - low) · (K - 1)⌋        decoded = id/(K - 1) · (high - low) + low
 *
 * Rounding down is upstream's, and biased: the decoded value lies half a step, (high - low)/(2·(K - 1)), below the action on
 * average, and only a = high has id K-1. Every step is rounded to float32 as upstream computes, since ids on an edge hang on it.
 *
 * Source: google-research/robotics_transformer at 4569641, tokenizers/action_tokenizer.py, lines 103-157. Its integer entries (the
 * mode of the RT-1 robot) are classes already and are not part of this codec.
 */
export function rt1Bins(low: number, high: number, bins: number): Bins {
  const f32 = Math.fround;
  const start = f32(low);
  const end = f32(high);
  const span = f32(end - start);
  const last = bins - 1;
  return {
    low: start,
    high: end,
    centers: Float64Array.from({ length: bins }, (_, id) => f32(f32(f32(id / last) * span) + start)),
    indexOf: (value) => Math.trunc(f32(f32(f32(Math.min(Math.max(f32(value), start), end) - start) / span) * last)),
  };
}

/** RT-1 on any number of dimensions. Ids rise with the value. */
export const rt1Scheme = defineScheme({
  name: "rt1",
  schema,
  codec: ({ bounds, bins }): GridCodec => dimensionBins("rt1", bounds.map(([low, high]) => rt1Bins(low, high, bins))),
  fit: (rows) => ({ bounds: boundsOf(rows) }),
});
