/** @file What FAST's tokens stand for, as tables inside a graph: which of them fit, and the chunk they make. */

import { cosineTransform, type FastSpec } from "#action/tokens";
import { tensorFrom } from "#engine/array";
import {
  add, cast, constant, cumulativeSum, gather, less, lessEqual, logicalAnd, matmul, reshape, sub, sum, where, type Tensor,
} from "#engine/graph";
import { MASKED } from "#engine/nn";

export interface FastTables {
  /** f32[K]: how many coefficients each token holds. */
  readonly lengths: Tensor;
  /**
   * Logits, `MASKED` where a token holds more than there is room for; and, with `placesLeft`, where what it leaves could not be
   * filled by so many tokens.
   *
   * @param logits f32[..., K]
   * @param room f32[...] coefficients still missing; where it is 0 all are masked
   */
  allowed(logits: Tensor, room: Tensor, placesLeft?: number): Tensor;
  /**
   * The chunk that sequences stand for.
   *
   * @param ids i64[B, N]
   * @param added f32[B, N] how many coefficients each token adds: its length, and 0 behind the end; H·A in all
   * @returns f32[B, H, A]
   */
  chunkOf(ids: Tensor, added: Tensor): Tensor;
}

/**
 * @param symbols per id the coefficients it holds, as `SequenceCodec.symbols`
 */
export function fastTables(spec: FastSpec, symbols: readonly Int32Array[]): FastTables {
  const { horizon, actionSize } = spec;
  const size = horizon * actionSize;
  const table = (values: readonly number[]): Tensor => constant(tensorFrom("f32", [values.length], values));
  const sizes = symbols.map(({ length }) => length);
  const longest = Math.max(...sizes);
  const needed = fewestTokens(sizes, size);
  const mostNeeded = Math.max(...needed);
  const lengths = table(sizes);
  // Room that is overdrawn can be filled by no number of tokens.
  const needAfter = table([...Array<number>(longest).fill(-MASKED), ...needed]);
  const starts = table(startsOf(sizes));
  const coefficients = table(symbols.flatMap((values) => Array.from(values)));
  const places = constant(tensorFrom("f32", [size, 1], Array.from({ length: size }, (_, at) => at)));
  const inverse = constant(tensorFrom("f32", [1, horizon, horizon], inverseTransform(spec)));

  return {
    lengths,

    allowed(logits, room, placesLeft = Infinity) {
      const left = sub(reshape(room, [...room.shape, 1]), lengths); // [..., K]
      if (placesLeft >= mostNeeded) return where(lessEqual(0, left), logits, MASKED);
      const need = gather(needAfter, cast(add(left, longest), "i64"));
      return where(lessEqual(need, placesLeft), logits, MASKED);
    },

    chunkOf(ids, added) {
      const [B = 0, N = 0] = ids.shape;
      const end = cumulativeSum(added);
      const start = sub(end, added); // [B, N]
      const row = (x: Tensor): Tensor => reshape(x, [B, 1, N]);
      // Each coefficient lies in one token, at starts[id] + (place - start) of the table.
      const isInside = logicalAnd(lessEqual(row(start), places), less(places, row(end))); // [B, H·A, N]
      const offset = sum(where(isInside, row(sub(gather(starts, ids), start)), 0), -1);
      const values = gather(coefficients, cast(add(offset, reshape(places, [size])), "i64"));
      return matmul(inverse, reshape(values, [B, horizon, actionSize]));
    },
  };
}

/** The fewest tokens that hold exactly 0, 1, … `size` coefficients; single ones have a token each. */
export function fewestTokens(lengths: readonly number[], size: number): number[] {
  const distinct = [...new Set(lengths)];
  const fewest = [0];
  for (let room = 1; room <= size; room++) {
    fewest.push(1 + Math.min(...distinct.filter((length) => length <= room).map((length) => fewest[room - length] ?? Infinity)));
  }
  return fewest;
}

function startsOf(sizes: readonly number[]): number[] {
  let start = 0;
  return sizes.map((size) => (start += size) - size);
}

/** f64[H * H]: from scaled coefficients of one dimension to its values. */
function inverseTransform({ horizon, scale }: FastSpec): Float64Array {
  const { inverse } = cosineTransform(horizon, 1);
  const matrix = new Float64Array(horizon * horizon);
  const column = new Float64Array(horizon);
  for (let k = 0; k < horizon; k++) {
    inverse(Array.from({ length: horizon }, (_, i) => (i === k ? 1 / scale : 0)), column);
    for (let h = 0; h < horizon; h++) matrix[h * horizon + k] = column[h] ?? 0;
  }
  return matrix;
}
