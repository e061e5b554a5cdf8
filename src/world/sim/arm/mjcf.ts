/** @file The arm's world as MJCF: chain, fingers, free bodies, servos, sensors. */

import type { Joint, Pose } from "#world/kinematics";
import { FINGER_POSE, FINGER_TRAVEL, ROBOT_CHAIN } from "./robot.ts";
import type { ArmSolid, Primitive } from "./solids.ts";

/** Step of the simulation, s. */
export const TIMESTEP_S = 0.0025;

/** Stiffness of each joint's position servo, N·m/rad, and the torque it can give, N·m; damped to not swing. */
const SERVO_STIFFNESS: readonly number[] = [4500, 4500, 3500, 3500, 2000, 2000, 2000];
const SERVO_TORQUE: readonly number[] = [87, 87, 87, 87, 12, 12, 12];
/** Stiffness, N/m, damping, N·s/m, and force, N, of each finger's servo. */
const FINGER_SERVO = { stiffness: 2000, damping: 100, force: 40 } as const;
/** Rotor inertia seen at each joint, kg·m². */
const ARMATURE = 0.1;

/** Who may touch whom: robot and things touch each other, things among them; the robot does not touch itself. */
const TOUCH = { robot: 'contype="1" conaffinity="0"', fixed: 'contype="2" conaffinity="1"', object: 'contype="2" conaffinity="3"', none: 'contype="0" conaffinity="0"' } as const;

/** Where sensors begin and end in `Physics.sensors`. */
export const TOOL_SENSOR = { position: 0, quat: 3, size: 7 } as const;

export interface MjcfRequest {
  readonly solids: readonly ArmSolid[];
  /** Names of fixed solids with a sensor each that tells by how much they are pressed, N, in this order behind the tool's. */
  readonly pressed: readonly string[];
}

/**
 * The model in MJCF. Joint frames are those of the chain, so forward kinematics and the simulation agree; numbers are written in full.
 *
 * Free bodies come first in `positions`, seven numbers each in their order, then the arm's joints, then the left and right finger.
 */
export function armMjcf({ solids, pressed }: MjcfRequest): string {
  const of = (kind: ArmSolid["frame"]["kind"]): readonly ArmSolid[] => solids.filter(({ frame }) => frame.kind === kind);
  return [
    '<mujoco model="arm">',
    '<compiler angle="radian" autolimits="true"/>',
    `<option timestep="${TIMESTEP_S}" integrator="implicitfast" cone="elliptic" impratio="10"/>`,
    '<size memory="1M"/>',
    "<worldbody>",
    `<geom name="table_top" type="plane" size="0 0 1" friction="0.9 0.005 0.0001" ${TOUCH.fixed}/>`,
    ...of("world").map((solid) => (pressed.includes(solid.name) ? pressedBody(solid) : geom(solid, TOUCH.fixed))),
    ...of("object").map(freeBody),
    links(ROBOT_CHAIN.joints, solids, 0),
    "</worldbody>",
    `<actuator>${[...ROBOT_CHAIN.joints.map(jointServo), fingerServo("left"), fingerServo("right")].join("")}</actuator>`,
    // Fingers move as one, as in the real hand: a jerk of the hand cannot take one of them off what it holds.
    '<equality><joint joint1="finger_left" joint2="finger_right" polycoef="0 1 0 0 0"/></equality>',
    "<sensor>",
    '<framepos objtype="site" objname="tool"/><framequat objtype="site" objname="tool"/>',
    ...pressed.map((name) => `<touch site="${name}_site"/>`),
    "</sensor>",
    "</mujoco>",
  ].join("\n");
}

