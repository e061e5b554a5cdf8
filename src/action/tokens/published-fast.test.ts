/** @file Laws of published FAST tokenizers: upstream's ids, and errors where upstream loses values. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bytesOfToken, piecesOf, utf8Reader } from "./byte-level.ts";
import { TokenError } from "./codec.ts";
import { publishedFast, type PublishedFastCodec } from "./published-fast.ts";

interface Golden {
  readonly H: number;
  readonly D: number;
  readonly scale: number;
  readonly min_token: number;
  readonly bpe_model: { readonly vocab: Record<string, number>; readonly merges: readonly (readonly [string, string])[] };
  readonly cases: readonly {
    readonly action: readonly (readonly number[])[];
    readonly ids: readonly number[];
    readonly decoded: readonly (readonly number[])[];
  }[];
}

const golden = JSON.parse(readFileSync("fixtures/golden/tokens/fast_dct_bpe.json", "utf8")) as Golden;
const PRE_TOKENIZER = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
const tokenizer = { version: "1.0", added_tokens: [], normalizer: null, pre_tokenizer: PRE_TOKENIZER, model: golden.bpe_model };
const processor = { scale: golden.scale, min_token: golden.min_token, vocab_size: 512, time_horizon: null, action_dim: null };
const sizes = { horizon: golden.H, actionSize: golden.D };
const codec = publishedFast({ tokenizer, processor }, sizes);

function decoded(from: PublishedFastCodec, ids: ArrayLike<number>): number[] {
  const chunk = new Float64Array(from.horizon * from.actionSize);
  from.decode(ids, chunk);
  return [...chunk];
}

/** Chunks of one step, so that coefficients are the values times 10; characters stand for themselves, from 0. */
function textTokenizer(tokens: readonly string[], merges: readonly string[], actionSize: number): PublishedFastCodec {
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const model = { type: "BPE", vocab, merges };
  return publishedFast(
    { tokenizer: { pre_tokenizer: PRE_TOKENIZER, model }, processor: { scale: 10, min_token: 0 } },
    { horizon: 1, actionSize },
  );
}
const actionsOf = (text: string): number[] => [...text].map((character) => (character.codePointAt(0) ?? NaN) / 10);

test.each([...golden.cases.entries()])("case %i has the golden ids, and they decode to the golden chunk", (_, { action, ids, decoded: chunk }) => {
  expect(codec.encode(action.flat())).toEqual({ ids, clamped: 0 });
  const gaps = decoded(codec, ids).map((value, i) => Math.abs(value - (chunk.flat()[i] ?? NaN)));
  expect(gaps.length).toBe(112);
  expect(Math.max(...gaps)).toBeLessThan(1e-12);
});

test("pieces are those of GPT-2, and nothing is merged across them", () => {
  expect(piecesOf("ab12 cd 34!? ?  x's'S\u0085\u001C")).toEqual(["ab", "12", " cd", " 34", "!?", " ?", " ", " x", "'s", "'", "S", "\u0085", "\u001C"]);
  const codec = textTokenizer(["a", "1", "a1", "aa"], ["a 1", "a a"], 3);
  expect(codec.encode(actionsOf("aa1")).ids).toEqual([3, 1]);
});

test("a character of several bytes may be spread over tokens", () => {
  // ł is U+0142, bytes C5 82, written Å and Ĥ; Ņ is U+0145, bytes C5 85, written Å and ħ.
  const codec = textTokenizer(["Å", "Ĥ", "ħ", "ĤÅ"], ["Ĥ Å"], 2);
  const { ids } = codec.encode(actionsOf("łŅ"));
  expect(ids).toEqual([0, 3, 2]);
  expect(decoded(codec, ids)).toEqual(actionsOf("łŅ"));
});

test("a token with a character that stands for no byte is taken at its own UTF-8, as upstream decodes it", () => {
  expect(bytesOfToken("Ġ")).toEqual([0x20]);
  expect(bytesOfToken(" ")).toEqual([0x20]);
  expect(bytesOfToken("a b")).toEqual([0x61, 0x20, 0x62]);
  expect(bytesOfToken("łŃ")).toEqual([0xa0, 0xad]);
});

test("coefficients below the least are clamped to it as upstream does, and counted", () => {
  const codec = textTokenizer(["Ā"], [], 2);
  expect(codec.encode([-3, 0])).toEqual({ ids: [0, 0], clamped: 1 });
});

