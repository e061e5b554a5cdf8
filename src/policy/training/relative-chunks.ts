/** @file Actions that are learned as offsets from where the robot is at the moment of prediction. */

import { statisticsOf, type FeatureStatistics, type Normalizer } from "#world/data";
import type { Place } from "./batch-senses.ts";
import { joined } from "./joined.ts";
import type { TrainingRows } from "./training-rows.ts";

type Relative = NonNullable<TrainingRows["relative"]>;

/**
 * Statistics of what a network has to write: of actions, and in relative dimensions of the offsets of all windows, steps past the end of an episode left out.
 *
 * Source: openpi, src/openpi/transforms.py `DeltaActions` at 15a9616, whose statistics are of offsets, too.
 */
export function actionStatistics(rows: TrainingRows): FeatureStatistics {
  const absolute = statisticsOf(joined(rows.actions), rows.actionSize);
  const relative = rows.relative?.dimensions.flatMap((isRelative, i) => (isRelative ? [i] : [])) ?? [];
  if (rows.relative === undefined || relative.length === 0) return absolute;
  const offsets = statisticsOf(actionOffsets(rows, relative, rows.relative), relative.length);
  const chosen = Object.entries(absolute).map(([key, values]: [string, number | readonly number[]]) => {
    const others = offsets[key as keyof FeatureStatistics] as readonly number[];
    return [key, typeof values === "number" ? values : values.map((value, i) => (relative.includes(i) ? (others[relative.indexOf(i)] ?? NaN) : value))];
  });
  return Object.fromEntries(chosen) as FeatureStatistics; // key by key as it was
}

/** The actions of all windows less what is observed at their current ticks: f32[steps of all windows * R] of R relative dimensions. */
function actionOffsets({ observations, actions, obsSize, actionSize }: TrainingRows, relative: readonly number[], { horizon }: Relative): Float32Array {
  const lengths = actions.map((rows) => rows.length / actionSize);
  const stepsFrom = (tick: number, length: number): number => Math.min(horizon, length - tick);
  let steps = 0;
  for (const length of lengths) for (let tick = 0; tick < length; tick++) steps += stepsFrom(tick, length);
  const out = new Float32Array(steps * relative.length);
  let at = 0;
  lengths.forEach((length, episode) => {
    const [states, told] = [observations[episode] ?? new Float32Array(), actions[episode] ?? new Float32Array()];
    for (let tick = 0; tick < length; tick++) {
      for (let step = 0; step < stepsFrom(tick, length); step++) {
        for (const i of relative) out[at++] = (told[(tick + step) * actionSize + i] ?? NaN) - (states[tick * obsSize + i] ?? NaN);
      }
    }
  });
  return out;
}

/** The same scaling, which leaves relative dimensions as they are: they are scaled when it is known what they are offsets from. */
export function ofAbsolute({ scale, offset, ...rest }: Normalizer, dimensions: readonly boolean[]): Normalizer {
  return { ...rest, scale: scale.map((value, i) => (dimensions[i] === true ? 1 : value)), offset: offset.map((value, i) => (dimensions[i] === true ? 0 : value)) };
}

/**
 * Turn relative dimensions of a batch's chunks f32[B * H * A], physical so far, into normalized offsets, in place.
 *
 * @param places of the B windows
 */
export function anchorChunks(chunks: Float32Array, places: readonly Place[], { rows, dimensions, normalizer }: { readonly rows: TrainingRows; readonly dimensions: readonly boolean[]; readonly normalizer: Normalizer }): void {
  const { observations, obsSize, actionSize } = rows;
  const { scale, offset } = normalizer;
  const size = chunks.length / places.length;
  places.forEach(({ episode, tick }, b) => {
    const state = observations[episode] ?? new Float32Array();
    for (let at = b * size; at < (b + 1) * size; at += actionSize) {
      dimensions.forEach((isRelative, i) => {
        if (isRelative) chunks[at + i] = ((chunks[at + i] ?? NaN) - (state[tick * obsSize + i] ?? NaN)) * (scale[i] ?? NaN) + (offset[i] ?? NaN);
      });
    }
  });
}
