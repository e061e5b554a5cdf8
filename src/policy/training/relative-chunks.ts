/** @file Actions that are learned as offsets from where the robot is at the moment of prediction. */

import type { Normalizer } from "#world/data";
import type { Place } from "./batch-senses.ts";
import type { TrainingRows } from "./training-rows.ts";

/**
 * The actions of all windows less what is observed at their current ticks, each dimension from the same of the observation: what a network that learns offsets has to write. Steps
 * past the end of an episode are left out.
 *
 * @returns f32[steps of all windows * A]; 0 in dimensions that are not relative
 *
 * Source: openpi, src/openpi/transforms.py `DeltaActions` at 15a9616, whose statistics are of offsets, too.
 */
export function actionOffsets({ observations, actions, obsSize, actionSize }: TrainingRows, { dimensions, horizon }: NonNullable<TrainingRows["relative"]>): Float32Array {
  const lengths = actions.map((rows) => rows.length / actionSize);
  const stepsFrom = (tick: number, length: number): number => Math.min(horizon, length - tick);
  let steps = 0;
  for (const length of lengths) for (let tick = 0; tick < length; tick++) steps += stepsFrom(tick, length);
  const out = new Float32Array(steps * actionSize);
  let at = 0;
  lengths.forEach((length, episode) => {
    const [states, told] = [observations[episode] ?? new Float32Array(), actions[episode] ?? new Float32Array()];
    for (let tick = 0; tick < length; tick++) {
      for (let step = 0; step < stepsFrom(tick, length); step++, at += actionSize) {
        dimensions.forEach((isRelative, i) => {
          if (isRelative) out[at + i] = (told[(tick + step) * actionSize + i] ?? NaN) - (states[tick * obsSize + i] ?? NaN);
        });
      }
    }
  });
  return out;
}

/** The same scaling, which leaves relative dimensions as they are: they are scaled when it is known what they are offsets from. */
export function ofAbsolute({ scale, offset, ...rest }: Normalizer, dimensions: readonly boolean[]): Normalizer {
  return { ...rest, scale: scale.map((value, i) => (dimensions[i] === true ? 1 : value)), offset: offset.map((value, i) => (dimensions[i] === true ? 0 : value)) };
}

/** One scaling of which relative dimensions are those of the second. */
export function joinedNormalizers(absolute: Normalizer, offsets: Normalizer, dimensions: readonly boolean[]): Normalizer {
  const chosen = (key: "scale" | "offset"): number[] => absolute[key].map((value, i) => (dimensions[i] === true ? (offsets[key][i] ?? NaN) : value));
  return { ...absolute, scale: chosen("scale"), offset: chosen("offset") };
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
