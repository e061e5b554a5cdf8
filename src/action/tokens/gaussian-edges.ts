/** @file Adaptive edges: bins that hold equal shares of a Gaussian fitted to data, cut off at a range. */

import { z } from "zod";
import { evenlySpaced, middles } from "./bin-edges.ts";
import { normalCdf, normalDensity, normalQuantile } from "./normal-distribution.ts";

/** Mean and standard deviation of one axis. */
export interface Gaussian {
  readonly mu: number;
  readonly sigma: number;
}

export const gaussianSchema = z.strictObject({ mu: z.number(), sigma: z.number().min(0) });

/** An axis to be cut into bins. */
export interface Axis {
  /** Names the axis in errors. */
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Number of bins. */
  readonly bins: number;
}

/** How an axis is cut, and what its bins decode to. */
export interface AxisFit {
  /** `null`: bins of equal width. */
  readonly gaussian: Gaussian | null;
  /** σ counts as no less than this. A floor keeps the outermost bins from growing wide. */
  readonly minSigma: number;
}

/**
 * Mean and standard deviation of values: the whole of SpatialVLA's "fit". Not the maximum likelihood of the cut-off normal, and
 * divided by the count, not by one less.
 *
 * @param values at least one
 */
export function fitGaussian(values: ArrayLike<number>): Gaussian {
  const count = values.length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i] ?? 0;
  const mu = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += ((values[i] ?? 0) - mu) ** 2;
  return { mu, sigma: Math.sqrt(squares / count) };
}

/**
 * Edges f64[K + 1] between which lie equal shares of N(μ, max(σ, σ_min)) cut off at [low, high]:
 *
 *     p_i = Φ((low - μ)/σ) + i/K·(Φ((high - μ)/σ) - Φ((low - μ)/σ))        edge_i = clamp(μ + σ·Φ⁻¹(p_i), low, high)
 *
 * Source: SpatialVLA/SpatialVLA at e480753, model/action_tokenizer.py, lines 343-370; arXiv:2501.15830.
 *
 * @throws RangeError where σ is 0, or so small or far away that edges coincide
 */
export function axisEdges(axis: Axis, { gaussian, minSigma }: AxisFit): Float64Array {
  const { name, low, high, bins } = axis;
  if (gaussian === null) return evenlySpaced(low, high, bins + 1);
  const { mu } = gaussian;
  const sigma = Math.max(gaussian.sigma, minSigma);
  const shares = evenlySpaced(normalCdf((low - mu) / sigma), normalCdf((high - mu) / sigma), bins + 1);
  const edges = shares.map((share) => Math.min(Math.max(mu + sigma * normalQuantile(share), low), high));
  for (let i = 0; i < bins; i++) {
    // NaN, as from σ = 0, is not below anything either.
    if (!((edges[i] ?? 0) < (edges[i + 1] ?? 0))) {
      throw new RangeError(
        `${name}: N(${mu}, ${sigma}) cuts [${low}, ${high}] into no ${bins} bins; raise minSigma or give null for bins of equal width`,
      );
    }
  }
  return edges;
}

/**
 * The mean of each bin under the Gaussian that made the edges, f64[K]: μ - σ·(φ(b) - φ(a))/(Φ(b) - Φ(a)) with a, b the edges in
 * units of σ; the middle for bins of equal width. The value with the least squared error in the bin, where the middle of a
 * wide outer bin lies too far out. Our addition: upstream decodes to the middle.
 */
export function conditionalMeans(edges: Float64Array, { gaussian, minSigma }: AxisFit): Float64Array {
  const centers = middles(edges);
  if (gaussian === null) return centers;
  const { mu } = gaussian;
  const sigma = Math.max(gaussian.sigma, minSigma);
  return centers.map((_, i) => {
    const a = ((edges[i] ?? 0) - mu) / sigma;
    const b = ((edges[i + 1] ?? 0) - mu) / sigma;
    return mu - (sigma * (normalDensity(b) - normalDensity(a))) / (normalCdf(b) - normalCdf(a));
  });
}
