/** @file The arm's body: capsules along the Panda's links, a box for the hand, two fingers. */

import { composePoses, PANDA, PANDA_FINGER_TRAVEL_M, PANDA_HAND, type Pose } from "#world/kinematics";
import { capsuleBetween, UPRIGHT, type ArmSolid, type SolidColor } from "./solids.ts";

export const ROBOT_CHAIN = PANDA;
/** Each finger slides from 0, closed, to this, m. */
export const FINGER_TRAVEL = PANDA_FINGER_TRAVEL_M;
/** Distance between the pads of the open gripper, m. */
export const FULL_OPENING = 2 * FINGER_TRAVEL;
/** Where the fingers' bodies sit in the hand, m along its z. The tool is 45 mm further out, 9 mm above the fingertips. */
const FINGER_BASE = 0.0584;
const FINGER_HALF = [0.01, 0.006, 0.027] as const;

const WHITE: SolidColor = [0.93, 0.94, 0.95];
const GREY: SolidColor = [0.42, 0.45, 0.49];
const DARK: SolidColor = [0.18, 0.2, 0.22];

/** The pose of a closed finger's body in link 7. It slides along its y axis, the left one up and the right one down. */
export const FINGER_POSE: Pose = plain(composePoses(PANDA_HAND, { position: [0, 0, FINGER_BASE], quat: UPRIGHT }));

/** All solids of the robot. Those nearest to the base cannot reach anything, so they are only seen. */
export function robotSolids(): readonly ArmSolid[] {
  const link = (index: number, name: string, between: ReturnType<typeof capsuleBetween>, rest: Pick<ArmSolid, "color" | "massKg" | "isTouchable">): ArmSolid => ({
    name: `link${index + 1}_${name}`,
    frame: { kind: "link", index },
    ...between,
    ...rest,
  });
  const body = (massKg: number, color: SolidColor = WHITE, isTouchable: boolean = true) => ({ color, massKg, isTouchable });
  return [
    { name: "base", frame: { kind: "world" }, ...capsuleBetween([0, 0, 0.03], [0, 0, 0.2], 0.075), ...body(0, GREY, false) },
    link(0, "shoulder", capsuleBetween([0, 0, -0.12], [0, 0, 0], 0.068), body(3, WHITE, false)),
    link(1, "upper_arm", capsuleBetween([0, 0, 0], [0, -0.2, 0], 0.066), body(3, WHITE, false)),
    link(2, "upper_arm", capsuleBetween([0, 0, -0.1], [0, 0, 0], 0.06), body(1.5, WHITE, false)),
    link(2, "elbow", capsuleBetween([0, 0, 0], [0.0825, 0, 0], 0.055), body(1, GREY, false)),
    link(3, "elbow", capsuleBetween([0, 0, 0], [-0.0825, 0.1, 0], 0.056), body(2.5, WHITE)),
    link(4, "forearm", capsuleBetween([0, 0, -0.24], [0, 0, 0], 0.05), body(2.5, WHITE)),
    link(5, "wrist", capsuleBetween([0, 0, 0], [0.088, 0, 0], 0.046), body(1.5, GREY)),
    link(6, "flange", capsuleBetween([0, 0, 0.02], [0, 0, 0.08], 0.042), body(0.7, WHITE)),
    handSolid(body(0.7, DARK)),
    fingerSolid("left"),
    fingerSolid("right"),
  ];
}

/** Half as wide as the real hand, so that it passes beside things. */
function handSolid(rest: Pick<ArmSolid, "color" | "massKg" | "isTouchable">): ArmSolid {
  const pose = plain(composePoses(PANDA_HAND, { position: [0, 0, 0.03], quat: UPRIGHT }));
  return { name: "hand", shape: { kind: "box", halfExtents: [0.024, 0.062, 0.03] }, frame: { kind: "link", index: 6 }, pose, ...rest };
}

function fingerSolid(side: "left" | "right"): ArmSolid {
  const y = (side === "left" ? 1 : -1) * FINGER_HALF[1];
  return {
    name: `finger_${side}`,
    shape: { kind: "box", halfExtents: FINGER_HALF },
    color: GREY,
    frame: { kind: "finger", side },
    pose: { position: [0, y, FINGER_HALF[2]], quat: UPRIGHT },
    massKg: 0.05,
    isTouchable: true,
  };
}

function plain({ position, quat }: Pose): Pose {
  return { position: Array.from(position), quat: Array.from(quat) };
}
