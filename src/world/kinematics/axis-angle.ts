/** @file Rotations as an axis and an angle, and as one vector: axis times angle. */

import { type Numbers } from "./quaternion.ts";

/**
 * The unit quaternion that turns by an angle about an axis, by the right-hand rule.
 *
 * @param axis f[3] of any length but zero
 * @param angleRad rad, any
 * @throws RangeError when the axis is zero or not finite
 */
export function quatFromAxisAngle(axis: Numbers, angleRad: number, out: Float64Array = new Float64Array(4)): Float64Array {
  const length = Math.hypot(axis[0] ?? NaN, axis[1] ?? NaN, axis[2] ?? NaN);
  if (!(length > 0 && length < Infinity)) {
    throw new RangeError(`quatFromAxisAngle: axis is [${Array.from(axis).join(", ")}], expected a finite vector that is not zero`);
  }
  const scale = Math.sin(angleRad / 2) / length;
  out[0] = Math.cos(angleRad / 2);
  for (let i = 0; i < 3; i++) out[i + 1] = scale * (axis[i] ?? NaN);
  return out;
}

/** The axis f64[3] and angle, rad in [0, π], of a unit quaternion f[4]; about x where there is no rotation. */
export function axisAngleFromQuat(quat: Numbers): { readonly axis: Float64Array; readonly angleRad: number } {
  const axis = rotationVectorFromQuat(quat);
  const angleRad = Math.hypot(axis[0] ?? NaN, axis[1] ?? NaN, axis[2] ?? NaN);
  if (angleRad === 0) return { axis: Float64Array.of(1, 0, 0), angleRad };
  return { axis: axis.map((component) => component / angleRad), angleRad };
}

/** The unit quaternion of a rotation vector f[3], rad: its direction is the axis, its length the angle. */
export function quatFromRotationVector(vector: Numbers, out: Float64Array = new Float64Array(4)): Float64Array {
  const [x, y, z] = [vector[0] ?? NaN, vector[1] ?? NaN, vector[2] ?? NaN];
  const angle = Math.sqrt(x * x + y * y + z * z);
  // sin(a/2)/a, by its series where the quotient would be 0/0.
  const scale = angle < 1e-4 ? 0.5 - (angle * angle) / 48 : Math.sin(angle / 2) / angle;
  out[0] = Math.cos(angle / 2);
  out[1] = scale * x;
  out[2] = scale * y;
  out[3] = scale * z;
  return out;
}

/**
 * The rotation vector f64[3], rad, of a unit quaternion f[4]; of the two, the one no longer than π.
 *
 * By atan2 of both parts, so it is exact near no rotation and near half a turn alike.
 */
export function rotationVectorFromQuat(quat: Numbers, out: Float64Array = new Float64Array(3)): Float64Array {
  const sign = (quat[0] ?? NaN) < 0 ? -1 : 1;
  const w = sign * (quat[0] ?? NaN);
  const [x, y, z] = [quat[1] ?? NaN, quat[2] ?? NaN, quat[3] ?? NaN];
  const sine = Math.sqrt(x * x + y * y + z * z);
  const scale = sign * (sine < 1e-9 ? 2 / w : (2 * Math.atan2(sine, w)) / sine);
  out[0] = scale * x;
  out[1] = scale * y;
  out[2] = scale * z;
  return out;
}
