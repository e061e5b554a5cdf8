/** @file Fitting FAST to whole episodes, cut into chunks as they are for learning. */

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
  const { horizon, actionSize } = options;
  const starts = episodes.flatMap((rows, episode) => {
    if (rows.length % actionSize !== 0) {
      throw new RangeError(`fitFastToEpisodes: episode ${episode} holds ${rows.length} numbers, expected a multiple of ${actionSize}`);
    }
    return Array.from({ length: rows.length / actionSize }, (_, tick) => ({ rows, tick }));
  });
  const chunkAt = ({ rows, tick }: (typeof starts)[number]): Float32Array => {
    const last = rows.length / actionSize - 1;
    return Float32Array.from({ length: horizon * actionSize }, (_, i) => {
      const row = Math.min(tick + Math.floor(i / actionSize), last);
      return rows[row * actionSize + (i % actionSize)] ?? NaN;
    });
  };
  const every = Math.max(1, Math.ceil(starts.length / MOST_CHUNKS));
  const spec = fitFast(starts.filter((_, i) => i % every === 0).map(chunkAt), options);
  const codec = fastCodec(spec);
  const longest = starts.reduce((most, start) => Math.max(most, codec.encode(chunkAt(start)).ids.length), 1);
  return { ...spec, longest };
}
