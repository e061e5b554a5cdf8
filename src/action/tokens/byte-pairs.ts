/** @file Byte-pair encoding of integers: which neighbours become one token, and how to apply that. */

/** Two neighbouring ids that become one. Earlier merges of a list go first. */
export interface Merge {
  readonly left: number;
  readonly right: number;
  /** The id that takes their place. */
  readonly id: number;
}

/**
 * Apply merges to sequences of ids: again and again the earliest merge that fits anywhere, its leftmost place first.
 *
 * Places wait in a heap ordered by merge and position, so that a sequence of n ids takes O(n log n).
 *
 * Source: Sennrich, Haddow & Birch 2016, arXiv:1508.07909, section 3.2.
 */
export function bytePairEncoder(merges: readonly Merge[]): (ids: ArrayLike<number>) => number[] {
  const width = merges.reduce((most, { left, right }) => Math.max(most, left, right), 0) + 1;
  const ranks = new Map(merges.map(({ left, right }, rank) => [left * width + right, rank]));
  /** Which merge joins two ids; -1 for none. Ids past `width` are in no merge. */
  const rankOf = (left: number, right: number): number =>
    left < width && right < width ? (ranks.get(left * width + right) ?? -1) : -1;

  return (sequence) => {
    const size = sequence.length;
    const ids = new Int32Array(sequence);
    const next = new Int32Array(size); // `size` past the last
    const previous = new Int32Array(size);
    for (let place = 0; place < size; place++) {
      next[place] = place + 1;
      previous[place] = place - 1;
    }
    /** Which merge joins the id at a place with the one after it; -1 for none, and where an id was swallowed. */
    const rankAt = new Int32Array(size).fill(-1);
    const waiting = minHeap(2 * size);
    const consider = (place: number): void => {
      const right = next[place] ?? size;
      const rank = right < size ? rankOf(ids[place] ?? 0, ids[right] ?? 0) : -1;
      rankAt[place] = rank;
      if (rank >= 0) waiting.push(rank * size + place);
    };

    for (let place = 0; place < size; place++) consider(place);
    for (let first = waiting.pop(); first !== undefined; first = waiting.pop()) {
      const place = first % size;
      const rank = (first - place) / size;
      if (rankAt[place] !== rank) continue; // a neighbour was merged away in the meantime
      const right = next[place] ?? size;
      const after = next[right] ?? size;
      ids[place] = merges[rank]?.id ?? 0;
      rankAt[right] = -1;
      next[place] = after;
      if (after < size) previous[after] = place;
      consider(place);
      if (place > 0) consider(previous[place] ?? 0);
    }

    const tokens: number[] = [];
    for (let place = 0; place < size; place = next[place] ?? size) tokens.push(ids[place] ?? 0);
    return tokens;
  };
}

/** Numbers in, the least of them out. */
function minHeap(capacity: number): { push(value: number): void; pop(): number | undefined } {
  const values = new Float64Array(capacity);
  let size = 0;
  return {
    push(value) {
      let at = size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        const above = values[parent] ?? 0;
        if (above <= value) break;
        values[at] = above;
        at = parent;
      }
      values[at] = value;
    },
    pop() {
      if (size === 0) return undefined;
      const least = values[0];
      const last = values[--size] ?? 0;
      let at = 0;
      for (let child = 1; child < size; child = 2 * at + 1) {
        if (child + 1 < size && (values[child + 1] ?? 0) < (values[child] ?? 0)) child += 1;
        const below = values[child] ?? 0;
        if (below >= last) break;
        values[at] = below;
        at = child;
      }
      values[at] = last;
      return least;
    },
  };
}
