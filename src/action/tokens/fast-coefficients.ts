/** @file Chunks as whole numbers: scaled and rounded cosine coefficients, low frequencies first. */

import { cosineTransform } from "./dct.ts";

/** What decides how a chunk becomes coefficients. */
export interface CoefficientSpec {
  /** H */
  readonly horizon: number;
  /** A */
  readonly actionSize: number;
  /** Coefficients are multiplied by this before they are rounded: greater is finer and longer. */
  readonly scale: number;
}

export interface FastCoefficients {
  /**
   * @param chunk f[H * A] normalized to about [-1, 1]
   * @returns f64[H * A] whole numbers, all dimensions of frequency 0, then of frequency 1, …; overwritten by the next call
   * @throws RangeError for a chunk of another size, or a value that is not finite, naming step and dimension
   */
  of(chunk: ArrayLike<number>): Float64Array;
  /** @param coefficients f64[H * A] whole numbers @param chunk f64[H * A], written */
  restore(coefficients: Float64Array, chunk: Float64Array): void;
}

/**
 * The DCT-II of every dimension along time, times `scale`, rounded half to even, row by row.
 *
 * Source: Pertsch et al. 2025, arXiv:2501.09747, section V-B; physical-intelligence/fast
 * `processing_action_tokenizer.py`.
 *
 * @param who begins the errors
 */
export function fastCoefficients(who: string, spec: CoefficientSpec): FastCoefficients {
  const { horizon, actionSize, scale } = spec;
  const size = horizon * actionSize;
  const transform = cosineTransform(horizon, actionSize);
  const coefficients = new Float64Array(size);
  const scaled = new Float64Array(size);

  return {
    of(chunk) {
      assertChunk(who, chunk, spec);
      transform.forward(chunk, coefficients);
      for (let i = 0; i < size; i++) coefficients[i] = roundHalfToEven((coefficients[i] ?? 0) * scale);
      return coefficients;
    },
    restore(coefficients, chunk) {
      if (chunk.length !== size) throw new RangeError(`${who}: the chunk to write holds ${chunk.length} values, expected ${size}`);
      for (let i = 0; i < size; i++) scaled[i] = (coefficients[i] ?? 0) / scale;
      transform.inverse(scaled, chunk);
    },
  };
}

function assertChunk(who: string, chunk: ArrayLike<number>, { horizon, actionSize }: CoefficientSpec): void {
  if (chunk.length !== horizon * actionSize) {
    throw new RangeError(`${who}: the chunk holds ${chunk.length} values, expected ${horizon} steps of ${actionSize}`);
  }
  for (let i = 0; i < chunk.length; i++) {
    if (Number.isFinite(chunk[i])) continue;
    const place = `step ${Math.floor(i / actionSize)}, dimension ${i % actionSize}`;
    throw new RangeError(`${who}: ${place} is ${chunk[i]}, expected a finite number; normalize and check the chunk first`);
  }
}

/** As numpy.around: a number midway between two integers goes to the even one. `Math.round` takes it up. */
export function roundHalfToEven(value: number): number {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}