// The golden alphabet has no token for byte 2, so coefficient -34: upstream drops it and decodes the rest to zeros.
test("a coefficient upstream would lose is refused with its place", () => {
  const chunk = new Float64Array(112);
  for (let h = 0; h < 16; h++) chunk[h * 7 + 3] = -0.85;
  expect(() => codec.encode(chunk)).toThrow(
    "publishedFast: coefficient -34 of frequency 0, dimension 3, has no token, so the chunk would be lost; clip the normalized chunk",
  );
  for (let h = 0; h < 16; h++) chunk[h * 7 + 3] = 0.9; // coefficient 36, one past the greatest
  expect(() => codec.encode(chunk)).toThrow(RangeError);
  for (let h = 0; h < 16; h++) chunk[h * 7 + 3] = 1e9;
  expect(() => codec.encode(chunk)).toThrow("has no token");
});

test("truncated, overlong and illegal sequences are refused with their place", () => {
  const ids = golden.cases[0]?.ids ?? [];
  const position = (wrong: readonly number[]): number => {
    try {
      decoded(codec, wrong);
    } catch (error) {
      if (error instanceof TokenError) return error.position;
    }
    throw new Error("expected a TokenError");
  };
  expect(position(ids.slice(0, -1))).toBe(ids.length - 1);
  expect(position([...ids, 0])).toBe(ids.length);
  expect(position([ids[0] ?? 0, 512, ...ids.slice(2)])).toBe(1);
  expect(position([])).toBe(0);
  const text = textTokenizer(["Å", "Ĥ", "a"], [], 2);
  expect(() => decoded(text, [2, 0])).toThrow("the 2 ids hold 1 coefficients, expected 2; the sequence ends too early, at position 2");
  expect(() => decoded(text, [0, 2])).toThrow("publishedFast: id 2 at position 1 breaks a coefficient off in the middle");
  expect(() => decoded(text, [1])).toThrow("publishedFast: id 1 at position 0 breaks");
  expect(() => decoded(text, [2, 2, 0])).toThrow(TokenError);
});

test.each([
  ["of one to four bytes", [0x24, 0xc5, 0x82, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], [0x24, -1, 0x142, -1, -1, 0x20ac, -1, -1, -1, 0x1f600]],
  ["overlong", [0xc0, 0x80], [-1, undefined]],
  ["for surrogates", [0xed, 0xa0, 0x80], [-1, -1, undefined]],
  ["past the last", [0xf4, 0x90, 0x80, 0x80], [-1, -1, -1, undefined]],
  ["that begin in the middle", [0x80], [undefined]],
])("UTF-8 %s", (_, bytes, expected) => {
  const reader = utf8Reader();
  expect(bytes.map((byte) => reader.push(byte))).toEqual(expected);
});

test("ids of PaliGemma are counted down from below its special tokens", () => {
  expect([codec.absoluteId(0), codec.absoluteId(511)]).toEqual([257023, 256512]);
  expect(codec.absoluteId(codec.absoluteId(37))).toBe(37);
});

test.each([
  [{ tokenizer: {}, processor }, "publishedFast: tokenizer.json is not that of a FAST tokenizer (pre_tokenizer: "],
  [{ tokenizer: null, processor }, "publishedFast: tokenizer.json is not that of a FAST tokenizer (Invalid input: expected object"],
  [{ tokenizer: { ...tokenizer, added_tokens: [{ id: 0 }] }, processor }, "(added_tokens: "],
  [{ tokenizer: { ...tokenizer, model: { ...golden.bpe_model, byte_fallback: true } }, processor }, "(model.byte_fallback: "],
  [{ tokenizer: { ...tokenizer, model: { ...golden.bpe_model, vocab: { a: 1 } } }, processor }, '"a" has id 1, expected every id of 0 … 0 once'],
  [
    { tokenizer: { ...tokenizer, model: { ...golden.bpe_model, merges: [["a", "b"]] } }, processor },
    'publishedFast: tokenizer.json: merge 0 joins "a" and "b", which the vocabulary does not hold',
  ],
  [{ tokenizer, processor: { scale: 10 } }, "publishedFast: processor_config.json is not that of a FAST tokenizer (min_token: "],
  [{ tokenizer, processor: { ...processor, time_horizon: 32 } }, "publishedFast: processor_config.json has time_horizon 32, expected 16"],
  [{ tokenizer, processor: { ...processor, action_dim: 8 } }, "publishedFast: processor_config.json has action_dim 8, expected 7"],
])("foreign files are one clear error: %#", (files, message) => {
  expect(() => publishedFast(files, sizes)).toThrow(message);
});
