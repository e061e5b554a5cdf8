/** @file Sinusoidal features of a continuous time. */

import { tensorFrom } from "#engine/array";
import { concat, constant, cos, mul, reshape, ShapeError, sin, type Tensor } from "#engine/graph";

export interface TimeEmbeddingOptions {
  /** Number of features, even. */
  readonly width: number;
  /** Shortest period, in units of the time. Default 4e-3. */
  readonly minPeriod?: number;
  /** Longest period. Default 4. */
  readonly maxPeriod?: number;
}

/**
 * sin and cos of 2π·t/period for periods spaced evenly on a log scale.
 *
 * Deviation: the source works angles out in f64. Here they have the dtype of the time: in f32 the fastest, of 2π·t/4e-3, are rounded by up to 1e-4 rad.
 *
 * @param time f32[B] or f64[B]
 * @returns f32[B, width], sines first
 *
 * Source: openpi, src/openpi/models/pi0.py `posemb_sincos` at 15a9616 (arXiv:2410.24164), whose periods these are.
 */
export function timeEmbedding(time: Tensor, options: TimeEmbeddingOptions): Tensor {
  const { width, minPeriod = 4e-3, maxPeriod = 4 } = options;
  if (width % 2 !== 0) throw new ShapeError(`timeEmbedding: width must be even, got ${width}`);
  const half = width / 2;
  const rates = Array.from({ length: half }, (_, i) => {
    const fraction = half === 1 ? 0 : i / (half - 1);
    return (2 * Math.PI) / (minPeriod * (maxPeriod / minPeriod) ** fraction);
  });
  const angle = mul(reshape(time, [-1, 1]), constant(tensorFrom(time.dtype, [half], rates)));
  return concat([sin(angle), cos(angle)], 1);
}
