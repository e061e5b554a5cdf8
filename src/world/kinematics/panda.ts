/** @file The Franka Emika Panda: seven revolute joints and a parallel gripper. */

import { chainFromModifiedDh } from "./modified-dh.ts";
import type { Pose } from "./pose.ts";
import type { SerialChain } from "./serial-chain.ts";

const QUARTER = Math.PI / 2;

/** Rot_z(-45°): how the hand is bolted to the flange. */
const HAND_QUAT: readonly number[] = [Math.cos(Math.PI / 8), 0, 0, -Math.sin(Math.PI / 8)];

/** The hand's body in link 7: on the flange, 107 mm out along the last joint's axis, turned by -45°. Its fingers slide along its y axis, and z points out of it. */
export const PANDA_HAND: Pose = { position: [0, 0, 0.107], quat: HAND_QUAT };

/** The tool in link 7: the middle between the fingertips, 103.4 mm out of the hand, and oriented as the hand. */
export const PANDA_TOOL: Pose = { position: [0, 0, 0.107 + 0.1034], quat: HAND_QUAT };

/** Half the opening of the gripper, m: each finger slides from 0 to this. */
export const PANDA_FINGER_TRAVEL_M = 0.04;

/**
 * The arm, its base at the origin, z up, reaching along +x.
 *
 * The tool is Franka's own hand: O_T_EE of its controller with the hand mounted, and the hand body of MuJoCo Menagerie's model
 * moved out by 103.4 mm. Poses of other sources differ by a fixed transform in the tool's frame: the decoupled action head's
 * unused kinematics quotes 217.4 mm and Rot_z(135°), which is 7 mm further out and half a turn about z, and that looks the same
 * to a parallel gripper but not to a network.
 *
 * Source: Franka Control Interface documentation, "Denavit-Hartenberg parameters" (Craig's convention) and "Limits in joint
 * space" for the Panda (the Research 3 has others); hand: MuJoCo Menagerie `franka_emika_panda/panda.xml` at 1b428b0.
 */
export const PANDA: SerialChain = chainFromModifiedDh(
  "Panda",
  [
    { name: "joint1", kind: "revolute", a: 0, alphaRad: 0, d: 0.333, low: -2.8973, high: 2.8973, maxSpeed: 2.175 },
    { name: "joint2", kind: "revolute", a: 0, alphaRad: -QUARTER, d: 0, low: -1.7628, high: 1.7628, maxSpeed: 2.175 },
    { name: "joint3", kind: "revolute", a: 0, alphaRad: QUARTER, d: 0.316, low: -2.8973, high: 2.8973, maxSpeed: 2.175 },
    { name: "joint4", kind: "revolute", a: 0.0825, alphaRad: QUARTER, d: 0, low: -3.0718, high: -0.0698, maxSpeed: 2.175 },
    { name: "joint5", kind: "revolute", a: -0.0825, alphaRad: -QUARTER, d: 0.384, low: -2.8973, high: 2.8973, maxSpeed: 2.61 },
    { name: "joint6", kind: "revolute", a: 0, alphaRad: QUARTER, d: 0, low: -0.0175, high: 3.7525, maxSpeed: 2.61 },
    { name: "joint7", kind: "revolute", a: 0.088, alphaRad: QUARTER, d: 0, low: -2.8973, high: 2.8973, maxSpeed: 2.61 },
  ],
  PANDA_TOOL,
);

/** f[7] rad, Franka's "ready" posture: the elbow up, the hand pointing straight down, the tool 0.307 m ahead and 0.487 m up. */
export const PANDA_READY: readonly number[] = [0, -Math.PI / 4, 0, (-3 * Math.PI) / 4, 0, QUARTER, Math.PI / 4];
