/** @file Laws of byte pairs: what is learned, how it is applied, and that the fast way equals the plain one. */

import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { fitBytePairs } from "./byte-pairs-fit.ts";
import { bytePairEncoder, type Merge } from "./byte-pairs.ts";

const merge = (left: number, right: number, id: number): Merge => ({ left, right, id });

/** Small ids, unevenly drawn, so that some pairs are frequent and runs of one id occur. */
function sequences(count: number, size: number, seed: number): number[][] {
  const random = rng(seed, "byte-pairs");
  return Array.from({ length: count }, () =>
    Array.from({ length: size }, () => Math.min(4, Math.floor(-2 * Math.log(1 - random.uniform())))),
  );
}

/** Replace a pair from left to right. */
function replaced(ids: readonly number[], { left, right, id }: Merge): number[] {
  const out: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const isPair = ids[i] === left && ids[i + 1] === right;
    out.push(isPair ? id : (ids[i] ?? NaN));
    if (isPair) i += 1;
  }
  return out;
}

/** Learning by counting everything anew for every merge. */
function plainFit(start: readonly number[][], alphabet: number, vocabulary: number): Merge[] {
  let current = start;
  const merges: Merge[] = [];
  for (let id = alphabet; id < vocabulary; id++) {
    const counts = new Map<number, number>();
    for (const ids of current) {
      for (let i = 1; i < ids.length; i++) {
        const key = (ids[i - 1] ?? 0) * vocabulary + (ids[i] ?? 0);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    const [best] = [...counts].sort(([keyA, a], [keyB, b]) => b - a || keyA - keyB);
    if (best === undefined || best[1] < 2) break;
    const found = merge(Math.floor(best[0] / vocabulary), best[0] % vocabulary, id);
    merges.push(found);
    current = current.map((ids) => replaced(ids, found));
  }
  return merges;
}

test("the earliest merge goes first, wherever it fits", () => {
  const encode = bytePairEncoder([merge(1, 2, 10), merge(0, 1, 11)]);
  expect(encode([0, 1, 2])).toEqual([0, 10]);
  expect(encode([0, 1, 1, 2])).toEqual([11, 10]);
});

test("a run is paired from the left", () => {
  const encode = bytePairEncoder([merge(0, 0, 10), merge(10, 10, 11)]);
  expect(encode([0, 0, 0])).toEqual([10, 0]);
  expect(encode([0, 0, 0, 0, 0, 0, 0])).toEqual([11, 10, 0]);
});

test("nothing to merge leaves the ids as they are", () => {
  expect(bytePairEncoder([])([3, 1, 2])).toEqual([3, 1, 2]);
  expect(bytePairEncoder([merge(0, 1, 2)])([])).toEqual([]);
  expect(bytePairEncoder([merge(0, 1, 2)])([7])).toEqual([7]);
});

test("encoding equals applying every merge in turn", () => {
  const all = sequences(40, 60, 1);
  const merges = fitBytePairs(all, { alphabet: 5, vocabulary: 80 });
  const encode = bytePairEncoder(merges);
  for (const ids of [...all, ...sequences(20, 200, 2)]) {
    expect(encode(ids)).toEqual(merges.reduce(replaced, ids));
  }
});

test("learning equals counting everything anew for every merge", () => {
  const all = sequences(30, 50, 3);
  expect(fitBytePairs(all, { alphabet: 5, vocabulary: 90 })).toEqual(plainFit(all, 5, 90));
});

test("of equally frequent pairs that of the lesser ids goes first", () => {
  const merges = fitBytePairs([[2, 3], [0, 1], [2, 3], [0, 1]], { alphabet: 4, vocabulary: 5 });
  expect(merges).toEqual([merge(0, 1, 4)]);
});

test("a pair seen once, or across two sequences, is not learned", () => {
  const options = { alphabet: 3, vocabulary: 10 };
  expect(fitBytePairs([[0, 1, 2]], options)).toEqual([]);
  expect(fitBytePairs([[0], [1], [0], [1], [0], [1]], options)).toEqual([]);
});
