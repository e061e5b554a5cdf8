/** @file Training windows: recent observations and the action chunk that goes with them. */

import { ACTION, columnOf, featureOf, featureWidth, STATE, type Dataset } from "./dataset.ts";

export interface ChunkOptions {
  /** O: observation rows per window, newest last, ending at the current tick. */
  readonly obsSteps: number;
  /** H: action rows per window. */
  readonly horizon: number;
  /** First action row relative to the current tick. 0 (default) starts at it; -(O - 1) is Diffusion Policy's layout. */
  readonly actionStart?: number;
  /**
   * How many action rows may lie past the end of the episode. Default H - 1, so that every frame is the current
   * tick of a window; E - 1 (executed steps) is Diffusion Policy's choice.
   */
  readonly padAfter?: number;
}

/** All windows of some episodes, in order: window i has its current tick at `tick[i]` of episode `episode[i]`. */
export interface ChunkIndex {
  readonly windows: number;
  readonly episode: Int32Array;
  readonly tick: Int32Array;
}

/**
 * List the windows of episodes of the given lengths.
 *
 * @param lengths frames per episode
 * @throws RangeError when an option is out of range or no episode is long enough for one window
 *
 * Source: real-stanford/diffusion_policy `common/sampler.py` (`create_indices`), with pad_before = O - 1.
 */
export function chunkIndex(lengths: readonly number[], options: ChunkOptions): ChunkIndex {
  const { horizon, actionStart, padAfter } = resolve(options);
  // The last current tick t whose chunk t + actionStart … + H - 1 overruns the end by at most padAfter.
  const ticksOf = (length: number): number => {
    return Math.max(0, Math.min(length, length + padAfter - horizon - actionStart + 1));
  };
  const windows = lengths.reduce((sum, length) => sum + ticksOf(length), 0);
  if (windows === 0) {
    const longest = lengths.reduce((a, b) => Math.max(a, b), 0);
    throw new RangeError(
      `chunkIndex: horizon ${horizon} with padAfter ${padAfter} fits in no episode; the longest has ${longest} frames`,
    );
  }
  const episode = new Int32Array(windows);
  const tick = new Int32Array(windows);
  let window = 0;
  for (const [index, length] of lengths.entries()) {
    for (let t = 0; t < ticksOf(length); t++) {
      episode[window] = index;
      tick[window++] = t;
    }
  }
  return { windows, episode, tick };
}

function resolve(options: ChunkOptions): Required<ChunkOptions> {
  const { obsSteps, horizon, actionStart = 0, padAfter = horizon - 1 } = options;
  const demand = (holds: boolean, name: string, value: number, expected: string): void => {
    if (!Number.isInteger(value) || !holds) {
      throw new RangeError(`chunkIndex: ${name} is ${value}, expected an integer ${expected}`);
    }
  };
  demand(obsSteps >= 1, "obsSteps", obsSteps, "≥ 1");
  demand(horizon >= 1, "horizon", horizon, "≥ 1");
  demand(Math.abs(actionStart) < horizon, "actionStart", actionStart, `between ${1 - horizon} and ${horizon - 1}`);
  demand(padAfter >= 0 && padAfter < horizon, "padAfter", padAfter, `from 0 to ${horizon - 1}`);
  return { obsSteps, horizon, actionStart, padAfter };
}

/** Rows to cut windows from, one array per episode. They may be computed from a dataset's columns. */
export interface ChunkSource {
  /** f32[T * S] per episode. */
  readonly observations: readonly Float32Array[];
  /** f32[T * A] per episode. */
  readonly actions: readonly Float32Array[];
  /** S: values per observation row. */
  readonly obsSize: number;
  /** A: values per action row. */
  readonly actionSize: number;
}

/** The rows of two columns, as they are. */
export function chunkSource(dataset: Dataset, observation: string = STATE, action: string = ACTION): ChunkSource {
  return {
    observations: dataset.episodes.map((episode) => columnOf(episode, observation)),
    actions: dataset.episodes.map((episode) => columnOf(episode, action)),
    obsSize: featureWidth(featureOf(dataset, observation)),
    actionSize: featureWidth(featureOf(dataset, action)),
  };
}

