/** @file Poses: where a camera, a link or a solid is in the world, and how poses combine. */

/** Where a frame lies in a parent frame (the world unless said otherwise): parent point = rotation · own point + position. */
export interface RigidPose {
  /** f64[3], m. */
  readonly position: Float64Array;
  /** f64[3, 3] row-major: its columns are the frame's own axes, seen from the parent. */
  readonly rotation: Float64Array;
}

type Vector = ArrayLike<number>;

/**
 * A pose from a position and a quaternion.
 *
 * @param position f[3], m
 * @param quat f[4] in the order w, x, y, z; normalized here. Default: no rotation.
 * @throws RangeError when a number is not finite, or the quaternion is 0
 */
export function rigidPose(position: Vector, quat: Vector = [1, 0, 0, 0]): RigidPose {
  const rotation = new Float64Array(9);
  writeRotation(rotation, 0, quat);
  requireFinite("rigidPose: position", position, 3);
  return { position: Float64Array.from(position), rotation };
}

/**
 * Write the rotation matrix of a quaternion (w, x, y, z, any length but 0) into `out`, f64[3, 3] row-major from `offset` on.
 *
 * @throws RangeError when a number is not finite, or all are 0
 */
export function writeRotation(out: Float64Array, offset: number, quat: Vector): void {
  requireFinite("writeRotation: quaternion", quat, 4);
  const w = quat[0] ?? 0, x = quat[1] ?? 0, y = quat[2] ?? 0, z = quat[3] ?? 0;
  const squares = w * w + x * x + y * y + z * z;
  if (!(squares > 0)) throw new RangeError(`writeRotation: quaternion is ${Array.from(quat).join(", ")}, expected one that is not 0`);
  const s = 2 / squares;
  out[offset] = 1 - s * (y * y + z * z);
  out[offset + 1] = s * (x * y - w * z);
  out[offset + 2] = s * (x * z + w * y);
  out[offset + 3] = s * (x * y + w * z);
  out[offset + 4] = 1 - s * (x * x + z * z);
  out[offset + 5] = s * (y * z - w * x);
  out[offset + 6] = s * (x * z - w * y);
  out[offset + 7] = s * (y * z + w * x);
  out[offset + 8] = 1 - s * (x * x + y * y);
}

/**
 * The pose of a camera at `eye` that looks at `target`: z forward to the target, x to the right, y down (OpenCV's axes), with `up`
 * upwards in the image.
 *
 * @param eye f[3], m
 * @param target f[3], m
 * @param up f[3], any length; default the world's z
 * @throws RangeError when a number is not finite, eye and target coincide, or `up` points along the view
 */
export function lookAt(eye: Vector, target: Vector, up: Vector = [0, 0, 1]): RigidPose {
  for (const [name, vector] of Object.entries({ eye, target, up })) requireFinite(`lookAt: ${name}`, vector, 3);
  const forward = normalized([0, 1, 2].map((axis) => (target[axis] ?? 0) - (eye[axis] ?? 0)));
  if (forward === undefined) throw new RangeError(`lookAt: eye and target are both ${Array.from(eye).join(", ")}, expected two points`);
  const right = normalized(cross(forward, up), 1e-9);
  if (right === undefined) {
    throw new RangeError(`lookAt: up is ${Array.from(up).join(", ")}, which is 0 or along the view; give another, such as [1, 0, 0]`);
  }
  const down = cross(forward, right);
  const rotation = Float64Array.from([0, 1, 2].flatMap((axis) => [right, down, forward].map((vector) => vector[axis] ?? 0)));
  return { position: Float64Array.from(eye), rotation };
}

/**
 * The world pose of something that is mounted on a parent, such as a camera on a link: world ← parent ∘ parent ← mounted.
 *
 * @param out written and returned; it may be neither of the others. Default: a new pose.
 */
export function mountedPose(parent: RigidPose, offset: RigidPose, out: RigidPose = emptyPose()): RigidPose {
  const { position: p, rotation: r } = parent;
  for (let row = 0; row < 3; row++) {
    const a = r[3 * row] ?? 0, b = r[3 * row + 1] ?? 0, c = r[3 * row + 2] ?? 0;
    for (let column = 0; column < 3; column++) {
      const [x, y, z] = [offset.rotation[column] ?? 0, offset.rotation[3 + column] ?? 0, offset.rotation[6 + column] ?? 0];
      out.rotation[3 * row + column] = a * x + b * y + c * z;
    }
    const [x = 0, y = 0, z = 0] = offset.position;
    out.position[row] = (p[row] ?? 0) + a * x + b * y + c * z;
  }
  return out;
}

/** A pose at the origin without rotation, to be written. */
export function emptyPose(): RigidPose {
  return { position: new Float64Array(3), rotation: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) };
}

/** Throws unless a pose is finite and its matrix a rotation. */
export function checkPose(who: string, { position, rotation }: RigidPose): void {
  requireFinite(`${who}: position`, position, 3);
  requireFinite(`${who}: rotation`, rotation, 9);
  if (!isRotation(rotation, 0)) throw new RangeError(`${who}: rotation is ${Array.from(rotation).join(", ")}, expected a rotation matrix, row-major`);
}

/** How far products of a rotation's rows may be from 0 and 1: far above rounding, far below what is seen. */
const ROTATION_TOLERANCE = 1e-4;

/** Whether the nine numbers from `offset` on have orthonormal rows and keep the hand. */
export function isRotation(r: Float64Array, offset: number): boolean {
  const a = r[offset] ?? NaN, b = r[offset + 1] ?? NaN, c = r[offset + 2] ?? NaN;
  const d = r[offset + 3] ?? NaN, e = r[offset + 4] ?? NaN, f = r[offset + 5] ?? NaN;
  const g = r[offset + 6] ?? NaN, h = r[offset + 7] ?? NaN, i = r[offset + 8] ?? NaN;
  const lengths = Math.max(Math.abs(a * a + b * b + c * c - 1), Math.abs(d * d + e * e + f * f - 1), Math.abs(g * g + h * h + i * i - 1));
  const products = Math.max(Math.abs(a * d + b * e + c * f), Math.abs(a * g + b * h + c * i), Math.abs(d * g + e * h + f * i));
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return lengths < ROTATION_TOLERANCE && products < ROTATION_TOLERANCE && determinant > 0;
}

/** Throws unless `values` holds `count` finite numbers. */
export function requireFinite(who: string, values: Vector, count: number): void {
  let isGood = values.length === count;
  for (let i = 0; i < count; i++) isGood &&= Number.isFinite(values[i]);
  if (!isGood) throw new RangeError(`${who} is ${Array.from(values).join(", ")}, expected ${count} finite numbers`);
}

function cross(a: Vector, b: Vector): number[] {
  const [ax = 0, ay = 0, az = 0] = Array.from(a);
  const [bx = 0, by = 0, bz = 0] = Array.from(b);
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
}

/** The vector at length 1, or undefined when it is not longer than `least`. */
export function normalized(vector: readonly number[], least: number = 0): number[] | undefined {
  const [x = 0, y = 0, z = 0] = vector;
  const length = Math.sqrt(x * x + y * y + z * z);
  return length > least ? vector.map((value) => value / length) : undefined;
}
