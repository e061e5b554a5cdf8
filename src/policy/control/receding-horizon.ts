/** @file Receding horizon: execute the first steps of a chunk, then look again. */

/** Hands out one action per tick and says when the next chunk is due. */
export interface RecedingHorizon {
  /** True when the queue is empty and `refill` must come before `next`. */
  readonly isDue: boolean;
  /** Take over a new chunk, f[H * A] row-major in physical units. */
  refill(chunk: ArrayLike<number>): void;
  /** The action of this tick, written to `out` f[A]. */
  next(out: Float64Array): void;
  /** Forget what is left, as at the start of an episode. */
  clear(): void;
}

/**
 * @param sizes H, E and A; E of the H predicted steps are executed
 * @throws RangeError unless 1 ≤ executeSteps ≤ horizon
 *
 * Source: Chi et al. 2023, arXiv:2303.04137, section 2.3.
 */
export function recedingHorizon(sizes: {
  readonly horizon: number;
  readonly executeSteps: number;
  readonly actionSize: number;
}): RecedingHorizon {
  const { horizon, executeSteps, actionSize } = sizes;
  if (!Number.isInteger(executeSteps) || executeSteps < 1 || executeSteps > horizon) {
    throw new RangeError(`recedingHorizon: executeSteps is ${executeSteps}, expected an integer from 1 to ${horizon}`);
  }
  const queue = new Float64Array(executeSteps * actionSize);
  let position = executeSteps;

  return {
    get isDue() {
      return position >= executeSteps;
    },
    refill(chunk) {
      if (chunk.length !== horizon * actionSize) {
        throw new RangeError(`recedingHorizon: the chunk holds ${chunk.length} values, expected ${horizon * actionSize}`);
      }
      for (let i = 0; i < queue.length; i++) queue[i] = chunk[i] ?? 0;
      position = 0;
    },
    next(out) {
      if (position >= executeSteps) throw new Error("recedingHorizon: the queue is empty; call refill first");
      for (let i = 0; i < actionSize; i++) out[i] = queue[position * actionSize + i] ?? 0;
      position += 1;
    },
    clear() {
      position = executeSteps;
    },
  };
}
