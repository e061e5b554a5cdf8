/** @file Learning byte pairs: which neighbours are worth a token of their own. */

import type { Merge } from "./byte-pairs.ts";

/** A pair of fewer places is not worth a token. */
const LEAST_COUNT = 2;

/** A pair of neighbouring ids, and where it was seen. */
interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  /** Positions of the left id, ascending; some of them may have been merged away since. */
  readonly places: number[];
}

/**
 * Merge the most frequent pair of neighbours, count again, and so on, until the vocabulary is full or no pair occurs
 * twice. Among equally frequent pairs the one of the lesser ids goes first, so the same sequences give the same merges.
 * A pair never spans two sequences.
 *
 * Counts are kept up to date place by place rather than counted again: after the merge that made the newer of its two
 * ids, a pair can only become rarer.
 *
 * @param sequences integers 0 … alphabet-1
 * @param sizes ids of the alphabet, and of alphabet and merges together
 *
 * Source: Sennrich, Haddow & Birch 2016, arXiv:1508.07909, section 3.2 (without its end-of-word symbol).
 */
export function fitBytePairs(
  sequences: readonly ArrayLike<number>[],
  { alphabet, vocabulary }: { readonly alphabet: number; readonly vocabulary: number },
): Merge[] {
  const chain = chainOf(sequences);
  const pairs = new Map<number, Pair>();
  const note = (place: number, by: 1 | -1): void => {
    const right = chain.next[place] ?? -1;
    if (place < 0 || right < 0) return;
    countPair(pairs, { left: chain.ids[place] ?? 0, right: chain.ids[right] ?? 0, place, by, key: vocabulary });
  };
  for (let place = 0; place < chain.ids.length; place++) note(place, 1);

  const merges: Merge[] = [];
  for (let id = alphabet; id < vocabulary; id++) {
    const best = mostFrequent(pairs);
    if (best === undefined) break;
    merges.push({ left: best.left, right: best.right, id });
    for (const place of best.places) mergeAt(chain, { place, merge: { ...best, id }, note });
  }
  return merges;
}

/** All sequences one after the other, as a doubly linked list with breaks between them. */
interface Chain {
  readonly ids: Int32Array;
  /** -1 past the last of a sequence, and where an id was swallowed by the one before. */
  readonly next: Int32Array;
  /** -1 before the first of a sequence. */
  readonly previous: Int32Array;
}

function chainOf(sequences: readonly ArrayLike<number>[]): Chain {
  const size = sequences.reduce((total, sequence) => total + sequence.length, 0);
  const chain = { ids: new Int32Array(size), next: new Int32Array(size), previous: new Int32Array(size) };
  let place = 0;
  for (const sequence of sequences) {
    for (let i = 0; i < sequence.length; i++, place++) {
      chain.ids[place] = sequence[i] ?? 0;
      chain.previous[place] = i === 0 ? -1 : place - 1;
      chain.next[place] = i === sequence.length - 1 ? -1 : place + 1;
    }
  }
  return chain;
}

interface Sighting {
  readonly left: number;
  readonly right: number;
  readonly place: number;
  readonly by: 1 | -1;
  /** Greater than every id. */
  readonly key: number;
}

function countPair(pairs: Map<number, Pair>, { left, right, place, by, key }: Sighting): void {
  const pair = pairs.get(left * key + right);
  if (pair === undefined) {
    if (by > 0) pairs.set(left * key + right, { left, right, count: 1, places: [place] });
    return;
  }
  pair.count += by;
  if (by > 0) pair.places.push(place);
}

/** Pairs that have become too rare are dropped on the way: they cannot become frequent again. */
function mostFrequent(pairs: Map<number, Pair>): Pair | undefined {
  let best: Pair | undefined;
  for (const [key, pair] of pairs) {
    if (pair.count < LEAST_COUNT) pairs.delete(key);
    else if (best === undefined || pair.count > best.count || (pair.count === best.count && isBefore(pair, best))) best = pair;
  }
  return best;
}

function isBefore(a: Pair, b: Pair): boolean {
  return a.left === b.left ? a.right < b.right : a.left < b.left;
}

function mergeAt(
  { ids, next, previous }: Chain,
  { place, merge, note }: { readonly place: number; readonly merge: Merge; note(place: number, by: 1 | -1): void },
): void {
  const right = next[place] ?? -1;
  if (ids[place] !== merge.left || right < 0 || ids[right] !== merge.right) return;
  const before = previous[place] ?? -1;
  const after = next[right] ?? -1;
  for (const changed of [before, place, right]) note(changed, -1);
  ids[place] = merge.id;
  next[place] = after;
  next[right] = -1;
  if (after >= 0) previous[after] = place;
  for (const changed of [before, place]) note(changed, 1);
}
