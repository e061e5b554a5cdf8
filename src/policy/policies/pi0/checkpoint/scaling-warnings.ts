/** @file What is odd about statistics. */

import type { Pi0Normalizers } from "./statistics.ts";

/** A dimension that is scaled by so much, or by so much more than the median one of its feature, hardly moved in the data. */
const STEEP = 1e5;
const STEEPER = 300;

/**
 * A dimension whose statistics say that it hardly moves is blown up when it does: openpi's most common fault (issue 814 there: a normalized state of -3200).
 *
 * @returns a sentence for each such dimension
 */
export function scalingWarnings({ state, action }: Pick<Pi0Normalizers, "state" | "action">): string[] {
  return [["state", state] as const, ["action", action] as const].flatMap(([feature, { scale }]) => {
    const median = scale.toSorted((a, b) => a - b)[Math.floor((scale.length - 1) / 2)] ?? NaN;
    return scale.flatMap((factor, i) =>
      factor < Math.min(STEEP, STEEPER * median) ? [] : [`${feature}: dimension ${i} hardly moved in the data, and is scaled by ${factor.toExponential(0)}, others by ${median.toPrecision(2)}: a robot that moves it gets absurd numbers`]);
  });
}
