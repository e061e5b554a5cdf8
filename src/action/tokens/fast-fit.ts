/** @file Fitting FAST to chunks: how wide its alphabet is, and which pairs become tokens. */

import { fitBytePairs } from "./byte-pairs-fit.ts";
import { fastCoefficients } from "./fast-coefficients.ts";
import type { FastSpec } from "./fast.ts";

export interface FastFitOptions {
  /** H */
  readonly horizon: number;
  /** A */
  readonly actionSize: number;
  /** Cosine coefficients are multiplied by this and rounded: greater is finer and longer. Default 10. */
  readonly scale?: number;
  /** K: single coefficients and byte pairs together, at most. Default 1024. */
  readonly vocabulary?: number;
}

/**
 * Learn a FAST tokenizer. The same chunks give the same tokenizer.
 *
 * The alphabet holds every coefficient that a chunk within [-1, 1] can have, -scale·√H … scale·√H, seen or not; where
 * the chunks go beyond, it reaches a tenth further than they do. Upstream's `fit` lists characters of the range seen as
 * its alphabet, but its byte pairs are made of bytes under other names, so a value that training did not show can be
 * missing, and a chunk that has it is lost without a word.
 *
 * @param chunks f[H * A] each, normalized to about [-1, 1]
 * @throws RangeError when there are no chunks, one is of another size or not finite, or the alphabet does not fit
 *
 * Source: as `fastCodec`; the defaults are those of physical-intelligence/fast.
 */
export function fitFast(chunks: readonly ArrayLike<number>[], options: FastFitOptions): FastSpec {
  const { horizon, actionSize, scale = 10, vocabulary = 1024 } = options;
  if (chunks.length === 0) throw new RangeError("fitFast: there are no chunks to learn from");
  const coefficients = fastCoefficients("fitFast", { horizon, actionSize, scale });
  const sequences = chunks.map((chunk) => coefficients.of(chunk).slice());

  const seen = sequences.reduce((most, sequence) => sequence.reduce((most, value) => Math.max(most, Math.abs(value)), most), 0);
  const within = Math.ceil(scale * Math.sqrt(horizon));
  const reach = seen <= within ? within : Math.ceil(1.1 * seen);
  const alphabet = 2 * reach + 1;
  if (alphabet > vocabulary) {
    throw new RangeError(
      `fitFast: coefficients reach ±${reach}, so there are ${alphabet} of them, expected at most ${vocabulary}; ` +
        "normalize the chunks to about [-1, 1], lower the scale or raise the vocabulary",
    );
  }
  const merges = fitBytePairs(
    sequences.map((sequence) => sequence.map((value) => value + reach)),
    { alphabet, vocabulary },
  );
  return {
    scheme: "fast",
    horizon,
    actionSize,
    scale,
    minSymbol: -reach,
    vocabulary: alphabet + merges.length,
    merges: merges.map(({ left, right }) => [left, right]),
  };
}
