/** @file Features of the times that a denoiser is given. */

import { concat, ShapeError, type Tensor } from "#engine/graph";
import { stepEmbedding, timeEmbedding } from "#engine/nn";

/** What kind of time a denoiser is made for. */
export interface TimeOptions {
  /** `"flow"`: reals in [0, 1], the default; `"diffusion"`: steps 0 … K-1. */
  readonly time?: "flow" | "diffusion";
  /** How many times it is given: 2 for a head that also says how long a step is. Default 1. */
  readonly times?: number;
}

const EMBEDDINGS = {
  flow: (time: Tensor, width: number): Tensor => timeEmbedding(time, { width }),
  diffusion: stepEmbedding,
} as const;

/**
 * The features of every time, one after the other.
 *
 * @param times f32[B] each
 * @param width features per time, even
 * @returns f32[B, width·times]
 * @throws ShapeError when there are more or fewer times than the network was made for
 */
export function timeFeatures(times: readonly Tensor[], width: number, options: TimeOptions): Tensor {
  const expected = options.times ?? 1;
  if (times.length !== expected) {
    throw new ShapeError(`timeFeatures: got ${times.length} times, expected ${expected}: the network was made for so many`);
  }
  const features = times.map((time) => EMBEDDINGS[options.time ?? "flow"](time, width));
  return features.length === 1 ? (features[0] as Tensor) : concat(features, 1);
}
