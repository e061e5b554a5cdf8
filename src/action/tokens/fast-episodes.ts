/** @file Fitting FAST to whole episodes. */

import { episodeChunks } from "./episode-chunks.ts";
import { fitFast, type FastFitOptions } from "./fast-fit.ts";
import { fastCodec, type FastSpec } from "./fast.ts";

/** Byte pairs are learned on this many chunks at most: they overlap, and more of them tell little that is new. */
const MOST_CHUNKS = 4096;

/**
 * Fit FAST to the chunks that begin at every tick, the last action repeated past the end of the episode. Byte pairs are learned on
 * an even choice of them; the longest sequence of tokens, `longest` of the spec, is that of all.
 *
 * @param episodes f32[ticks * A] each, normalized to about [-1, 1]
 * @throws RangeError when an episode is cut off within an action; otherwise as `fitFast`
 */
export function fitFastToEpisodes(episodes: readonly Float32Array[], options: FastFitOptions): FastSpec {
  const chunks = episodeChunks("fitFastToEpisodes", episodes, options);
  const every = Math.max(1, Math.ceil(chunks.length / MOST_CHUNKS));
  const spec = fitFast(chunks.filter((_, i) => i % every === 0).map((chunk) => chunk()), options);
  return withLongest(spec, chunks);
}

/**
 * A tokenizer for other episodes than it was fitted to: the same tokens, `longest` of the spec that of these.
 *
 * @throws RangeError when an episode is cut off within an action
 */
export function fastForEpisodes(spec: FastSpec, episodes: readonly Float32Array[]): FastSpec {
  return withLongest(spec, episodeChunks("fastForEpisodes", episodes, spec));
}

function withLongest(spec: FastSpec, chunks: ReturnType<typeof episodeChunks>): FastSpec {
  const codec = fastCodec(spec);
  return { ...spec, longest: chunks.reduce((most, chunk) => Math.max(most, codec.encode(chunk()).ids.length), 1) };
}
