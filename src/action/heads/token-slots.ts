/** @file What the heads of grid tokens share: targets of a chunk, its loss, and decoding by table inside the graph. */

import type { GridCodec, TokenSlot } from "#action/tokens";
import { l1Loss, tokenAccuracy, tokenCrossEntropy } from "#action/losses";
import { tensorFrom } from "#engine/array";
import { add, argMax, concat, constant, gather, mul, not, reshape, slice, sub, type Tensor } from "#engine/graph";
import type { ChunkSpec, ChunkTargets, HeadLoss, TypedHostInput } from "./head.ts";

/** @throws RangeError when the codec is made for other actions */
export function assertCodec(codec: GridCodec, { actionSize }: ChunkSpec, who: string): void {
  if (codec.actionSize === actionSize) return;
  throw new RangeError(`${who}: the codec "${codec.scheme}" is for actions of ${codec.actionSize} dimensions, expected ${actionSize}`);
}

/** The tokens of every step of every chunk: i64[B, H, S] ids, one per slot. Values outside the bins get the ids of their ends. */
export function tokenTargets(codec: GridCodec, { horizon, actionSize }: ChunkSpec): TypedHostInput<"i64"> {
  const perStep = codec.slots.length;
  const ids = new Int32Array(perStep);
  return {
    dtype: "i64",
    shape: (batch) => [batch, horizon, perStep],
    write(out, _random, { actions }) {
      for (let step = 0; step * perStep < out.length; step++) {
        codec.encode(actions.subarray(step * actionSize, (step + 1) * actionSize), ids);
        for (let s = 0; s < perStep; s++) out[step * perStep + s] = BigInt(ids[s] ?? 0);
      }
    },
  };
}

export interface SlotBatch extends ChunkTargets {
  /** i64[B, H, S] ids */
  readonly tokens: Tensor;
}

/**
 * Mean cross-entropy over the tokens of valid steps; every token counts alike, and its softmax runs over the ids of its slot.
 *
 * Metrics: `accuracy`, the share of tokens that the largest logit gets right, and `l1`, the mean distance of the actions these
 * tokens decode to from those demonstrated.
 *
 * @param logits per slot f32[B, H, size]
 */
export function slotLoss(codec: GridCodec, logits: readonly Tensor[], { tokens, actions, isPad }: SlotBatch): HeadLoss {
  const [B = 0, H = 0] = isPad.shape;
  const isValid = not(isPad);
  const targets = codec.slots.map(({ offset }, s) => sub(reshape(slice(tokens, 2, s, s + 1), [B, H]), offset));
  const meanOver = (each: (logits: Tensor, target: Tensor) => Tensor): Tensor =>
    mul(logits.map((tensor, s) => each(tensor, targets[s] ?? tokens)).reduce((total, value) => add(total, value)), 1 / logits.length);
  const decoded = decodeSlots(codec.slots, logits.map((tensor) => argMax(tensor)));
  return {
    loss: meanOver((tensor, target) => tokenCrossEntropy(tensor, target, { isValid })),
    metrics: {
      accuracy: meanOver((tensor, target) => tokenAccuracy(tensor, target, isValid)),
      l1: l1Loss(decoded, actions, { isPad }),
    },
  };
}

/**
 * The actions that tokens stand for, from the tables of the codec.
 *
 * @param rows per slot i64[B, H], the id less the offset of its slot
 * @returns f32[B, H, A]
 */
export function decodeSlots(slots: readonly TokenSlot[], rows: readonly Tensor[]): Tensor {
  const columns: Tensor[] = [];
  slots.forEach(({ size, dims, centers }, s) => {
    const table = constant(tensorFrom("f32", [size, dims.length], centers));
    const values = gather(table, rows[s] as Tensor); // [B, H, dims]
    dims.forEach((dim, i) => (columns[dim] = slice(values, 2, i, i + 1)));
  });
  return concat(columns, 2);
}
