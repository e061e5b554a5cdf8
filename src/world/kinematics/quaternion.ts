/** @file Unit quaternions w, x, y, z: product, inverse, rotation of a vector, angle, slerp. */

/** Numbers read by index: a plain array or a typed one. */
export type Numbers = ArrayLike<number>;

/** f64[4] no rotation. */
export const IDENTITY_QUAT: readonly number[] = [1, 0, 0, 0];

/**
 * The rotation `b`, then the rotation `a`: a ⊗ b.
 *
 * @param a f[4] unit quaternion w, x, y, z
 * @param b f[4]
 * @param out f64[4] receives the product; may be `a` or `b`
 */
export function multiplyQuats(a: Numbers, b: Numbers, out: Float64Array = new Float64Array(4)): Float64Array {
  const [aw, ax, ay, az] = [a[0] ?? NaN, a[1] ?? NaN, a[2] ?? NaN, a[3] ?? NaN];
  const [bw, bx, by, bz] = [b[0] ?? NaN, b[1] ?? NaN, b[2] ?? NaN, b[3] ?? NaN];
  out[0] = aw * bw - ax * bx - ay * by - az * bz;
  out[1] = aw * bx + ax * bw + ay * bz - az * by;
  out[2] = aw * by - ax * bz + ay * bw + az * bx;
  out[3] = aw * bz + ax * by - ay * bx + az * bw;
  return out;
}

/** The inverse rotation of a unit quaternion f[4]: its conjugate. `out` may be `quat`. */
export function invertQuat(quat: Numbers, out: Float64Array = new Float64Array(4)): Float64Array {
  out[0] = quat[0] ?? NaN;
  for (let i = 1; i < 4; i++) out[i] = -(quat[i] ?? NaN);
  return out;
}

/**
 * The unit quaternion in the direction of f[4] numbers. `out` may be `quat`.
 *
 * @throws RangeError when the numbers are zero or not finite, so that they point nowhere
 */
export function normalizeQuat(quat: Numbers, out: Float64Array = new Float64Array(4)): Float64Array {
  const norm = Math.hypot(quat[0] ?? NaN, quat[1] ?? NaN, quat[2] ?? NaN, quat[3] ?? NaN);
  if (!(norm > 0 && norm < Infinity)) {
    throw new RangeError(`normalizeQuat: got [${Array.from(quat).join(", ")}], expected four finite numbers w, x, y, z, not all zero`);
  }
  for (let i = 0; i < 4; i++) out[i] = (quat[i] ?? NaN) / norm;
  return out;
}

/** The same rotation with w ≥ 0: q and -q are one rotation. `out` may be `quat`. */
export function canonicalQuat(quat: Numbers, out: Float64Array = new Float64Array(4)): Float64Array {
  const sign = (quat[0] ?? NaN) < 0 ? -1 : 1;
  for (let i = 0; i < 4; i++) out[i] = sign * (quat[i] ?? NaN);
  return out;
}

/** Turn a vector f[3] by a unit quaternion f[4]: v + 2w(u × v) + 2u × (u × v), u the quaternion's vector part. `out` may be `vector`. */
export function rotateVector(quat: Numbers, vector: Numbers, out: Float64Array = new Float64Array(3)): Float64Array {
  const [w, x, y, z] = [quat[0] ?? NaN, quat[1] ?? NaN, quat[2] ?? NaN, quat[3] ?? NaN];
  const [vx, vy, vz] = [vector[0] ?? NaN, vector[1] ?? NaN, vector[2] ?? NaN];
  const tx = 2 * (y * vz - z * vy);
  const ty = 2 * (z * vx - x * vz);
  const tz = 2 * (x * vy - y * vx);
  out[0] = vx + w * tx + y * tz - z * ty;
  out[1] = vy + w * ty + z * tx - x * tz;
  out[2] = vz + w * tz + x * ty - y * tx;
  return out;
}

/** Angle of the rotation that leads from one orientation to another, rad in [0, π]; exact for small angles too. */
export function angleBetween(a: Numbers, b: Numbers): number {
  const [w = NaN, x = NaN, y = NaN, z = NaN] = multiplyQuats(invertQuat(a), b);
  return 2 * Math.atan2(Math.hypot(x, y, z), Math.abs(w));
}

/**
 * From `a` at 0 to `b` at 1 with constant angular velocity, along the shorter arc.
 *
 * @param fraction in [0, 1]; outside it the rotation goes on
 *
 * Source: Shoemake 1985, "Animating rotation with quaternion curves", SIGGRAPH.
 */
export function slerp(a: Numbers, b: Numbers, fraction: number, out: Float64Array = new Float64Array(4)): Float64Array {
  let dot = 0;
  for (let i = 0; i < 4; i++) dot += (a[i] ?? NaN) * (b[i] ?? NaN);
  const sign = dot < 0 ? -1 : 1;
  // Of a - b rather than of the dot product: acos loses half the digits where the two are close.
  let apart = 0;
  for (let i = 0; i < 4; i++) apart += ((a[i] ?? NaN) - sign * (b[i] ?? NaN)) ** 2;
  const angle = 2 * Math.asin(Math.min(1, Math.sqrt(apart) / 2));
  // Below this the arc is its chord to the last bit.
  const scale = angle < 1e-8 ? 0 : 1 / Math.sin(angle);
  const fromA = scale === 0 ? 1 - fraction : Math.sin((1 - fraction) * angle) * scale;
  const fromB = scale === 0 ? fraction : Math.sin(fraction * angle) * scale;
  for (let i = 0; i < 4; i++) out[i] = fromA * (a[i] ?? NaN) + sign * fromB * (b[i] ?? NaN);
  return normalizeQuat(out, out);
}
