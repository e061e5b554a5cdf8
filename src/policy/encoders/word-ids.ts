/** @file Texts as ids of their words, for trunks that are trained from nothing. */

import { tensorFrom, type HostTensor } from "#engine/array";
import { quotedStart } from "./quoted-start.ts";

/** Ids of words are from 1 to this; 0 is padding. */
export const WORD_IDS = 2047;

/**
 * Texts as ids of their words, in small letters and without punctuation, padded with 0 at the end. Pure; no text is ever cut, and no word is unknown: its id is
 * its hash, so that two words are one about once in 2047 pairs. A text of no words is all padding.
 *
 * @param words N, words there is room for
 * @returns i64[B, N] in [0, WORD_IDS]
 * @throws RangeError for a text of more words, with its number and its beginning
 *
 * Source: the hashing trick, Weinberger et al. 2009, arXiv:0902.2206, with FNV-1a in 32 bits.
 */
export function wordIds(texts: readonly string[], words: number): HostTensor<"i64"> {
  const ids = texts.flatMap((text, i) => {
    const found = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
    if (found.length > words) {
      throw new RangeError(`wordIds: text ${i}, ${quotedStart(text)}, has ${found.length} words, expected at most ${words}: shorten it`);
    }
    return Array.from({ length: words }, (_, at) => (at < found.length ? 1 + (fnv1a(found[at] ?? "") % WORD_IDS) : 0));
  });
  return tensorFrom("i64", [texts.length, words], ids);
}

/** Source: Fowler, Noll and Vo, draft-eastlake-fnv, with the constants of 32 bits. */
function fnv1a(word: string): number {
  return new TextEncoder().encode(word).reduce((hash, byte) => Math.imul(hash ^ byte, 16_777_619) >>> 0, 2_166_136_261);
}
