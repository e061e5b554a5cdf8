/** @file Statistics of images, one value per channel, exact over all pixels. */

import type { ImageFeature, Images } from "./dataset.ts";
import type { FeatureStatistics } from "./statistics.ts";

/** How often every level occurs. */
export interface ImageHistogram {
  /** f64[c, levels] */
  readonly counts: Float64Array;
  readonly channels: number;
  /** Value of the highest level: RGB is measured in [0, 1], depth in mm. */
  readonly unit: number;
  /** Images that were counted. */
  images: number;
}

/** No image counted yet. */
export function emptyHistogram({ shape }: ImageFeature): ImageHistogram {
  const [, , channels] = shape;
  const levels = channels === 3 ? 256 : 65_536;
  return { counts: new Float64Array(channels * levels), channels, unit: channels === 3 ? 255 : 1, images: 0 };
}

/** Count images, u8[T, h, w, 3] or u16[T, h, w, 1]. */
export function countImages(histogram: ImageHistogram, feature: ImageFeature, images: Images): void {
  const { counts, channels } = histogram;
  const levels = counts.length / channels;
  for (let i = 0; i < images.length; i++) {
    const at = (i % channels) * levels + (images[i] ?? 0);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  histogram.images += images.length / (feature.shape[0] * feature.shape[1] * channels);
}

/** Add the counts of `other`. */
export function addHistogram(histogram: ImageHistogram, other: ImageHistogram): void {
  for (let i = 0; i < other.counts.length; i++) histogram.counts[i] = (histogram.counts[i] ?? 0) + (other.counts[i] ?? 0);
  histogram.images += other.images;
}

/**
 * Statistics of every channel: RGB as values in [0, 1], depth in mm. `count` is of images.
 *
 * Quantiles interpolate linearly between order statistics, as those of other columns do.
 *
 * Source: huggingface/lerobot `datasets/compute_stats.py` (channels, units and count; it samples images and approximates quantiles).
 *
 * @throws RangeError when no image was counted
 */
export function statisticsOfImages(histogram: ImageHistogram): FeatureStatistics {
  if (histogram.images === 0) throw new RangeError("statisticsOfImages: there are no images");
  const { counts, channels, unit } = histogram;
  const levels = counts.length / channels;
  const each = Array.from({ length: channels }, (_, channel) => counts.subarray(channel * levels, (channel + 1) * levels));
  const quantiles = (share: number): number[] => each.map((channel) => quantile(channel, share) / unit);
  const means = each.map(meanLevel);
  return {
    min: quantiles(0), max: quantiles(1),
    mean: means.map((mean) => mean / unit),
    std: each.map((channel, i) => deviation(channel, means[i] ?? 0) / unit),
    q01: quantiles(0.01), q10: quantiles(0.1), q50: quantiles(0.5), q90: quantiles(0.9), q99: quantiles(0.99),
    count: histogram.images,
  };
}

const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
const meanLevel = (counts: Float64Array): number => counts.reduce((sum, count, level) => sum + count * level, 0) / total(counts);
const deviation = (counts: Float64Array, mean: number): number =>
  Math.sqrt(counts.reduce((sum, count, level) => sum + count * (level - mean) ** 2, 0) / total(counts));

function quantile(counts: Float64Array, share: number): number {
  const position = share * (total(counts) - 1);
  const below = Math.floor(position);
  const low = orderStatistic(counts, below);
  return low + (orderStatistic(counts, Math.ceil(position)) - low) * (position - below);
}

/** The level of the pixel at this place, counted from 0, when all are sorted. */
function orderStatistic(counts: Float64Array, place: number): number {
  let passed = 0;
  for (let level = 0; level < counts.length; level++) {
    passed += counts[level] ?? 0;
    if (passed > place) return level;
  }
  return counts.length - 1;
}
