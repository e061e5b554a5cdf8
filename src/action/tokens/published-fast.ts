/** @file Published FAST tokenizers: the ids of upstream, and an error where upstream loses values. */

import { z } from "zod";
import { bytesOfToken, isSurrogate, piecesOf, tokensOfBytes, utf8Reader } from "./byte-level.ts";
import { bytePairEncoder, type Merge } from "./byte-pairs.ts";
import { TokenError, type SequenceCodec } from "./codec.ts";
import { fastCoefficients } from "./fast-coefficients.ts";

/** The two files of a published tokenizer, parsed. */
export interface PublishedFastFiles {
  /** `tokenizer.json` */
  readonly tokenizer: unknown;
  /** `processor_config.json` */
  readonly processor: unknown;
}

/**
 * A published tokenizer. It has no `symbols`: where a coefficient takes several bytes, a token can be a part of one.
 */
export interface PublishedFastCodec extends Omit<SequenceCodec, "symbols"> {
  /** The id in PaliGemma's vocabulary, as π0-FAST uses it; applied twice it gives the id back. */
  readonly absoluteId: (id: number) => number;
}

const nothing = z.union([z.null(), z.literal("")]).optional();

/** Only what is known to have no other effect on ids than the one this file gives it. */
const TOKENIZER = z.object({
  added_tokens: z.array(z.unknown()).max(0).optional(),
  normalizer: z.null().optional(),
  pre_tokenizer: z.object({
    type: z.literal("ByteLevel"),
    add_prefix_space: z.literal(false),
    use_regex: z.boolean().default(true),
  }),
  post_processor: z.object({ type: z.literal("ByteLevel") }).nullish(),
  model: z.object({
    type: z.literal("BPE"),
    dropout: z.null().optional(),
    unk_token: z.null().optional(),
    continuing_subword_prefix: nothing,
    end_of_word_suffix: nothing,
    byte_fallback: z.literal(false).optional(),
    ignore_merges: z.literal(false).optional(),
    vocab: z.record(z.string(), z.int().nonnegative()),
    merges: z.array(z.union([z.tuple([z.string(), z.string()]), z.string()])),
  }),
});

const PROCESSOR = z.object({
  scale: z.number().positive(),
  min_token: z.int(),
  time_horizon: z.int().nullish(),
  action_dim: z.int().nullish(),
});

/**
 * A tokenizer made by the `fit` of physical-intelligence/fast, or the universal one published there. Coefficient v is
 * the character v - min_token, whose UTF-8 bytes are merged within the pieces of GPT-2.
 *
 * Deviations, where upstream goes on without a word: `encode` refuses a coefficient whose bytes are no tokens (upstream
 * leaves them out, and decodes the rest to a chunk of zeros), and counts coefficients below min_token, clamped to it as
 * upstream does; `decode` refuses unknown ids, broken characters and sequences of the wrong length (upstream returns
 * zeros, lerobot pads or cuts).
 *
 * Source: physical-intelligence/fast `processing_action_tokenizer.py` (copy: huggingface/lerobot at 7427f31,
 * `policies/molmoact2/molmoact2_hf_model/action_tokenizer.py`, lines 82-200); Physical-Intelligence/openpi at 15a9616,
 * `models/tokenizer.py`, for the ids in PaliGemma.
 *
 * @throws RangeError for files of another kind of tokenizer, or made for another horizon or action size
 */
export function publishedFast(
  files: PublishedFastFiles,
  sizes: { readonly horizon: number; readonly actionSize: number },
): PublishedFastCodec {
  const { pre_tokenizer, model } = parsed(TOKENIZER, files.tokenizer, "tokenizer.json");
  const { scale, min_token, time_horizon, action_dim } = parsed(PROCESSOR, files.processor, "processor_config.json");
  const { horizon, actionSize } = sizes;
  assertSame("time_horizon", time_horizon, horizon);
  assertSame("action_dim", action_dim, actionSize);

  const idOf = new Map(Object.entries(model.vocab));
  const bytesOf = bytesOfIds(idOf);
  const toTokens = bytePairEncoder(model.merges.map((pair, rank) => mergeOf(pair, rank, idOf)));
  const toBytes = symbolBytes(tokensOfBytes(idOf));
  const coefficients = fastCoefficients("publishedFast", { horizon, actionSize, scale });
  const decoded = new Float64Array(horizon * actionSize);

  return {
    scheme: "published-fast",
    horizon,
    actionSize,
    vocabulary: bytesOf.length,
    absoluteId: (id) => PALIGEMMA_VOCABULARY - 1 - PALIGEMMA_RESERVED - id,
    encode(chunk) {
      let clamped = 0;
      let text = "";
      coefficients.of(chunk).forEach((value, i) => {
        const symbol = Math.max(value - min_token, 0);
        if (symbol > value - min_token) clamped += 1;
        if (toBytes(symbol) === undefined) {
          const place = `coefficient ${value} of frequency ${Math.floor(i / actionSize)}, dimension ${i % actionSize},`;
          throw new RangeError(`publishedFast: ${place} has no token, so the chunk would be lost; ${REMEDY}`);
        }
        text += String.fromCodePoint(symbol);
      });
      const pieces = pre_tokenizer.use_regex ? piecesOf(text) : [text];
      const ids = pieces.flatMap((piece) => toTokens([...piece].flatMap((symbol) => toBytes(symbol.codePointAt(0) ?? 0) ?? [])));
      return { ids, clamped };
    },
    decode(ids, chunk) {
      readSymbols(ids, bytesOf, decoded);
      for (let i = 0; i < decoded.length; i++) decoded[i] = (decoded[i] ?? 0) + min_token;
      coefficients.restore(decoded, chunk);
    },
  };
}

