/** @file Euler angles of any order: three turns about named axes, fixed or carried along. */

import { multiplyQuats, normalizeQuat, type Numbers } from "./quaternion.ts";

/**
 * Axes in the order of the turns. Lower case: extrinsic, every turn about a fixed axis ("xyz": roll, pitch, yaw about the fixed x,
 * then y, then z). Upper case: intrinsic, every turn about an axis that the earlier turns have carried along ("XYZ"). Neighbours
 * differ: "xyz", "zyx", "xyx" and so on, twelve of each kind; the same letters as in SciPy's `Rotation`.
 */
export type EulerOrder = string;

const AXES: readonly string[] = ["x", "y", "z"];
/** Below this distance from gimbal lock, rad, only the sum or difference of the outer angles is defined. */
const LOCK_RAD = 1e-7;

interface Sequence {
  /** Axis numbers 0, 1, 2 in the order of extrinsic turns. */
  readonly i: number;
  readonly j: number;
  readonly k: number;
  /** True where the caller's angles belong to the reverse order, since an intrinsic order is the extrinsic one backwards. */
  readonly isReversed: boolean;
}

function sequenceOf(who: string, order: EulerOrder): Sequence {
  const isIntrinsic = order === order.toUpperCase();
  const [i = -1, j = -1, k = -1] = [...order.toLowerCase()].map((axis) => AXES.indexOf(axis));
  const isKnown = order.length === 3 && (isIntrinsic || order === order.toLowerCase()) && Math.min(i, j, k) >= 0 && i !== j && j !== k;
  if (!isKnown) {
    throw new RangeError(`${who}: order is "${order}", expected three axes, neighbours different: "xyz" for turns about fixed axes, "XYZ" about carried ones`);
  }
  return isIntrinsic ? { i: k, j, k: i, isReversed: true } : { i, j, k, isReversed: false };
}

/**
 * The unit quaternion f64[4] of three turns.
 *
 * @param order the axes, see `EulerOrder`
 * @param angles f[3] rad, in the order of the axes
 * @throws RangeError when the order is not one
 */
export function quatFromEuler(order: EulerOrder, angles: Numbers): Float64Array {
  const { i, j, k, isReversed } = sequenceOf("quatFromEuler", order);
  const turn = (axis: number, angleRad: number): Float64Array => {
    const quat = Float64Array.of(Math.cos(angleRad / 2), 0, 0, 0);
    quat[axis + 1] = Math.sin(angleRad / 2);
    return quat;
  };
  const [first, second, third] = [angles[isReversed ? 2 : 0] ?? NaN, angles[1] ?? NaN, angles[isReversed ? 0 : 2] ?? NaN];
  return multiplyQuats(turn(k, third), multiplyQuats(turn(j, second), turn(i, first)));
}

/**
 * The three angles f64[3], rad, of a rotation: outer ones in (-π, π], the middle one in [0, π] where first and last axis are the
 * same, else in [-π/2, π/2]. In gimbal lock, where the outer axes coincide, the last extrinsic turn is taken to be zero.
 *
 * @param order the axes, see `EulerOrder`
 * @param quat f[4] w, x, y, z
 * @throws RangeError when the order is not one
 *
 * Source: Bernardes and Viollet 2022, "Quaternion to Euler angles conversion: A direct, general and computationally efficient
 * method", PLoS ONE 17(11), algorithm of section 4.
 */
export function eulerFromQuat(order: EulerOrder, quat: Numbers): Float64Array {
  const { i, j, k, isReversed } = sequenceOf("eulerFromQuat", order);
  const isProper = i === k;
  const third = isProper ? 3 - i - j : k;
  const sign = ((i - j) * (j - third) * (third - i)) / 2;
  const [w = NaN, ...vector] = normalizeQuat(quat);
  const [x, y, z] = [vector[i] ?? NaN, vector[j] ?? NaN, (vector[third] ?? NaN) * sign];
  // Angles about three different axes are those of a proper order after a quarter turn about the middle axis.
  const [a, b, c, d] = isProper ? [w, x, y, z] : [w - y, x + z, y + w, z - x];
  const middle = 2 * Math.atan2(Math.hypot(c, d), Math.hypot(a, b));
  const sum = Math.atan2(b, a);
  const difference = Math.atan2(d, c);
  const isLockedLow = middle < LOCK_RAD;
  const isLockedHigh = middle > Math.PI - LOCK_RAD;
  let first = sum - difference;
  let last = sum + difference;
  if (isLockedLow) [first, last] = [2 * sum, 0];
  if (isLockedHigh) [first, last] = [-2 * difference, 0];
  if (!isProper) last *= sign;
  const angles = [wrapAngle(first), isProper ? middle : middle - Math.PI / 2, wrapAngle(last)];
  return Float64Array.from(isReversed ? angles.toReversed() : angles);
}

/** The same angle in (-π, π]. */
function wrapAngle(angleRad: number): number {
  if (angleRad > Math.PI) return angleRad - 2 * Math.PI;
  return angleRad <= -Math.PI ? angleRad + 2 * Math.PI : angleRad;
}
