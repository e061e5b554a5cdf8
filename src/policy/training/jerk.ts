/** @file How jerky a motion was: the third derivative of the positions that were executed. */

import type { Scene } from "#world/sim";

/**
 * Root mean square jerk of the robot over an episode, in the scene's unit per s³.
 *
 * jerk_t = (p_t+3 - 3·p_t+2 + 3·p_t+1 - p_t)·rateHz³, the third difference of positions; the mean is over t, of its
 * squared length. Motions compare only at the same control rate: a jump of one tick weighs with rateHz³.
 *
 * @param states f[S] per tick
 * @returns null for fewer than four states, which have no third difference
 */
export function rmsJerk(states: readonly ArrayLike<number>[], scene: Scene, rateHz: number): number | null {
  const { x, y } = scene.robot;
  if (states.length < 4) return null;
  let sum = 0;
  for (let t = 0; t + 3 < states.length; t++) {
    const window = states.slice(t, t + 4);
    sum += thirdDifference(window, x) ** 2 + thirdDifference(window, y) ** 2;
  }
  return Math.sqrt(sum / (states.length - 3)) * rateHz ** 3;
}

function thirdDifference([a, b, c, d]: readonly ArrayLike<number>[], entry: number): number {
  const at = (state: ArrayLike<number> = []): number => state[entry] ?? NaN;
  return at(d) - 3 * at(c) + 3 * at(b) - at(a);
}
