/** @file The straight way between two postures by the minimum-jerk law. */

import { minimumJerk, minimumJerkAcceleration, minimumJerkSpeed } from "./minimum-jerk.ts";
import type { Numbers } from "./quaternion.ts";
import type { Trajectory } from "./trajectory.ts";

/**
 * From one posture f[J] to another from rest to rest, all joints at once, in a straight line of joint positions.
 *
 * @param durationS > 0, such as `minimumJerkDurationS`; 0 where the two are one
 * @throws RangeError when the postures differ in size or are not finite, or the duration is out of range
 */
export function minimumJerkTrajectory(from: Numbers, to: Numbers, durationS: number): Trajectory {
  const who = "minimumJerkTrajectory";
  const size = from.length;
  if (to.length !== size) throw new RangeError(`${who}: to has ${to.length} joint positions, from has ${size}; give both as many`);
  const [start, end] = [Float64Array.from(from), Float64Array.from(to)];
  const ways = end.map((value, i) => value - (start[i] ?? NaN));
  if (!ways.every(Number.isFinite)) throw new RangeError(`${who}: it leads from [${start.join(", ")}] by [${ways.join(", ")}], expected finite numbers`);
  if (!(durationS >= 0 && durationS < Infinity) || (durationS === 0 && ways.some((way) => way !== 0))) {
    throw new RangeError(`${who}: durationS is ${durationS}, expected a finite number > 0, or 0 between equal postures`);
  }
  const scale = durationS === 0 ? 0 : 1 / durationS;
  const timeShare = (timeS: number): number => (durationS === 0 ? 1 : timeS / durationS);
  const spread = (factor: number, out: Float64Array): void => {
    for (let i = 0; i < size; i++) out[i] = factor * (ways[i] ?? NaN);
  };
  return {
    size,
    endS: durationS,
    at(timeS, out) {
      const share = minimumJerk(timeShare(timeS));
      // The end itself, not the end but for rounding.
      for (let i = 0; i < size; i++) out[i] = share === 1 ? (end[i] ?? NaN) : (start[i] ?? NaN) + share * (ways[i] ?? NaN);
    },
    speedAt: (timeS, out) => spread(scale * minimumJerkSpeed(timeShare(timeS)), out),
    accelerationAt: (timeS, out) => spread(scale * scale * minimumJerkAcceleration(timeShare(timeS)), out),
  };
}
