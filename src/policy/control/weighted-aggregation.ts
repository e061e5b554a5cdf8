/** @file Weighted aggregation: the action of a tick is the mean of what all chunks that reach it say. */

import { assertChunk, assertSizes, type ChunkExecution, type ExecutionSizes } from "./chunk-execution.ts";

/** What the chunks that reach a tick say for it. */
export interface Predictions {
  /** How many there are, at least one. */
  readonly count: number;
  /** A */
  readonly actionSize: number;
  /** f64[count, A], oldest first; longer than that where fewer chunks reach the tick than could. */
  readonly values: Float64Array;
}

/** How much each prediction counts: writes e_i for i < count, and prediction i weighs exp(e_i) / Σ_j exp(e_j). */
export type Weighting = (predictions: Predictions, exponents: Float64Array) => void;

/**
 * Average the predictions of all chunks that reach a tick. A chunk is due every E ticks; where it is late, the chunks
 * there are go on for as long as they reach.
 *
 * Which chunks reach a tick is known from when they came. ACT asks which of them are not all zero, and so leaves out
 * predictions that are exactly zero.
 *
 * @param who begins the errors
 * @throws RangeError unless 1 ≤ executeSteps ≤ horizon
 *
 * Source: of the averaging, Zhao et al. 2023, arXiv:2304.13705, section IV-A.
 */
export function weightedAggregation(who: string, sizes: ExecutionSizes, weighting: Weighting): ChunkExecution {
  assertSizes(who, sizes);
  const { horizon, executeSteps, actionSize } = sizes;
  // At one chunk per tick at most, no more than H of them reach any tick.
  const chunks = Array.from({ length: horizon }, () => new Float64Array(horizon * actionSize));
  /** The ticks at which they began; that of refill r stands in place r mod H. */
  const starts = new Array<number>(horizon).fill(-Infinity);
  const values = new Float64Array(horizon * actionSize);
  const exponents = new Float64Array(horizon);
  let refills = 0;
  let tick = 0;
  const newest = (): number => starts[(refills + horizon - 1) % horizon] ?? -Infinity;

  /** Copy what is said for this tick to `values`, oldest first. */
  const gather = (): number => {
    let count = 0;
    for (let age = horizon; age > 0; age--) {
      const place = (refills + horizon - age) % horizon;
      const step = tick - (starts[place] ?? -Infinity);
      if (step >= horizon) continue;
      const row = chunks[place]?.subarray(step * actionSize, (step + 1) * actionSize) ?? [];
      values.set(row, count++ * actionSize);
    }
    return count;
  };

  return {
    get isDue() {
      return tick - newest() >= executeSteps;
    },
    refill(chunk) {
      assertChunk(who, chunk, sizes);
      if (newest() === tick) refills -= 1; // it takes the place of another one for the same tick
      const place = refills % horizon;
      chunks[place]?.set(chunk);
      starts[place] = tick;
      refills += 1;
    },
    next(out) {
      const count = gather();
      if (count === 0) throw new Error(`${who}: no chunk reaches this tick; call refill first`);
      weighting({ count, actionSize, values }, exponents);
      average(values, exponents.subarray(0, count), out.subarray(0, actionSize));
      tick += 1;
    },
    clear() {
      starts.fill(-Infinity);
    },
  };
}

/** out = Σ_i w_i values_i with w = softmax(exponents). */
function average(values: Float64Array, exponents: Float64Array, out: Float64Array): void {
  const greatest = exponents.reduce((most, exponent) => Math.max(most, exponent), -Infinity);
  let total = 0;
  out.fill(0);
  exponents.forEach((exponent, i) => {
    const weight = Math.exp(exponent - greatest);
    total += weight;
    for (let a = 0; a < out.length; a++) out[a] = (out[a] ?? 0) + weight * (values[i * out.length + a] ?? 0);
  });
  for (let a = 0; a < out.length; a++) out[a] = (out[a] ?? 0) / total;
}
