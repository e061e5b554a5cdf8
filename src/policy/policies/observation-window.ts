/** @file The last O observations, as a policy sees them. */

export interface ObservationWindow {
  /** f32[O * S], newest last. */
  readonly values: Float32Array;
  /** Take in the observation of this tick, f[S]. The first one after a start stands in for the past it has not. */
  push(observation: ArrayLike<number>): void;
  /** Forget everything, as at the start of an episode. */
  clear(): void;
}

export function observationWindow(sizes: { readonly obsSteps: number; readonly obsSize: number }): ObservationWindow {
  const { obsSteps, obsSize } = sizes;
  const values = new Float32Array(obsSteps * obsSize);
  let isEmpty = true;
  return {
    values,
    push(observation) {
      if (observation.length !== obsSize) {
        throw new RangeError(`observationWindow: the observation holds ${observation.length} values, expected ${obsSize}`);
      }
      if (isEmpty) {
        for (let step = 0; step < obsSteps; step++) values.set(observation, step * obsSize);
      }
      values.copyWithin(0, obsSize);
      values.set(observation, values.length - obsSize);
      isEmpty = false;
    },
    clear() {
      isEmpty = true;
    },
  };
}
