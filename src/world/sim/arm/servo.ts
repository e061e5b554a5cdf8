/** @file From tool poses to joint targets: inverse kinematics that never asks a joint to move too fast. */

import { inverseKinematics, PANDA_READY, quatFromRotation6d, type Pose } from "#world/kinematics";
import { ROBOT_CHAIN } from "./robot.ts";

/** Control steps per second, Hz. */
export const RATE_HZ = 20;
/** Where the tool may be asked to go, m. Actions outside are moved to its faces. */
export const WORKSPACE = { low: [0.25, -0.35, 0.012], high: [0.75, 0.35, 0.55] } as const;
/** f[4] the tool pointing straight down, its fingers along y. */
export const DOWN: readonly number[] = [0, 1, 0, 0];

/** Steps of inverse kinematics in a tick. */
const IK_STEPS = 3;
/** Together they move no joint by more than it can turn in a tick: 2.175 rad/s. */
const MAX_STEP = ROBOT_CHAIN.joints.reduce((least, { maxSpeed }) => Math.min(least, maxSpeed), Infinity) / RATE_HZ / IK_STEPS;

/** The posture with the tool where episodes start, and towards which spare motion drifts. */
export const HOME_TOOL: Pose = { position: [0.42, 0, 0.25], quat: DOWN };

let home: Float64Array | undefined;

/** f64[7] joint positions, rad, of a tool pose, the elbow up. Throws IkError where it cannot be reached. */
export function homePosture(tool: Pose = HOME_TOOL): Float64Array {
  home ??= inverseKinematics(ROBOT_CHAIN).solve(HOME_TOOL, PANDA_READY).q;
  return tool === HOME_TOOL ? home : inverseKinematics(ROBOT_CHAIN, { rest: home, restarts: 0 }).solve(tool, home).q;
}

/** Joint targets that follow tool poses. */
export interface ToolServo {
  /** f64[7] joint targets, rad. */
  readonly joints: Float64Array;
  /** Stand still at joint positions f[7], whose tool pose is `tool`. */
  restAt(joints: ArrayLike<number>, tool: Pose): void;
  /**
   * Move the joint targets towards the pose of an action f[10]: three damped steps, so that a pose near by is met, and one far away or
   * out of reach is approached as directly as the limits of joints and of their speeds allow. A rotation whose two rows are parallel or
   * zero says nothing and leaves the one before.
   */
  follow(action: ArrayLike<number>): void;
}

export function toolServo(): ToolServo {
  const ik = inverseKinematics(ROBOT_CHAIN, { damping: 0.02, maxStep: MAX_STEP, rest: homePosture(), restGain: 0.03 });
  const joints = new Float64Array(ROBOT_CHAIN.joints.length);
  const target = { position: new Float64Array(3), quat: Float64Array.from(DOWN) };
  const rows = new Float64Array(6);

  return {
    joints,
    restAt(q, tool) {
      joints.set(q);
      target.quat.set(tool.quat);
    },
    follow(action) {
      for (let axis = 0; axis < 3; axis++) {
        target.position[axis] = Math.min(WORKSPACE.high[axis] ?? NaN, Math.max(WORKSPACE.low[axis] ?? NaN, action[axis] ?? NaN));
      }
      for (let i = 0; i < 6; i++) rows[i] = action[3 + i] ?? NaN;
      if (spansPlane(rows)) quatFromRotation6d(rows, target.quat);
      for (let step = 0; step < IK_STEPS; step++) ik.step(target, joints, joints);
    },
  };
}

/** Whether two rows f[6] of any length say a rotation: the sine of the angle between them is at least 0.01. */
function spansPlane(rows: Float64Array): boolean {
  const [ax = 0, ay = 0, az = 0, bx = 0, by = 0, bz = 0] = rows;
  const normal = Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx);
  const lengths = Math.hypot(ax, ay, az) * Math.hypot(bx, by, bz);
  return lengths > 1e-12 && normal > 0.01 * lengths;
}
