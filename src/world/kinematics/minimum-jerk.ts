/** @file The minimum-jerk time law: from rest to rest along a straight line, as smoothly as a quintic goes. */

import type { Numbers } from "./quaternion.ts";
import { requireJointPositions, type SerialChain } from "./serial-chain.ts";

/** Largest speed of the law, in ways per duration, at half time. */
export const MINIMUM_JERK_PEAK_SPEED = 15 / 8;

/**
 * Share of the way done after share `s` of the time: 10s³ - 15s⁴ + 6s⁵, for s in [0, 1] and clamped to it.
 *
 * Source: Flash and Hogan 1985, "The coordination of arm movements", J. Neuroscience 5(7), eq. 4 (a straight line at rest at both ends).
 */
export function minimumJerk(s: number): number {
  const t = Math.min(1, Math.max(0, s));
  return t * t * t * (10 + t * (-15 + 6 * t));
}

/** First derivative of `minimumJerk`, 30s²(1 - s)²: speed in ways per duration. */
export function minimumJerkSpeed(s: number): number {
  const t = Math.min(1, Math.max(0, s));
  return 30 * t * t * (1 - t) * (1 - t);
}

/** Second derivative of `minimumJerk`, 60s(1 - s)(1 - 2s): acceleration in ways per duration². */
export function minimumJerkAcceleration(s: number): number {
  const t = Math.min(1, Math.max(0, s));
  return 60 * t * (1 - t) * (1 - 2 * t);
}

/**
 * Shortest time, s, in which the law takes a chain from one posture to another while no joint is faster than a share of its highest speed.
 *
 * @param speedShare in (0, 1]
 * @throws RangeError when a posture does not fit the chain, a moving joint has no speed limit, or the share is out of range
 */
export function minimumJerkDurationS(chain: SerialChain, from: Numbers, to: Numbers, speedShare: number = 1): number {
  requireJointPositions("minimumJerkDurationS: from", chain, from);
  requireJointPositions("minimumJerkDurationS: to", chain, to);
  if (!(speedShare > 0 && speedShare <= 1)) throw new RangeError(`minimumJerkDurationS: speedShare is ${speedShare}, expected a number in (0, 1]`);
  return chain.joints.reduce((longest, { name, maxSpeed }, i) => {
    const way = Math.abs((to[i] ?? NaN) - (from[i] ?? NaN));
    if (way > 0 && maxSpeed === Infinity) {
      throw new RangeError(`minimumJerkDurationS: joint "${name}" of ${chain.name} has no maxSpeed; give the chain one`);
    }
    return way === 0 ? longest : Math.max(longest, (MINIMUM_JERK_PEAK_SPEED * way) / (speedShare * maxSpeed));
  }, 0);
}
