/** @file How much of a dataset lies outside the bins of a tokenizer. */

import { episodeChunks } from "./episode-chunks.ts";
import { fastCoefficients } from "./fast-coefficients.ts";
import type { FastSpec } from "./fast.ts";
import { gridCodec, type CodecSpec } from "./schemes.ts";

export interface ClampedValues {
  /** How many lay outside the bins, and got the ids of their ends. */
  readonly clamped: number;
  /** How many there are. */
  readonly of: number;
  /** What is counted: numbers of actions, or the cosine coefficients of chunks. */
  readonly unit: "values" | "coefficients";
}

/**
 * Count over all actions of the episodes, or, for FAST, over the chunks that begin at every tick.
 *
 * @param episodes f32[ticks * A] each, normalized as the tokenizer will see them
 * @throws RangeError when an episode is cut off within an action, or a value is not a number
 */
export function clampedValues(spec: CodecSpec | FastSpec, episodes: readonly Float32Array[]): ClampedValues {
  return spec.scheme === "fast" ? clampedCoefficients(spec, episodes) : clampedNumbers(spec, episodes);
}

function clampedNumbers(spec: CodecSpec, episodes: readonly Float32Array[]): ClampedValues {
  const codec = gridCodec(spec);
  const ids = new Int32Array(codec.slots.length);
  let [clamped, of] = [0, 0];
  for (const rows of episodes) {
    for (let at = 0; at < rows.length; at += codec.actionSize) clamped += codec.encode(rows.subarray(at, at + codec.actionSize), ids);
    of += rows.length;
  }
  return { clamped, of, unit: "values" };
}

/** As `fastCodec` counts them, without the byte pairs, which take most of its time. */
function clampedCoefficients(spec: FastSpec, episodes: readonly Float32Array[]): ClampedValues {
  const { minSymbol, vocabulary, merges } = spec;
  const maxSymbol = minSymbol + vocabulary - merges.length - 1;
  const coefficients = fastCoefficients("clampedValues", spec);
  let [clamped, of] = [0, 0];
  for (const chunk of episodeChunks("clampedValues", episodes, spec)) {
    const values = coefficients.of(chunk());
    for (const value of values) if (value < minSymbol || value > maxSymbol) clamped += 1;
    of += values.length;
  }
  return { clamped, of, unit: "coefficients" };
}