function links(joints: readonly Joint[], solids: readonly ArmSolid[], index: number): string {
  const joint = joints[index];
  if (joint === undefined) return handBodies(solids);
  const own = solids.filter(({ frame }) => frame.kind === "link" && frame.index === index);
  return [
    `<body name="link${index + 1}" ${placed(joint.pose)} gravcomp="1">`,
    `<joint name="${joint.name}" type="hinge" axis="${numbers(joint.axis)}" range="${joint.low} ${joint.high}" armature="${ARMATURE}" damping="1"/>`,
    ...own.map((solid) => geom(solid, TOUCH.robot)),
    links(joints, solids, index + 1),
    "</body>",
  ].join("\n");
}

function handBodies(solids: readonly ArmSolid[]): string {
  const finger = (side: "left" | "right"): string => {
    const own = solids.filter(({ frame }) => frame.kind === "finger" && frame.side === side);
    const axis = side === "left" ? "0 1 0" : "0 -1 0";
    return [
      `<body name="finger_${side}" ${placed(FINGER_POSE)} gravcomp="1">`,
      `<joint name="finger_${side}" type="slide" axis="${axis}" range="0 ${FINGER_TRAVEL}" armature="0.1"/>`,
      ...own.map((solid) => geom(solid, `${TOUCH.robot} condim="4" friction="1.5 0.02 0.0001" solref="0.005 1" solimp="0.95 0.99 0.001"`)),
      "</body>",
    ].join("\n");
  };
  return [`<site name="tool" ${placed(ROBOT_CHAIN.tool)}/>`, finger("left"), finger("right")].join("\n");
}

function freeBody(solid: ArmSolid): string {
  return `<body name="${solid.name}"><freejoint name="${solid.name}"/>${geom(solid, `${TOUCH.object} friction="0.9 0.005 0.0001"`)}</body>`;
}

/** A body of its own, because a touch sensor feels what touches the body of its site. */
function pressedBody(solid: ArmSolid): string {
  const site = `<site name="${solid.name}_site" ${sized(grown(solid.shape))} ${placed(solid.pose)}/>`;
  return `<body name="${solid.name}_body">${geom(solid, TOUCH.fixed)}${site}</body>`;
}

function grown(shape: Primitive): Primitive {
  const by = 0.01;
  if (shape.kind === "box") return { kind: "box", halfExtents: [shape.halfExtents[0] + by, shape.halfExtents[1] + by, shape.halfExtents[2] + by] };
  return shape.kind === "sphere" ? { ...shape, radius: shape.radius + by } : { ...shape, radius: shape.radius + by, halfLength: shape.halfLength + by };
}

function geom(solid: ArmSolid, touch: string): string {
  const { name, shape, pose, color, massKg, isTouchable } = solid;
  const mass = massKg > 0 ? `mass="${massKg}"` : "";
  return `<geom name="${name}" ${sized(shape)} ${placed(pose)} rgba="${numbers(color)} 1" ${mass} ${isTouchable ? touch : TOUCH.none}/>`;
}

function sized(shape: Primitive): string {
  if (shape.kind === "box") return `type="box" size="${numbers(shape.halfExtents)}"`;
  return shape.kind === "sphere" ? `type="sphere" size="${shape.radius}"` : `type="${shape.kind}" size="${shape.radius} ${shape.halfLength}"`;
}

function placed({ position, quat }: Pose): string {
  return `pos="${numbers(position)}" quat="${numbers(quat)}"`;
}

function numbers(values: ArrayLike<number>): string {
  return Array.from(values).join(" ");
}

function jointServo({ name, low, high }: Joint, index: number): string {
  const torque = SERVO_TORQUE[index];
  return `<position name="${name}" joint="${name}" kp="${SERVO_STIFFNESS[index]}" dampratio="1" ctrlrange="${low} ${high}" forcerange="-${torque} ${torque}"/>`;
}

function fingerServo(side: "left" | "right"): string {
  const { stiffness, damping, force } = FINGER_SERVO;
  return `<position name="finger_${side}" joint="finger_${side}" kp="${stiffness}" kv="${damping}" ctrlrange="0 ${FINGER_TRAVEL}" forcerange="-${force} ${force}"/>`;
}