/** Cuts windows out of episodes into buffers the caller owns. */
export interface ChunkSampler {
  readonly index: ChunkIndex;
  /**
   * Fill one batch.
   *
   * Rows before the first or after the last frame repeat that frame; for actions they are marked in `isPad`.
   *
   * @param windows B window numbers
   * @param observations f32[B * O * S]
   * @param actions f32[B * H * A]
   * @param isPad bool[B * H], 1 = padding
   * @throws RangeError when a buffer has the wrong length or a window does not exist
   */
  fill(windows: ArrayLike<number>, observations: Float32Array, actions: Float32Array, isPad: Uint8Array): void;
}

/**
 * A sampler over the rows of `source`.
 *
 * @throws RangeError when observations and actions do not go together row by row
 */
export function chunkSampler(source: ChunkSource, options: ChunkOptions): ChunkSampler {
  const { obsSteps, horizon, actionStart } = resolve(options);
  const { obsSize, actionSize } = source;
  const lengths = episodeLengths(source);
  const index = chunkIndex(lengths, options);

  return {
    index,
    fill(windows, observations, actions, isPad) {
      const B = windows.length;
      demandLength("observations", observations, [B, obsSteps, obsSize]);
      demandLength("actions", actions, [B, horizon, actionSize]);
      demandLength("isPad", isPad, [B, horizon]);
      for (let b = 0; b < B; b++) {
        const window = windows[b] ?? -1;
        const episode = index.episode[window];
        const t = index.tick[window];
        if (episode === undefined || t === undefined) {
          throw new RangeError(`ChunkSampler.fill: window ${window} does not exist; there are ${index.windows}`);
        }
        const last = (lengths[episode] ?? 1) - 1;
        copyRows(observations, b * obsSteps, source.observations[episode], {
          first: t - obsSteps + 1,
          steps: obsSteps,
          last,
          size: obsSize,
        });
        copyRows(actions, b * horizon, source.actions[episode], {
          first: t + actionStart,
          steps: horizon,
          last,
          size: actionSize,
        });
        for (let h = 0; h < horizon; h++) {
          const row = t + actionStart + h;
          isPad[b * horizon + h] = row < 0 || row > last ? 1 : 0;
        }
      }
    },
  };
}

interface RowRange {
  readonly first: number;
  readonly steps: number;
  /** Rows are clamped to 0…last. */
  readonly last: number;
  readonly size: number;
}

function copyRows(target: Float32Array, targetRow: number, rows: Float32Array | undefined, range: RowRange): void {
  const { first, steps, last, size } = range;
  for (let step = 0; step < steps; step++) {
    const from = Math.min(last, Math.max(0, first + step)) * size;
    const to = (targetRow + step) * size;
    for (let i = 0; i < size; i++) target[to + i] = rows?.[from + i] ?? 0;
  }
}

function episodeLengths({ observations, actions, obsSize, actionSize }: ChunkSource): number[] {
  if (observations.length !== actions.length) {
    throw new RangeError(`chunkSampler: ${observations.length} episodes of observations, ${actions.length} of actions`);
  }
  return observations.map((rows, episode) => {
    const length = rows.length / obsSize;
    const actionRows = (actions[episode]?.length ?? 0) / actionSize;
    if (Number.isInteger(length) && length === actionRows) return length;
    throw new RangeError(
      `chunkSampler: episode ${episode} has ${length} rows of ${obsSize} observations and ${actionRows} rows of ${actionSize} actions`,
    );
  });
}

function demandLength(name: string, values: ArrayLike<number>, shape: readonly number[]): void {
  const expected = shape.reduce((product, extent) => product * extent, 1);
  if (values.length === expected) return;
  throw new RangeError(`ChunkSampler.fill: ${name} holds ${values.length} values, expected [${shape.join(", ")}]`);
}
