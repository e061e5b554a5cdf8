/** @file What executes chunks: chunks in whenever one is due, one action out per tick. */

/** Hands out one action per tick and says when the next chunk is due. */
export interface ChunkExecution {
  /** True when it is time for `refill`, before `next`. */
  readonly isDue: boolean;
  /** Take over a new chunk, f[H * A] row-major in physical units; its first action is for this tick. */
  refill(chunk: ArrayLike<number>): void;
  /**
   * The action of this tick, written to `out` f[A].
   *
   * @throws Error when no chunk reaches this tick
   */
  next(out: Float64Array): void;
  /** Forget all chunks, as at the start of an episode. */
  clear(): void;
}

/** What every way of executing chunks is told. */
export interface ExecutionSizes {
  /** H */
  readonly horizon: number;
  /** E: ticks from one chunk to the next. */
  readonly executeSteps: number;
  /** A */
  readonly actionSize: number;
}

/** @throws RangeError unless 1 ≤ executeSteps ≤ horizon */
export function assertSizes(who: string, { horizon, executeSteps }: ExecutionSizes): void {
  if (!Number.isInteger(executeSteps) || executeSteps < 1 || executeSteps > horizon) {
    throw new RangeError(`${who}: executeSteps is ${executeSteps}, expected an integer from 1 to ${horizon}`);
  }
}

/** @throws RangeError unless the chunk holds H·A values */
export function assertChunk(who: string, chunk: ArrayLike<number>, { horizon, actionSize }: ExecutionSizes): void {
  if (chunk.length !== horizon * actionSize) {
    throw new RangeError(`${who}: the chunk holds ${chunk.length} values, expected ${horizon * actionSize}`);
  }
}
