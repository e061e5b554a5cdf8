/** @file Edges of bins on a line: evenly spaced edges, middles, and which bin holds a value. */

/**
 * `count` evenly spaced values from `low` to `high`, both included.
 *
 * Source: NumPy `linspace` (low + i·step, the last one exactly `high`), so that edges equal those of the Python codecs bit for bit.
 */
export function evenlySpaced(low: number, high: number, count: number): Float64Array {
  const step = (high - low) / (count - 1);
  return Float64Array.from({ length: count }, (_, i) => (i === count - 1 ? high : i * step + low));
}

/** The middle of each bin: f64[K] for f64[K + 1] edges. */
export function middles(edges: Float64Array): Float64Array {
  return Float64Array.from({ length: edges.length - 1 }, (_, i) => ((edges[i] ?? 0) + (edges[i + 1] ?? 0)) / 2);
}

/**
 * The bin 0 … K-1 that holds a value. Bin i covers [edge_i, edge_{i+1}): a value on an inner edge belongs to the upper bin, and
 * values outside the edges go to the nearest end bin.
 *
 * @param edges f64[K + 1], increasing
 */
export function binIndex(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (value < (edges[middle] ?? 0)) high = middle - 1;
    else low = middle;
  }
  return low;
}
