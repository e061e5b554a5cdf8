/** @file Rotations, poses, serial chains: forward and inverse kinematics, trajectories. Lengths in m, angles in rad. */

export {
  angleBetween,
  canonicalQuat,
  IDENTITY_QUAT,
  invertQuat,
  multiplyQuats,
  normalizeQuat,
  rotateVector,
  slerp,
  type Numbers,
} from "./quaternion.ts";
export { matrixFromQuat, multiplyMatrices, quatFromMatrix, transposeMatrix } from "./rotation-matrix.ts";
export { matrixFromRotation6d, quatFromRotation6d, rotation6dFromMatrix, rotation6dFromQuat } from "./rotation-6d.ts";
export { axisAngleFromQuat, quatFromAxisAngle, quatFromRotationVector, rotationVectorFromQuat } from "./axis-angle.ts";
export { eulerFromQuat, quatFromEuler, type EulerOrder } from "./euler.ts";
export { applyPose, composePoses, IDENTITY_POSE, invertPose, poseBuffer, type Pose, type PoseBuffer } from "./pose.ts";
export { poseError, requirePose } from "./pose-error.ts";
export {
  clampToLimits,
  isWithinLimits,
  requireJointPositions,
  serialChain,
  withTool,
  type Joint,
  type JointKind,
  type JointSpec,
  type SerialChain,
} from "./serial-chain.ts";
export { chainFromModifiedDh, type ModifiedDhRow } from "./modified-dh.ts";
export {
  PANDA,
  PANDA_FINGER_TRAVEL_M,
  PANDA_HAND,
  PANDA_READY,
  PANDA_TOOL,
} from "./panda.ts";
export { chainKinematics, forwardKinematics, type ChainKinematics } from "./chain-kinematics.ts";
export { manipulability } from "./manipulability.ts";
export { randomPosture } from "./random-posture.ts";
export { inverseKinematics, type InverseKinematics } from "./inverse-kinematics.ts";
export type { IkOptions } from "./ik-options.ts";
export { IkError, type IkSolution } from "./ik-solution.ts";
export { MINIMUM_JERK_PEAK_SPEED, minimumJerk, minimumJerkAcceleration, minimumJerkDurationS, minimumJerkSpeed } from "./minimum-jerk.ts";
export { minimumJerkTrajectory } from "./minimum-jerk-trajectory.ts";
export { sampleTrajectory, type SampleOptions, type Trajectory } from "./trajectory.ts";
export { cubicSpline, type Spline } from "./cubic-spline.ts";
export { goalPosture, type Workspace } from "./goal-posture.ts";
export {
  generateMotion,
  PANDA_WORKSPACE,
  TOOL_POSE_SIZE,
  type GeneratedMotion,
  type GeneratedMotionOptions,
} from "./generated-motion.ts";
