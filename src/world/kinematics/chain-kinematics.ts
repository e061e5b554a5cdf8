/** @file Forward kinematics and the geometric Jacobian of a serial chain, allocation-free. */

import { composePoses, poseBuffer, type Pose, type PoseBuffer } from "./pose.ts";
import { invertQuat, multiplyQuats, normalizeQuat, type Numbers } from "./quaternion.ts";
import { matrixFromQuat, quatFromMatrix } from "./rotation-matrix.ts";
import { requireJointPositions, type SerialChain } from "./serial-chain.ts";

/**
 * The kinematics of one chain with buffers of its own: `update` places all links, the rest reads where they are. Angles and poses are
 * in the base frame.
 */
export interface ChainKinematics {
  readonly chain: SerialChain;
  /** f64[3] tool position after the last `update`, m. Overwritten by the next. */
  readonly toolPosition: Float64Array;
  /** f64[9] tool orientation after the last `update`, row-major. Overwritten by the next. */
  readonly toolRotation: Float64Array;
  /** Place the links for joint positions f[n], rad or m. Limits are not asked for; `q` is not checked, see `requireJointPositions`. */
  update(q: Numbers): void;
  /** Pose of the tool. */
  toolPose(out?: PoseBuffer): PoseBuffer;
  /** Pose of the link that joint `index` carries. */
  linkPose(index: number, out?: PoseBuffer): PoseBuffer;
  /** Height of the lowest link's origin after the last `update`, m. */
  lowestLinkZ(): number;
  /**
   * The geometric Jacobian f64[6, n] of the tool: rows 0 to 2 its linear velocity, m, rows 3 to 5 its angular velocity, rad, per unit of
   * every joint's speed, both in the base frame.
   */
  jacobian(out?: Float64Array): Float64Array;
}

/** A fixed transform, spelled out: rotation by rows xx … zz, then position. */
interface Transform {
  readonly xx: number;
  readonly xy: number;
  readonly xz: number;
  readonly yx: number;
  readonly yy: number;
  readonly yz: number;
  readonly zx: number;
  readonly zy: number;
  readonly zz: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** True where the joint after it slides. */
  readonly isPrismatic: boolean;
}

/** Numbers of a frame in the buffer: rotation by rows, then position. */
const FRAME = 12;

/**
 * Kinematics of a chain.
 *
 *     T = Π_i F_i · (Rot(axis_i, q_i) or Trans(axis_i, q_i)) · tool
 *     J_i = [ a_i × (p - o_i) ; a_i ] for a revolute joint, [ a_i ; 0 ] for a prismatic one,
 *
 * with a_i the joint's axis, o_i its origin and p the tool, all in the base frame.
 *
 * Inside, every link's frame is turned so that its joint axis is z: a joint then mixes two columns, whatever its axis.
 *
 * Source: Siciliano et al. 2009, "Robotics: Modelling, Planning and Control", eq. 2.50 and 3.30.
 */
export function chainKinematics(chain: SerialChain): ChainKinematics {
  const { joints, tool } = chain;
  const n = joints.length;
  const turns = joints.map(({ axis }) => quatFromZTo(axis));
  const steps = joints.map((joint, i) => transformOf(reframed(joint.pose, turns[i - 1], turns[i]), joint.kind === "prismatic"));
  const isPrismatic = steps.map((step) => step.isPrismatic);
  const end = transformOf(reframed(tool, turns[n - 1], undefined), false);
  const backTurns = turns.map((turn) => invertQuat(turn));

  const frames = new Float64Array(n * FRAME);
  const toolPosition = new Float64Array(3);
  const toolRotation = new Float64Array(9);

  return {
    chain,
    toolPosition,
    toolRotation,
    update(q) {
      placeLinks(steps, q, frames);
      placeTool(frames, (n - 1) * FRAME, end, { position: toolPosition, rotation: toolRotation });
    },
    toolPose(out = poseBuffer()) {
      out.position.set(toolPosition);
      quatFromMatrix(toolRotation, out.quat);
      return out;
    },
    linkPose(index, out = poseBuffer()) {
      const backTurn = backTurns[index];
      if (backTurn === undefined) throw new RangeError(`linkPose: index is ${index}, expected an integer from 0 to ${n - 1}, a joint of ${chain.name}`);
      const offset = index * FRAME;
      out.position.set(frames.subarray(offset + 9, offset + FRAME));
      quatFromMatrix(frames.subarray(offset, offset + 9), out.quat);
      multiplyQuats(out.quat, backTurn, out.quat);
      return out;
    },
    lowestLinkZ() {
      let lowest = Infinity;
      for (let offset = 0; offset < frames.length; offset += FRAME) lowest = Math.min(lowest, frames[offset + FRAME - 1] ?? NaN);
      return lowest;
    },
    jacobian(out = new Float64Array(6 * n)) {
      if (out.length !== 6 * n) throw new RangeError(`jacobian: out holds ${out.length} numbers, expected ${6 * n}, 6 × ${n} joints`);
      fillJacobian({ frames, isPrismatic, toolPosition }, out);
      return out;
    },
  };
}

/** Pose of the tool for joint positions f[n]. For loops take `chainKinematics`, which allocates nothing. */
export function forwardKinematics(chain: SerialChain, q: Numbers): PoseBuffer {
  requireJointPositions("forwardKinematics", chain, q);
  const kinematics = chainKinematics(chain);
  kinematics.update(q);
  return kinematics.toolPose();
}

