/** @file Receding horizon: execute the first steps of a chunk, then look again. */

import { assertChunk, assertSizes, type ChunkExecution, type ExecutionSizes } from "./chunk-execution.ts";

/**
 * Execute the first E actions of a chunk; the next chunk is due when they are used up, and takes the place of what is
 * left.
 *
 * @throws RangeError unless 1 ≤ executeSteps ≤ horizon
 *
 * Source: Chi et al. 2023, arXiv:2303.04137, section 2.3.
 */
export function recedingHorizon(sizes: ExecutionSizes): ChunkExecution {
  assertSizes("recedingHorizon", sizes);
  const { executeSteps, actionSize } = sizes;
  const queue = new Float64Array(executeSteps * actionSize);
  let position = executeSteps;

  return {
    get isDue() {
      return position >= executeSteps;
    },
    refill(chunk) {
      assertChunk("recedingHorizon", chunk, sizes);
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