const PALIGEMMA_VOCABULARY = 257_152;
/** PaliGemma's last 128 ids are special tokens, which openpi skips. */
const PALIGEMMA_RESERVED = 128;

const REMEDY = "clip the normalized chunk, or fit a tokenizer with fitFast, which has a token for every coefficient";

function bytesOfIds(idOf: ReadonlyMap<string, number>): (readonly number[])[] {
  const tokens = [...idOf].sort(([, a], [, b]) => a - b);
  tokens.forEach(([token, id], i) => {
    if (id !== i) throw new RangeError(`publishedFast: tokenizer.json: "${token}" has id ${id}, expected every id of 0 … ${idOf.size - 1} once`);
  });
  return tokens.map(([token]) => bytesOfToken(token));
}

/** The ids of the bytes of a symbol's UTF-8; undefined where one of the bytes is no token. */
function symbolBytes(tokenOfByte: readonly (number | undefined)[]): (symbol: number) => readonly number[] | undefined {
  const known = new Map<number, readonly number[] | undefined>();
  const encoder = new TextEncoder();
  return (symbol) => {
    if (known.has(symbol)) return known.get(symbol);
    const isCharacter = symbol <= 0x10ffff && !isSurrogate(symbol);
    const bytes = isCharacter ? [...encoder.encode(String.fromCodePoint(symbol))] : [];
    const ids = bytes.flatMap((byte) => tokenOfByte[byte] ?? []);
    known.set(symbol, isCharacter && ids.length === bytes.length ? ids : undefined);
    return known.get(symbol);
  };
}

/** Write the symbols that a sequence of tokens spells. */
function readSymbols(ids: ArrayLike<number>, bytesOf: readonly (readonly number[])[], out: Float64Array): void {
  const reader = utf8Reader();
  let filled = 0;
  for (let position = 0; position < ids.length; position++) {
    const fail = (what: string): never => {
      throw new TokenError(`publishedFast: id ${ids[position]} at position ${position} ${what}`, position);
    };
    for (const byte of bytesOf[ids[position] ?? -1] ?? fail(`is unknown, expected 0 … ${bytesOf.length - 1}`)) {
      const symbol = reader.push(byte) ?? fail("breaks a coefficient off in the middle");
      if (symbol < 0) continue;
      if (filled === out.length) fail(`goes on past the ${out.length} coefficients of a chunk`);
      out[filled++] = symbol;
    }
  }
  if (filled === out.length && reader.isWhole) return;
  const got = `the ${ids.length} ids hold ${filled} coefficients, expected ${out.length}`;
  throw new TokenError(`publishedFast: ${got}; the sequence ends too early, at position ${ids.length}`, ids.length);
}

function mergeOf(pair: readonly [string, string] | string, rank: number, idOf: ReadonlyMap<string, number>): Merge {
  const [first = "", second = ""] = typeof pair === "string" ? pair.split(" ") : pair;
  const [left, right, id] = [first, second, first + second].map((token) => idOf.get(token));
  if (left === undefined || right === undefined || id === undefined) {
    throw new RangeError(`publishedFast: tokenizer.json: merge ${rank} joins "${first}" and "${second}", which the vocabulary does not hold`);
  }
  return { left, right, id };
}

function parsed<T>(schema: z.ZodType<T>, file: unknown, name: string): T {
  const result = schema.safeParse(file);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const what = [issue?.path.join("."), issue?.message].filter(Boolean).join(": ");
  throw new RangeError(`publishedFast: ${name} is not that of a FAST tokenizer (${what})`);
}

function assertSame(name: string, got: number | null | undefined, expected: number): void {
  if (got === undefined || got === null || got === expected) return;
  throw new RangeError(`publishedFast: processor_config.json has ${name} ${got}, expected ${expected} as asked for`);
}
