/** @file FAST head: a chunk as a sequence of byte-pair tokens of its cosine coefficients, as many as it takes. */

import { fastCodec, type FastSpec, type SequenceCodec } from "#action/tokens";
import { maskedMean, tokenAccuracy, tokenCrossEntropy } from "#action/losses";
import {
  add, cast, concat, cumulativeSum, fill, gather, greaterEqual, logicalAnd, maximum, minimum, reshape,
  slice, sub, sum, where, type Tensor,
} from "#engine/graph";
import { causalDecoder, type CausalDecoderParameters, type CausalDecoderSize, type DecoderState } from "./causal-decoder.ts";
import { assertTemperature, chooseIndex, uniformsOf, type Choice } from "./draw-index.ts";
import { fastTables, fewestTokens } from "./fast-tables.ts";
import type { ActionHead, ChunkSpec, TypedHostInput } from "./head.ts";
import { assertHeadInputs } from "./head-inputs.ts";
import { hasValidStep, longestSequence, sequenceTargets } from "./sequence-targets.ts";

export interface FastHeadOptions extends CausalDecoderSize {
  readonly codec: FastSpec;
  /**
   * N: the longest sequence there can be; learning and acting take time in proportion. Default: a quarter more than the longest
   * of the data the codec was fitted to, where its spec says so, and never more than H·A, which every chunk fits into.
   */
  readonly maxTokens?: number;
  /** How a token is chosen in acting. Default `"sampled"`. */
  readonly choose?: Choice;
  /** Below 1 unlikely tokens become rarer still when they are drawn. Default 1: as learned. */
  readonly temperature?: number;
}

export interface FastHead extends ActionHead<CausalDecoderParameters, "tokens"> {
  readonly hostInputs: { readonly tokens: TypedHostInput<"i64"> };
  /** N */
  readonly maxTokens: number;
}

/**
 * p(chunk) = Π_n p(token_n | observation, tokens before n), until the tokens hold the H·A coefficients of a chunk.
 *
 * Only tokens whose coefficients still fit have probability, in learning as in acting, so a sequence ends exactly full, needs no end
 * token, and every one that comes out is legal. One always fits, since each single coefficient has a token. Acting also forbids a token
 * after which the rest could not be finished in the places left; with N = H·A there is none, else it matters in the last few places.
 *
 * Coefficients come out of tables, and the chunk by one product with the inverse cosine transform, in the graph that draws the tokens.
 *
 * Tokens speak of frequencies, not of steps, so padded steps cannot be left out of the loss. They count as they stand, the last
 * action repeated, in a chunk that has a valid step; a chunk without one does not count.
 *
 * Source: Pertsch et al. 2025, arXiv:2501.09747 (FAST). There a language model writes the tokens, and a sequence of the wrong length
 * becomes a chunk of zeros.
 *
 * @throws RangeError when the codec is made for other chunks, or maxTokens is less than a chunk takes or more than it can
 */
export function fastHead(chunk: ChunkSpec, options: FastHeadOptions): FastHead {
  const { codec: spec, maxTokens = longestSequence(spec), choose = "sampled", temperature = 1, ...size } = options;
  const codec = fastCodec(spec);
  assertFits(codec, chunk, maxTokens);
  assertTemperature(temperature, "fastHead");
  const tables = fastTables(spec, codec.symbols);
  const { vocabulary } = codec;
  const whole = chunk.horizon * chunk.actionSize;
  const everyId = { offset: 0, size: vocabulary };
  const decoder = causalDecoder({ ...size, places: maxTokens, vocabulary });
  const hostInputs = { tokens: sequenceTargets("fastHead", codec, maxTokens) };
  const noiseShape = choose === "sampled" ? [maxTokens] : [0];
  const sizes = { chunk, condSize: size.condSize, hostInputs, noiseShape };

  return {
    chunk,
    maxTokens,
    parameters: decoder.parameters,
    hostInputs,
    noiseShape,

    loss(params, cond, targets, { tokens }) {
      assertHeadInputs("fastHead", sizes, { cond, targets, inputs: { tokens } });
      const { isPad } = targets;
      const isToken = greaterEqual(tokens, 0);
      const ids = maximum(tokens, 0);
      const added = where(isToken, gather(tables.lengths, ids), 0); // [B, N]
      const room = add(sub(added, cumulativeSum(added)), whole);
      const logits = tables.allowed(decoder.logits(params, decoder.all(params, cond, ids), everyId), room);
      const isChunk = hasValidStep(isPad);
      const isValid = logicalAnd(isToken, isChunk);
      return {
        loss: tokenCrossEntropy(logits, ids, { isValid }),
        metrics: {
          accuracy: tokenAccuracy(logits, ids, isValid),
          tokens: maskedMean(sum(cast(isToken, "f32"), 1, { keepDims: true }), isChunk),
        },
      };
    },

    sample(params, cond, noise) {
      assertHeadInputs("fastHead", sizes, { cond, noise });
      const uniforms = choose === "sampled" ? uniformsOf(noise) : null; // [B, N]
      const drawn: { readonly id: Tensor; readonly added: Tensor }[] = [];
      let state: DecoderState = decoder.begin(params, cond);
      let room = fill([cond.shape[0] ?? 1], whole); // coefficients still missing
      for (let place = 0; place < maxTokens; place++) {
        const logits = tables.allowed(decoder.logits(params, state.hidden, everyId), room, maxTokens - place - 1);
        const u = uniforms && reshape(slice(uniforms, 1, place, place + 1), [-1]);
        const id = chooseIndex(logits, u, temperature); // [B]
        // Behind the end some id comes out, which adds nothing.
        const added = minimum(gather(tables.lengths, id), room);
        drawn.push({ id, added });
        room = sub(room, added);
        if (place + 1 < maxTokens) state = decoder.next(params, state, { ids: id, place });
      }
      const joined = (pick: (token: (typeof drawn)[number]) => Tensor): Tensor => concat(drawn.map((token) => reshape(pick(token), [-1, 1])), 1);
      return tables.chunkOf(joined(({ id }) => id), joined(({ added }) => added));
    },
  };
}

function assertFits({ horizon, actionSize, symbols }: SequenceCodec, chunk: ChunkSpec, maxTokens: number): void {
  if (horizon !== chunk.horizon || actionSize !== chunk.actionSize) {
    const expected = `${chunk.horizon} steps of ${chunk.actionSize}`;
    throw new RangeError(`fastHead: the codec is for chunks of ${horizon} steps of ${actionSize}, expected ${expected}; fit one to such chunks`);
  }
  const size = horizon * actionSize;
  const least = fewestTokens(symbols.map(({ length }) => length), size)[size] ?? 1;
  if (Number.isInteger(maxTokens) && maxTokens >= least && maxTokens <= size) return;
  throw new RangeError(`fastHead: maxTokens is ${maxTokens}, expected an integer from ${least}, the fewest that make a chunk, to ${size}`);
}
