/** @file What tokenizers come to, as plain numbers: to be compared between runtimes. */

import { fastCodec, fitFastToEpisodes, publishedFast, type PublishedFastFiles, type SequenceCodec } from "#action/tokens";
import { CODEC_CASES, fittedCodec } from "./codec-cases.ts";
import { normals } from "./normals.ts";

/** Of a tokenizer: the ids of a few actions or chunks, and what they decode to. */
export interface TokenNumbers {
  readonly ids: readonly (readonly number[])[];
  readonly decoded: readonly (readonly number[])[];
}

/** Every tokenizer there is, fitted to random actions: the schemes of single actions by title, `fast`, and `published-fast` from its files. */
export function tokenNumbers(published: PublishedFastFiles): Record<string, TokenNumbers> {
  const grids = CODEC_CASES.map((each): [string, TokenNumbers] => [each.title, gridNumbers(fittedCodec(each))]);
  const sizes = { horizon: 6, actionSize: 2 };
  const episodes = [randomActions(20, 2), randomActions(30, 2)];
  return {
    ...Object.fromEntries(grids),
    fast: sequenceNumbers(fastCodec(fitFastToEpisodes(episodes, sizes))),
    "published-fast": sequenceNumbers(publishedFast(published, sizes)),
  };
}

/** f32[rows * size] inside ±1. */
function randomActions(rows: number, size: number): Float32Array {
  return Float32Array.from(normals(rows * size, rows + size), (value) => Math.tanh(0.5 * value));
}

/** Of the actions it was fitted to, and of one far outside them. */
function gridNumbers({ codec, rows }: ReturnType<typeof fittedCodec>): TokenNumbers {
  const inside = chunksOf(rows, codec.actionSize).slice(0, 100);
  const outside = Float32Array.from({ length: codec.actionSize }, (_, i) => (i % 2 === 0 ? 50 : -50));
  const ids = [...inside, outside].map((action) => {
    const out = new Int32Array(codec.slots.length);
    codec.encode(action, out);
    return [...out];
  });
  return { ids, decoded: ids.map((row) => decodedBy(codec, row, codec.actionSize)) };
}

function sequenceNumbers(codec: Pick<SequenceCodec, "horizon" | "actionSize" | "encode" | "decode">): TokenNumbers {
  const size = codec.horizon * codec.actionSize;
  const ids = chunksOf(randomActions(4 * codec.horizon, codec.actionSize), size).map((chunk) => [...codec.encode(chunk).ids]);
  return { ids, decoded: ids.map((row) => decodedBy(codec, row, size)) };
}

function decodedBy(codec: { decode(ids: ArrayLike<number>, out: Float64Array): void }, ids: readonly number[], size: number): number[] {
  const out = new Float64Array(size);
  codec.decode(ids, out);
  return [...out];
}

function chunksOf(values: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: values.length / size }, (_, i) => values.subarray(i * size, (i + 1) * size));
}
