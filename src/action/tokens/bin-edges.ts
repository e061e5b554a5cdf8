/** @file Edges of bins on a line: evenly spaced edges, middles, and which bin holds a value. */

/** The bin of a value; see `binFinder`. */
export type BinFinder = (value: number) => number;

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
 * A function from a value to the bin 0 … K-1 that holds it. Bin i covers [edge_i, edge_{i+1}): a value on an inner edge belongs to the
 * upper bin, and values outside the edges go to the nearest end bin.
 *
 * A table over equal steps of the range says where to start; from there it is a bin or two to the right one. The branches of a
 * binary search, which no processor predicts, cost several times as much.
 *
 * @param edges f64[K + 1], increasing
 */
export function binFinder(edges: Float64Array): BinFinder {
  const last = edges.length - 2;
  const low = edges[0] ?? 0;
  const steps = 4 * (last + 1);
  const stepsPerUnit = steps / ((edges[last + 1] ?? 0) - low);
  const starts = new Int32Array(steps);
  for (let step = 0, bin = 0; step < steps; step++) {
    // One step too early, so that rounding of the step never starts past the bin.
    while (bin < last && (edges[bin + 1] ?? 0) <= low + (step - 1) / stepsPerUnit) bin++;
    starts[step] = bin;
  }
  return (value) => {
    const step = (value - low) * stepsPerUnit;
    let bin = step < steps ? (starts[step > 0 ? Math.trunc(step) : 0] ?? 0) : last;
    while (bin < last && value >= (edges[bin + 1] ?? 0)) bin++;
    return bin;
  };
}
