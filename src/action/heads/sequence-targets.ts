/** @file Chunks as sequences of tokens, for training: what a tokenizer makes of the actions of a batch. */

import type { FastSpec, SequenceCodec } from "#action/tokens";
import { cast, greater, not, sum, type Tensor } from "#engine/graph";
import type { TypedHostInput } from "./head.ts";

/** Stands behind the end of a sequence shorter than the longest. */
const NO_TOKEN = -1;

/** The tokens of every chunk, i64[B, N], and -1 behind them. */
export function sequenceTargets(who: string, codec: SequenceCodec, maxTokens: number): TypedHostInput<"i64"> {
  const size = codec.horizon * codec.actionSize;
  return {
    dtype: "i64",
    shape: (batch) => [batch, maxTokens],
    write(out, _random, { actions }) {
      for (let b = 0; b * maxTokens < out.length; b++) {
        const { ids } = codec.encode(actions.subarray(b * size, (b + 1) * size));
        if (ids.length > maxTokens) {
          const remedy = "fit the tokenizer to these data, or raise maxTokens";
          throw new RangeError(`${who}: chunk ${b} of the batch takes ${ids.length} tokens, expected at most ${maxTokens}; ${remedy}`);
        }
        for (let n = 0; n < maxTokens; n++) out[b * maxTokens + n] = BigInt(ids[n] ?? NO_TOKEN);
      }
    },
  };
}

/**
 * Whether a chunk has a valid step, bool[B, 1] of isPad bool[B, H]: tokens speak of all steps at once, so padded ones count as they stand, and a chunk of
 * nothing else does not count.
 */
export function hasValidStep(isPad: Tensor): Tensor {
  return greater(sum(cast(not(isPad), "f32"), 1, { keepDims: true }), 0);
}

/** N: a quarter more than the longest of the data the tokenizer was fitted to, where it says so, and never more than H·A, which every chunk fits into. */
export function longestSequence({ horizon, actionSize, longest = Infinity }: FastSpec): number {
  return Math.min(horizon * actionSize, Math.ceil(1.25 * longest));
}
