/** @file A serial chain: links one after the other, a joint between each two. A value, in the form in which MJCF and URDF say it. */

import { IDENTITY_POSE, type Pose } from "./pose.ts";
import { normalizeQuat, type Numbers } from "./quaternion.ts";

/** Turns about its axis (rad), or slides along it (m). */
export type JointKind = "revolute" | "prismatic";

/**
 * A joint and the link it carries. In MJCF: a body at `pose` in its parent, with a hinge or slide joint of this axis at its origin.
 */
export interface Joint {
  readonly name: string;
  readonly kind: JointKind;
  /** Pose of the carried link in the link before it (the base, for the first) where the joint stands at 0. */
  readonly pose: Pose;
  /** f[3] unit vector in the carried link's frame, through its origin. */
  readonly axis: Numbers;
  /** Lowest joint position, rad or m; -Infinity where nothing limits it. */
  readonly low: number;
  /** Highest joint position, rad or m. */
  readonly high: number;
  /** Highest speed, rad/s or m/s; Infinity where nothing limits it. */
  readonly maxSpeed: number;
}

export interface SerialChain {
  readonly name: string;
  /** From the base outwards. */
  readonly joints: readonly Joint[];
  /** Pose of the tool in the last link. */
  readonly tool: Pose;
}

/** A joint with what may be left out: `pose` identity, `axis` z, no limits. */
export type JointSpec = Pick<Joint, "name" | "kind"> & Partial<Joint>;

/**
 * A chain of joints, with the rest filled in and quaternions and axes scaled to length 1.
 *
 * @param tool pose of the tool in the last link; the last link itself where left out
 * @throws RangeError when there is no joint, a name occurs twice, or an entry of a joint is not what it must be
 */
export function serialChain(name: string, joints: readonly JointSpec[], tool: Pose = IDENTITY_POSE): SerialChain {
  const who = `serialChain: ${name}`;
  if (joints.length === 0) throw new RangeError(`${who} has no joints, expected at least one`);
  const names = joints.map((joint) => joint.name);
  const twice = names.find((joint, i) => names.indexOf(joint) !== i);
  if (twice !== undefined) throw new RangeError(`${who} has two joints "${twice}"; name them differently`);
  return { name, joints: joints.map((joint) => completeJoint(`${who}, joint "${joint.name}"`, joint)), tool: completePose(`${who}, tool`, tool) };
}

function completeJoint(who: string, spec: JointSpec): Joint {
  const { name, kind, pose = IDENTITY_POSE, axis = [0, 0, 1], low = -Infinity, high = Infinity, maxSpeed = Infinity } = spec;
  if (kind !== "revolute" && kind !== "prismatic") throw new RangeError(`${who}: kind is "${String(kind)}", expected revolute or prismatic`);
  if (!(low < high)) throw new RangeError(`${who}: limits are [${low}, ${high}], expected low < high`);
  if (!(maxSpeed > 0)) throw new RangeError(`${who}: maxSpeed is ${maxSpeed}, expected a number > 0`);
  const length = Math.hypot(...Array.from(axis));
  if (axis.length !== 3 || !(length > 0 && length < Infinity)) {
    throw new RangeError(`${who}: axis is [${Array.from(axis).join(", ")}], expected three finite numbers, not all zero`);
  }
  return { name, kind, pose: completePose(who, pose), axis: Array.from(axis, (x) => x / length), low, high, maxSpeed };
}

/** A copy in plain arrays, so that nothing changes a chain from outside; -0 becomes 0, which JSON cannot tell apart. */
function completePose(who: string, { position, quat }: Pose): Pose {
  if (position.length !== 3 || !Array.from(position).every(Number.isFinite)) {
    throw new RangeError(`${who}: position is [${Array.from(position).join(", ")}], expected three finite numbers, m`);
  }
  if (quat.length !== 4 || !Array.from(quat).every(Number.isFinite) || Math.abs(Math.hypot(...Array.from(quat)) - 1) > 1e-3) {
    throw new RangeError(`${who}: quat is [${Array.from(quat).join(", ")}], expected a unit quaternion w, x, y, z`);
  }
  return { position: Array.from(position, (x) => x + 0), quat: Array.from(normalizeQuat(quat), (x) => x + 0) };
}

/** The same chain with another tool at its end. */
export function withTool(chain: SerialChain, tool: Pose): SerialChain {
  return { ...chain, tool: completePose(`withTool: ${chain.name}, tool`, tool) };
}

/**
 * Throws unless `q` is one finite position for every joint.
 *
 * @param who the caller, for the message
 */
export function requireJointPositions(who: string, chain: SerialChain, q: Numbers): void {
  const count = chain.joints.length;
  if (q.length !== count) throw new RangeError(`${who}: got ${q.length} joint positions, expected ${count}, one for each joint of ${chain.name}`);
  for (let i = 0; i < count; i++) {
    if (!Number.isFinite(q[i])) throw new RangeError(`${who}: position of joint "${chain.joints[i]?.name}" is ${q[i]}, expected a finite number`);
  }
}

/** Joint positions f[n] moved into their limits. `out` may be `q`. */
export function clampToLimits(chain: SerialChain, q: Numbers, out: Float64Array = new Float64Array(q.length)): Float64Array {
  chain.joints.forEach(({ low, high }, i) => (out[i] = Math.min(high, Math.max(low, q[i] ?? NaN))));
  return out;
}

/** True where every joint is within its limits. */
export function isWithinLimits(chain: SerialChain, q: Numbers): boolean {
  return chain.joints.every(({ low, high }, i) => (q[i] ?? NaN) >= low && (q[i] ?? NaN) <= high);
}
