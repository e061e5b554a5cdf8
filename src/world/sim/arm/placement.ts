/** @file Where all solids are in a state: for cameras and viewers, without a simulation. */

import { applyPose, chainKinematics, composePoses, matrixFromQuat, poseBuffer, type Pose } from "#world/kinematics";
import { sliceOf, type ArmLayout } from "./layout.ts";
import { FINGER_POSE, ROBOT_CHAIN } from "./robot.ts";
import { UPRIGHT, type ArmSolid, type SolidFrame } from "./solids.ts";

/** Poses of N solids in the base frame, in their order. The layout is that of MuJoCo's geom_xpos and geom_xmat. */
export interface SolidPlaces {
  /** f64[N, 3] m. */
  readonly positions: Float64Array;
  /** f64[N, 3, 3] row-major, base ← solid. */
  readonly rotations: Float64Array;
}

/**
 * A function that places solids for a state f[S] of this layout: links and fingers by forward kinematics from the joints and the opening,
 * objects and marks by their numbers. It returns the same arrays every time.
 */
export function solidPlacer(solids: readonly ArmSolid[], layout: ArmLayout): (state: ArrayLike<number>) => SolidPlaces {
  const kinematics = chainKinematics(ROBOT_CHAIN);
  const joints = new Float64Array(ROBOT_CHAIN.joints.length);
  const places: SolidPlaces = { positions: new Float64Array(3 * solids.length), rotations: new Float64Array(9 * solids.length) };
  const frame = poseBuffer();
  const pose = poseBuffer();

  return (state) => {
    const { offset } = sliceOf(layout, "joints");
    for (let i = 0; i < joints.length; i++) joints[i] = state[offset + i] ?? NaN;
    kinematics.update(joints);
    solids.forEach((solid, i) => {
      composePoses(placeFrame(solid.frame, { state, layout, kinematics }, frame), solid.pose, pose);
      places.positions.set(pose.position, 3 * i);
      matrixFromQuat(pose.quat, places.rotations.subarray(9 * i, 9 * i + 9));
    });
    return places;
  };
}

interface Where {
  readonly state: ArrayLike<number>;
  readonly layout: ArmLayout;
  readonly kinematics: ReturnType<typeof chainKinematics>;
}

function placeFrame(frame: SolidFrame, { state, layout, kinematics }: Where, out: ReturnType<typeof poseBuffer>): Pose {
  const put = (to: Float64Array, slice: string): void => {
    const { offset, size } = sliceOf(layout, slice);
    for (let i = 0; i < size; i++) to[i] = state[offset + i] ?? NaN;
  };
  switch (frame.kind) {
    case "world":
      out.position.fill(0);
      out.quat.set(UPRIGHT);
      return out;
    case "link":
      return kinematics.linkPose(frame.index, out);
    case "finger": {
      const slide = ((frame.side === "left" ? 1 : -1) * (state[sliceOf(layout, "opening").offset] ?? NaN)) / 2;
      const hand: Pose = { position: applyPose(FINGER_POSE, [0, slide, 0]), quat: FINGER_POSE.quat };
      return composePoses(kinematics.linkPose(ROBOT_CHAIN.joints.length - 1, out), hand, out);
    }
    case "object":
      put(out.position, `${frame.name}Position`);
      put(out.quat, `${frame.name}Quat`);
      return out;
    case "goal": {
      const { offset } = sliceOf(layout, "goal");
      out.position.fill(0);
      out.quat.set(UPRIGHT);
      frame.entries.forEach((entry, axis) => (out.position[axis] = state[offset + entry] ?? NaN));
      return out;
    }
  }
}
