/** @file A stack of Gemma layers over new tokens that look at a memory of earlier ones, and what the memory becomes. */

import { tensorFrom, zeros } from "#engine/array";
import { add, broadcastTo, concat, constant, scope, type Tensor } from "#engine/graph";
import type { KeysValues } from "./attention.ts";
import { gemmaKeysValues, gemmaLayer, type GemmaLayerSpec, type GemmaModulation } from "./gemma-layer.ts";
import type { Traced } from "./parameters.ts";
import type { Rotation } from "./rotary.ts";

/** What later tokens know of M earlier ones. */
export interface GemmaMemory {
  /** Layer by layer, f32[B, kvHeads, M, d], keys turned by their places. */
  readonly layers: readonly KeysValues[];
  /** f32[B, 1, 1, M]: 0 for a token that may be looked at, `MASKED` for padding. */
  readonly mask: Tensor;
  /** f32[B, 1]: the place of the next token, which is the number of those that are not padding. */
  readonly next: Tensor;
}

export interface GemmaRun {
  /** Of the new tokens' places. */
  readonly rotation: Rotation;
  /** What the new tokens know of earlier ones; none when left out. */
  readonly memory?: GemmaMemory | undefined;
  /** Of the new tokens among themselves, added to the scores f32[B, heads, N, N], which it broadcasts to. Default all see all. */
  readonly mask?: Tensor;
  /** Layer by layer, where normalization follows a condition. */
  readonly modulations?: readonly GemmaModulation[] | undefined;
  /** Whether the last layer only tells what it knows: no more than that is needed of tokens that are there to be looked at. */
  readonly onlyRemember?: boolean;
}

export interface GemmaDecoded {
  /** f32[B, N, D] in front of the final normalization; with `onlyRemember`, in front of the last layer. */
  readonly x: Tensor;
  /** The same in front of every layer. */
  readonly entering: readonly Tensor[];
  /** Keys and values of the new tokens, layer by layer. */
  readonly own: readonly KeysValues[];
}

/** @param x f32[B, N, D], the new tokens */
export function gemmaDecoder(layers: readonly Traced<GemmaLayerSpec>[], x: Tensor, run: GemmaRun): GemmaDecoded {
  const { rotation, memory, mask = constant(zeros(x.dtype, [1, x.shape[1] ?? 0])), modulations, onlyRemember = false } = run;
  const full = memory === undefined ? mask : joinMasks(memory.mask, mask, x.shape[0] ?? 0);
  const own: KeysValues[] = [];
  const entering: Tensor[] = [];
  let h = x;
  layers.forEach((layer, i) =>
    scope(`layers.${i}`, () => {
      entering.push(h);
      const modulation = modulations?.[i];
      if (onlyRemember && i === layers.length - 1) return void own.push(gemmaKeysValues(layer, h, { rotation, modulation }));
      const result = gemmaLayer(layer, h, { rotation, mask: full, memory: memory?.layers[i], modulation });
      own.push(result.own);
      h = result.x;
    }),
  );
  return { x: h, entering, own };
}

/**
 * A memory with new tokens behind it, none of them padding.
 *
 * @param own from `gemmaDecoder` with this memory
 */
export function extendMemory(memory: GemmaMemory, own: readonly KeysValues[]): GemmaMemory {
  const tokens = own[0]?.keys.shape[2] ?? 0;
  const [batch = 0] = memory.next.shape;
  return {
    layers: memory.layers.map(({ keys, values }, i) => {
      const { keys: newKeys, values: newValues } = own[i] as KeysValues;
      return { keys: concat([keys, newKeys], 2), values: concat([values, newValues], 2) };
    }),
    mask: concat([memory.mask, constant(zeros(memory.mask.dtype, [batch, 1, 1, tokens]))], 3),
    next: add(memory.next, tokens),
  };
}

/** Places of N tokens behind a memory, f32[B, N]. */
export function nextPositions({ next }: GemmaMemory, tokens: number): Tensor {
  return add(next, constant(tensorFrom(next.dtype, [1, tokens], Array.from({ length: tokens }, (_, i) => i))));
}

/** Side by side: of earlier tokens f32[B, 1, 1, M], of new ones f32[..., R, N] with R = N, or 1 where all see alike; f32[B, 1, R, M + N]. */
function joinMasks(earlier: Tensor, own: Tensor, batch: number): Tensor {
  const [rows = 1, tokens = 0] = own.shape.slice(-2);
  return concat([broadcastTo(earlier, [batch, 1, rows, earlier.shape[3] ?? 0]), broadcastTo(own, [batch, 1, rows, tokens])], 3);
}
