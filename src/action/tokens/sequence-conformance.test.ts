/** @file Laws of every tokenizer of whole chunks. A new one is tested by standing in the list. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rng } from "#engine/array";
import { fastCodec, fitFast, publishedFast, TokenError, type FastSpec, type SequenceCodec } from "./index.ts";

/** What all of them can do; where a token can be a part of a coefficient there are no `symbols`. */
type ChunkCodec = Omit<SequenceCodec, "symbols">;

interface Case {
  readonly title: string;
  readonly scheme: string;
  /** Plain JSON, from which `make` makes the codec. */
  readonly spec: unknown;
  make(spec: unknown): ChunkCodec;
  /** f[H * A] each, within its range. */
  readonly chunks: readonly ArrayLike<number>[];
}

/** Smooth chunks within [-0.8, 0.8]. */
function waves(horizon: number, actionSize: number, count: number): Float64Array[] {
  const random = rng(3, "waves", horizon);
  return Array.from({ length: count }, () => {
    const ways = Array.from({ length: actionSize }, () => [0.4 * random.uniform(), 0.4 * random.uniform(), 6 * random.uniform()] as const);
    return Float64Array.from({ length: horizon * actionSize }, (_, i) => {
      const [offset, height, phase] = ways[i % actionSize] ?? [0, 0, 0];
      return offset - height * Math.sin(Math.floor(i / actionSize) / horizon + phase);
    });
  });
}

function fast(title: string, [horizon, actionSize]: readonly [number, number], options: { readonly scale?: number; readonly vocabulary?: number } = {}): Case {
  const chunks = waves(horizon, actionSize, 40);
  const spec = fitFast(chunks, { horizon, actionSize, ...options });
  // `fastCodec` checks what it is given.
  return { title, scheme: "fast", spec, make: (given) => fastCodec(given as FastSpec), chunks };
}

interface Golden {
  readonly H: number;
  readonly D: number;
  readonly scale: number;
  readonly min_token: number;
  readonly bpe_model: object;
  readonly cases: readonly { readonly action: readonly (readonly number[])[] }[];
}

/** Upstream's own tokenizer. */
function published(): Case {
  const golden = JSON.parse(readFileSync("fixtures/golden/tokens/fast_dct_bpe.json", "utf8")) as Golden; // the file's own shape
  const tokenizer = { pre_tokenizer: { type: "ByteLevel", add_prefix_space: false }, model: golden.bpe_model };
  const processor = { scale: golden.scale, min_token: golden.min_token };
  return {
    title: "published FAST",
    scheme: "published-fast",
    spec: { tokenizer, processor },
    // The object above, or what JSON made of it.
    make: (given) => publishedFast(given as { tokenizer: unknown; processor: unknown }, { horizon: golden.H, actionSize: golden.D }),
    chunks: golden.cases.map(({ action }) => action.flat()),
  };
}

const CASES: readonly Case[] = [
  fast("FAST of 16 × 7", [16, 7]),
  fast("FAST of one step", [1, 2]),
  fast("FAST without byte pairs", [4, 2], { vocabulary: 41 }),
  fast("fine FAST", [8, 1], { scale: 100 }),
  published(),
];

function decodedBy(codec: ChunkCodec): (ids: ArrayLike<number>) => Float64Array {
  return (ids) => {
    const chunk = new Float64Array(codec.horizon * codec.actionSize);
    codec.decode(ids, chunk);
    return chunk;
  };
}

const isIdOf = ({ vocabulary }: ChunkCodec) => (id: number): boolean => Number.isInteger(id) && id >= 0 && id < vocabulary;

describe.each(CASES)("$title", ({ scheme, spec, make, chunks }) => {
  const codec = make(spec);
  const size = codec.horizon * codec.actionSize;
  const [decoded, isId] = [decodedBy(codec), isIdOf(codec)];

  test("says what it is", () => {
    expect(codec.scheme).toBe(scheme);
    for (const chunk of chunks) expect(chunk).toHaveLength(size);
  });

  test("ids lie in the vocabulary, and what they decode to has the same ids", () => {
    for (const chunk of chunks) {
      const { ids, clamped } = codec.encode(chunk);
      expect(clamped).toBe(0);
      expect(ids.every(isId)).toBe(true);
      expect(codec.encode(decoded(ids)).ids).toEqual(ids);
    }
  });

  test("chunks decode to something nearer than nothing at all", () => {
    let [error, spread] = [0, 0];
    for (const chunk of chunks) {
      const again = decoded(codec.encode(chunk).ids);
      for (let i = 0; i < size; i++) {
        error += ((chunk[i] ?? NaN) - (again[i] ?? NaN)) ** 2;
        spread += (chunk[i] ?? NaN) ** 2;
      }
    }
    expect(error).toBeLessThan(0.1 * spread);
  });

  test("a spec that went through JSON makes the same codec", () => {
    const again = make(JSON.parse(JSON.stringify(spec)));
    expect(again.vocabulary).toBe(codec.vocabulary);
    for (const chunk of chunks) expect(again.encode(chunk)).toEqual(codec.encode(chunk));
  });

});

describe.each(CASES)("bad input of $title", ({ spec, make, chunks }) => {
  const codec = make(spec);
  const size = codec.horizon * codec.actionSize;
  const [decoded, isId] = [decodedBy(codec), isIdOf(codec)];
  const positionOf = (ids: ArrayLike<number>): number => {
    try {
      decoded(ids);
    } catch (error) {
      if (error instanceof TokenError) return error.position;
      throw error;
    }
    return -1;
  };

  test("coefficients outside the range are clamped to its end and counted, however far they are", () => {
    const far = codec.encode(new Float64Array(size).fill(-50));
    // A constant chunk has one coefficient per dimension that is not 0.
    expect(far.clamped).toBe(codec.actionSize);
    expect(far.ids.every(isId)).toBe(true);
    expect(codec.encode(new Float64Array(size).fill(-1e6))).toEqual(far);
    expect(decoded(far.ids)[0]).toBeLessThan(-0.1);
  });

  test("illegal ids and cut off or overlong sequences are refused with their position", () => {
    for (const chunk of chunks.slice(0, 5)) {
      const { ids } = codec.encode(chunk);
      expect(positionOf(ids)).toBe(-1);
      ids.forEach((_, position) => {
        expect(positionOf(ids.slice(0, position))).toBe(position);
        for (const wrong of [-1, codec.vocabulary, 0.5, NaN]) expect(positionOf(ids.map((id, i) => (i === position ? wrong : id)))).toBe(position);
      });
      expect(positionOf([...ids, 0])).toBe(ids.length);
    }
  });

  test("a value that is not a finite number is refused by its step and dimension, and a chunk of another size by its length", () => {
    const place = `step ${codec.horizon - 1}, dimension ${codec.actionSize - 1}`;
    for (const wrong of [NaN, Infinity, -Infinity]) {
      const chunk = Float64Array.from({ length: size }, (_, i) => (i === size - 1 ? wrong : 0));
      expect(() => codec.encode(chunk)).toThrow(`${place} is ${wrong}, expected a finite number`);
    }
    expect(() => codec.encode(new Float64Array(size + 1))).toThrow(`holds ${size + 1} values, expected ${codec.horizon} steps of ${codec.actionSize}`);
    expect(() => codec.decode(codec.encode(chunks[0] ?? []).ids, new Float64Array(size + 1))).toThrow(RangeError);
  });
});
