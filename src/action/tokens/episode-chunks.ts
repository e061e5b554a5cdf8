/** @file Episodes cut into chunks as they are for learning. */

/**
 * The chunks that begin at every tick, the last action repeated past the end of the episode; each is made when it is called.
 *
 * @param who begins the errors
 * @param episodes f32[ticks * A] each
 * @returns f32[H * A] each
 * @throws RangeError when an episode is cut off within an action
 */
export function episodeChunks(
  who: string,
  episodes: readonly Float32Array[],
  { horizon, actionSize }: { readonly horizon: number; readonly actionSize: number },
): (() => Float32Array)[] {
  return episodes.flatMap((rows, episode) => {
    if (rows.length % actionSize !== 0) {
      throw new RangeError(`${who}: episode ${episode} holds ${rows.length} numbers, expected a multiple of ${actionSize}`);
    }
    const last = rows.length / actionSize - 1;
    const chunkAt = (tick: number): Float32Array =>
      Float32Array.from({ length: horizon * actionSize }, (_, i) => {
        const row = Math.min(tick + Math.floor(i / actionSize), last);
        return rows[row * actionSize + (i % actionSize)] ?? NaN;
      });
    return Array.from({ length: last + 1 }, (_, tick) => () => chunkAt(tick));
  });
}