/** A quaternion that turns z to the axis; the identity where it is z already. */
function quatFromZTo(axis: Numbers): Float64Array {
  const [x, y, z] = [axis[0] ?? NaN, axis[1] ?? NaN, axis[2] ?? NaN];
  // Half-way between the two; half a turn about x where they are opposite.
  return 1 + z < 1e-12 ? Float64Array.of(0, 1, 0, 0) : normalizeQuat([1 + z, -y, x, 0]);
}

/** The pose between two links whose frames are turned. */
function reframed(pose: Pose, outer: Numbers | undefined, inner: Numbers | undefined): Pose {
  const turned = (quat: Numbers): Pose => ({ position: [0, 0, 0], quat });
  const left = outer === undefined ? pose : composePoses(turned(invertQuat(outer)), pose);
  return inner === undefined ? left : composePoses(left, turned(inner));
}

function transformOf({ position, quat }: Pose, isPrismatic: boolean): Transform {
  const [xx = NaN, xy = NaN, xz = NaN, yx = NaN, yy = NaN, yz = NaN, zx = NaN, zy = NaN, zz = NaN] = matrixFromQuat(quat);
  const [x = NaN, y = NaN, z = NaN] = Array.from(position);
  return { xx, xy, xz, yx, yy, yz, zx, zy, zz, x, y, z, isPrismatic };
}

/** Write the frame of every link into `frames`. */
function placeLinks(steps: readonly Transform[], q: Numbers, frames: Float64Array): void {
  let [xx, xy, xz, yx, yy, yz, zx, zy, zz] = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  let [x, y, z] = [0, 0, 0];
  let at = 0;
  for (let i = 0; i < steps.length; i++) {
    const f = steps[i];
    if (f === undefined) return;
    const value = q[i] ?? NaN;
    // The fixed transform: position, then the three columns of the rotation.
    x += xx * f.x + xy * f.y + xz * f.z;
    y += yx * f.x + yy * f.y + yz * f.z;
    z += zx * f.x + zy * f.y + zz * f.z;
    const [ax, ay, az] = [xx * f.xx + xy * f.yx + xz * f.zx, yx * f.xx + yy * f.yx + yz * f.zx, zx * f.xx + zy * f.yx + zz * f.zx];
    const [bx, by, bz] = [xx * f.xy + xy * f.yy + xz * f.zy, yx * f.xy + yy * f.yy + yz * f.zy, zx * f.xy + zy * f.yy + zz * f.zy];
    const [cx, cy, cz] = [xx * f.xz + xy * f.yz + xz * f.zz, yx * f.xz + yy * f.yz + yz * f.zz, zx * f.xz + zy * f.yz + zz * f.zz];
    [xz, yz, zz] = [cx, cy, cz];
    if (f.isPrismatic) {
      [xx, yx, zx, xy, yy, zy] = [ax, ay, az, bx, by, bz];
      x += value * cx;
      y += value * cy;
      z += value * cz;
    } else {
      const [cos, sin] = [Math.cos(value), Math.sin(value)];
      [xx, yx, zx] = [cos * ax + sin * bx, cos * ay + sin * by, cos * az + sin * bz];
      [xy, yy, zy] = [cos * bx - sin * ax, cos * by - sin * ay, cos * bz - sin * az];
    }
    frames[at] = xx;
    frames[at + 1] = xy;
    frames[at + 2] = xz;
    frames[at + 3] = yx;
    frames[at + 4] = yy;
    frames[at + 5] = yz;
    frames[at + 6] = zx;
    frames[at + 7] = zy;
    frames[at + 8] = zz;
    frames[at + 9] = x;
    frames[at + 10] = y;
    frames[at + 11] = z;
    at += FRAME;
  }
}

interface ToolBuffers {
  readonly position: Float64Array;
  readonly rotation: Float64Array;
}

/** The frame at `at`, then the fixed transform to the tool. */
function placeTool(frames: Float64Array, at: number, t: Transform, { position, rotation }: ToolBuffers): void {
  for (let row = 0; row < 3; row++) {
    const [a, b, c] = [frames[at + 3 * row] ?? NaN, frames[at + 3 * row + 1] ?? NaN, frames[at + 3 * row + 2] ?? NaN];
    rotation[3 * row] = a * t.xx + b * t.yx + c * t.zx;
    rotation[3 * row + 1] = a * t.xy + b * t.yy + c * t.zy;
    rotation[3 * row + 2] = a * t.xz + b * t.yz + c * t.zz;
    position[row] = (frames[at + 9 + row] ?? NaN) + a * t.x + b * t.y + c * t.z;
  }
}

interface Placed {
  readonly frames: Float64Array;
  readonly isPrismatic: readonly boolean[];
  readonly toolPosition: Float64Array;
}

function fillJacobian({ frames, isPrismatic, toolPosition }: Placed, out: Float64Array): void {
  const n = isPrismatic.length;
  const [px, py, pz] = [toolPosition[0] ?? NaN, toolPosition[1] ?? NaN, toolPosition[2] ?? NaN];
  for (let i = 0; i < n; i++) {
    const at = i * FRAME;
    const [ax, ay, az] = [frames[at + 2] ?? NaN, frames[at + 5] ?? NaN, frames[at + 8] ?? NaN];
    const slides = isPrismatic[i] === true;
    const [x, y, z] = [px - (frames[at + 9] ?? NaN), py - (frames[at + 10] ?? NaN), pz - (frames[at + 11] ?? NaN)];
    out[i] = slides ? ax : ay * z - az * y;
    out[n + i] = slides ? ay : az * x - ax * z;
    out[2 * n + i] = slides ? az : ax * y - ay * x;
    out[3 * n + i] = slides ? 0 : ax;
    out[4 * n + i] = slides ? 0 : ay;
    out[5 * n + i] = slides ? 0 : az;
  }
}
