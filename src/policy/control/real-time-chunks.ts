/** @file Real-time chunking: the next chunk is drawn while this one is executed, and takes over where the robot then is. */

import { assertChunk, assertSizes, type ExecutionSizes } from "./chunk-execution.ts";

export interface RealTimeOptions extends ExecutionSizes {
  /** Ticks that the first draw is expected to take, before any was measured. Default the most that leaves no gap, min(E, H - E). */
  readonly firstDelay?: number;
  /** How many of the newest draws say how long the next may take: as long as the longest. Default 10. */
  readonly window?: number;
}

/** What the next chunk is to go on from. */
export interface Remaining {
  /** f64[R * A]: what was not executed when the draw began. */
  readonly rest: Float64Array;
  /** Steps of it that will be executed before the new chunk is there; at most R. */
  readonly delay: number;
}

/** A chunk that is being drawn, from what was observed when the draw began. */
export interface Draw {
  /** Undefined where nothing is being executed, as at the start of an episode. */
  readonly goingOn: Remaining | undefined;
  /**
   * The chunk is there, f[H * A] physical units: its first action is for the tick at which the draw began, so as many as were executed meanwhile are left out.
   *
   * @returns whether it was taken: false for a draw that was cleared or cancelled meanwhile
   */
  refill(chunk: ArrayLike<number>): boolean;
  /** There will be no chunk, as when the policy failed: another draw may begin. */
  cancel(): void;
}

export interface RealTimeChunks {
  /** True when it is time to `begin` a draw. */
  readonly isDue: boolean;
  /** Ticks that can be executed before a new chunk has to be there. */
  readonly ticksLeft: number;
  /** A draw begins now, from what is observed at this tick. @throws Error when one is under way */
  begin(): Draw;
  /**
   * The action of this tick, written to `out` f64[A].
   *
   * @throws Error when none is left: the robot has to wait, and `ticksLeft` says so
   */
  next(out: Float64Array): void;
  /** Forget all chunks, also one that is being drawn, as at the start of an episode. What was measured is kept. */
  clear(): void;
}

const WHO = "realTimeChunks";

/**
 * Executes E steps of a chunk, then has the next one drawn, and goes on executing meanwhile. How long a draw takes is counted in executed ticks; the first of an
 * episode, when nothing moves yet, counts for nothing. Whatever only the second needs, such as a graph that goes on from a chunk, has to be ready before.
 *
 * @param options a draw may take up to E and up to H - E ticks: longer ones leave the robot without an action
 * @throws RangeError unless 1 ≤ executeSteps < horizon, and firstDelay and window are whole numbers
 *
 * Source: Black, Galliker and Levine 2025, arXiv:2506.07339, algorithm 1.
 */
export function realTimeChunks(options: RealTimeOptions): RealTimeChunks {
  const { horizon, executeSteps, actionSize, firstDelay = Math.min(executeSteps, horizon - executeSteps), window = 10 } = options;
  assertSizes(WHO, options);
  if (executeSteps === horizon) throw new RangeError(`${WHO}: executeSteps is ${executeSteps}, expected fewer than the chunk's ${horizon}: nothing would be left while the next is drawn`);
  if (!Number.isInteger(firstDelay) || firstDelay < 0) throw new RangeError(`${WHO}: firstDelay is ${firstDelay}, expected a whole number of ticks`);
  if (!Number.isInteger(window) || window < 1) throw new RangeError(`${WHO}: window is ${window}, expected a whole number of at least 1`);

  const chunk = new Float64Array(horizon * actionSize);
  const delays: number[] = [];
  let position = horizon;
  let underWay: Draw | undefined;
  /** Steps executed since it began. */
  let executed = 0;

  const drawFrom = (goingOn: Remaining | undefined): Draw => {
    const draw: Draw = {
      goingOn,
      refill(next) {
        if (draw !== underWay) return false;
        assertChunk(WHO, next, options);
        for (let i = 0; i < chunk.length; i++) chunk[i] = next[i] ?? 0;
        if (goingOn !== undefined) delays.push(executed);
        if (delays.length > window) delays.shift();
        position = executed;
        underWay = undefined;
        return true;
      },
      cancel() {
        if (draw === underWay) underWay = undefined;
      },
    };
    return draw;
  };

  return {
    get isDue() {
      return underWay === undefined && position >= executeSteps;
    },
    get ticksLeft() {
      return horizon - position;
    },
    begin() {
      if (underWay !== undefined) throw new Error(`${WHO}: a draw is under way; give it its chunk, cancel it, or clear, first`);
      const left = horizon - position;
      const delay = delays.length === 0 ? firstDelay : Math.max(...delays);
      executed = 0;
      underWay = drawFrom(left === 0 ? undefined : { rest: chunk.slice(position * actionSize), delay: Math.min(delay, left) });
      return underWay;
    },
    next(out) {
      if (position >= horizon) throw new Error(`${WHO}: the chunk is used up and the next is not there; wait while ticksLeft is 0, or begin earlier (a smaller executeSteps)`);
      for (let i = 0; i < actionSize; i++) out[i] = chunk[position * actionSize + i] ?? 0;
      position += 1;
      executed += 1;
    },
    clear() {
      position = horizon;
      underWay = undefined;
    },
  };
}
