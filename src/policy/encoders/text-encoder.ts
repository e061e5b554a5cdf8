/** @file Text encoder: a small trainable reading of task instructions, byte by byte. */

import { tensorFrom, type HostTensor } from "#engine/array";
import {
  add,
  assertDtype,
  cast,
  div,
  formatType,
  gather,
  gelu,
  greater,
  maximum,
  mul,
  reshape,
  ShapeError,
  sum,
  type Tensor,
} from "#engine/graph";
import {
  learnedPositionsSpec,
  linear,
  linearSpec,
  normal,
  parameter,
  type LinearSpec,
  type ParameterSpec,
  type Traced,
} from "#engine/nn";
import { quotedStart } from "./quoted-start.ts";
import type { Encoder } from "./state.ts";

/** Padding is 0, byte b is b + 1. */
const VOCABULARY = 257;

export type TextEncoderSpec = {
  /** f32[257, D] */
  readonly embedding: ParameterSpec;
  /** f32[1, N, D] */
  readonly positions: ParameterSpec;
  readonly token: LinearSpec;
  readonly hidden: LinearSpec;
  readonly output: LinearSpec;
};

export interface TextEncoderOptions {
  /** N: the longest text, bytes of UTF-8. Default 64. */
  readonly tokens?: number;
  /** D. Default 64. */
  readonly width?: number;
  /** Length of the result. Default 64. */
  readonly features?: number;
}

/** `encode` takes ids i64[B, N] of `textIds`. */
export interface TextEncoder extends Encoder<TextEncoderSpec> {
  readonly tokens: number;
}

/**
 * Texts as ids of their UTF-8 bytes, padded with 0 at the end. Pure; no text is ever cut.
 *
 * @param tokens N, bytes there is room for
 * @returns i64[B, N] in [0, 256]
 * @throws RangeError for a text of more bytes, with its number and its beginning
 */
export function textIds(texts: readonly string[], tokens: number): HostTensor<"i64"> {
  const ids = texts.flatMap((text, i) => {
    const bytes = new globalThis.TextEncoder().encode(text);
    if (bytes.length > tokens) {
      const remedy = "shorten it or encode more tokens";
      throw new RangeError(`textIds: text ${i}, ${quotedStart(text)}, has ${bytes.length} bytes, expected at most ${tokens}: ${remedy}`);
    }
    return Array.from({ length: tokens }, (_, at) => (bytes[at] ?? -1) + 1);
  });
  return tensorFrom("i64", [texts.length, tokens], ids);
}

/**
 * Every byte with its place through a layer, the mean of that over the text, and a layer behind it:
 *
 *     h_n = gelu(W·(E[id_n] + P_n))        y = W₂·gelu(W₁·(Σ m_n·h_n / max(1, Σ m_n)))        m_n = 1 where id_n > 0
 *
 * The first layer makes a mean of bytes depend on where each stands, so that "red on green" is not "green on red". Padding changes
 * nothing; an empty text is zeros in front of the last two layers.
 *
 * Ours: instructions of a few tasks need no language model. Bytes as in ByT5, arXiv:2105.13626; a masked mean as in Sentence-BERT,
 * arXiv:1908.10084.
 */
export function textEncoder(options: TextEncoderOptions = {}): TextEncoder {
  const { tokens = 64, width = 64, features = 64 } = options;
  const role = "encoder";
  const parameters: TextEncoderSpec = {
    embedding: parameter([VOCABULARY, width], normal(1), { decay: false, role }),
    positions: learnedPositionsSpec(tokens, width, role),
    token: linearSpec(width, width, { role }),
    hidden: linearSpec(width, width, { role }),
    output: linearSpec(width, features, { role }),
  };
  return {
    parameters,
    condSize: features,
    tokens,
    encode(p, ids) {
      assertDtype(ids, "i64", "textEncoder: ids");
      if (ids.shape.length !== 2 || ids.shape[1] !== tokens) {
        throw new ShapeError(`textEncoder: ids are ${formatType(ids)}, expected [B, ${tokens}]`);
      }
      return linear(p.output, gelu(linear(p.hidden, meanOfText(p, ids))));
    },
  };
}

/** f32[B, D] */
function meanOfText(p: Traced<TextEncoderSpec>, ids: Tensor): Tensor {
  const h = gelu(linear(p.token, add(gather(p.embedding, ids), p.positions)));
  const [batch = 0, tokens = 0] = ids.shape;
  const isText = reshape(cast(greater(cast(ids, h.dtype), 0), h.dtype), [batch, tokens, 1]);
  return div(sum(mul(h, isText), 1), maximum(sum(isText, 1), 1));
}
