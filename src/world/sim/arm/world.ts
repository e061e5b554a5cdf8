/** @file Robot and objects in the simulation: put somewhere, moved by actions, read. */

import { chainKinematics, poseBuffer, type Pose } from "#world/kinematics";
import { sliceOf, type ArmLayout } from "./layout.ts";
import { TIMESTEP_S, TOOL_SENSOR } from "./mjcf.ts";
import type { Physics } from "./mujoco.ts";
import { FINGER_TRAVEL, ROBOT_CHAIN } from "./robot.ts";
import { RATE_HZ, toolServo } from "./servo.ts";
import type { ArmTask } from "./task.ts";

const JOINTS = ROBOT_CHAIN.joints.length;
const SUBSTEPS = Math.round(1 / (RATE_HZ * TIMESTEP_S));
/** Numbers of a free body in `Physics.positions`: position 3, quaternion 4. */
const FREE = 7;

export interface WorldStart {
  /** f[7] rad. */
  readonly joints: ArrayLike<number>;
  /** Between the pads, m. */
  readonly opening: number;
  /** In the order of the task's objects. */
  readonly objects: readonly Pose[];
}

export interface ArmWorld {
  /** Where the tool is. */
  readonly tool: Pose;
  /** f64[n] largest force, N, on each of the task's `pressed` during the last step. */
  readonly forces: Float64Array;
  /** Between the pads, m. */
  opening(): number;
  object(name: string): Pose;
  /** Everything at rest, the servos told to stay. */
  start(start: WorldStart): void;
  /** One control step for an action f[10]. Returns why the simulation failed, else null; then everything is where it was before. */
  step(action: ArrayLike<number>): string | null;
  /** Write all of a state but the goal. */
  write(out: Float64Array, layout: ArmLayout): void;
}

export function armWorld({ objects, pressed }: ArmTask, physics: Physics): ArmWorld {
  const bodies = armBodies(objects, physics);
  const servo = toolServo();
  const forces = new Float64Array(pressed.length);
  const from = new Float64Array(JOINTS);

  const restAt = (positions: Float64Array): void => {
    bodies.restAt(positions);
    forces.fill(0);
    servo.restAt(bodies.joints(), bodies.tool);
  };
  const advance = (): void => {
    forces.fill(0);
    for (let substep = 1; substep <= SUBSTEPS; substep++) {
      const { controls } = physics;
      for (let i = 0; i < JOINTS; i++) {
        const start = from[i] ?? NaN;
        controls[i] = start + (substep / SUBSTEPS) * ((servo.joints[i] ?? NaN) - start);
      }
      physics.step();
      const { sensors } = physics;
      for (let i = 0; i < forces.length; i++) forces[i] = Math.max(forces[i] ?? NaN, sensors[TOOL_SENSOR.size + i] ?? NaN);
    }
  };

  return {
    ...bodies,
    forces,
    start({ joints, opening, objects: poses }) {
      const free = poses.flatMap(({ position, quat }) => [...Array.from(position), ...Array.from(quat)]);
      restAt(Float64Array.of(...free, ...Array.from(joints), opening / 2, opening / 2));
    },
    step(action) {
      const saved = physics.positions.slice();
      from.set(servo.joints);
      servo.follow(action);
      const gripper = Math.min(1, Math.max(-1, action[9] ?? NaN));
      physics.controls.fill((FINGER_TRAVEL * (1 - gripper)) / 2, JOINTS);
      advance();
      const failure = physics.failure();
      if (failure === null) bodies.look();
      else restAt(saved);
      return failure;
    },
  };
}

interface ArmBodies extends Pick<ArmWorld, "tool" | "opening" | "object" | "write"> {
  /** f64[7] rad, a view to be read at once. */
  joints(): Float64Array;
  /** Put everything at rest at `Physics.positions` f64[nq], the servos told to stay. */
  restAt(positions: Float64Array): void;
  /** Find the tool, after the joints have moved. */
  look(): void;
}

/** Where robot and objects are in `Physics.positions`: free bodies first, then the joints, then the fingers. */
function armBodies(objects: readonly string[], physics: Physics): ArmBodies {
  const kinematics = chainKinematics(ROBOT_CHAIN);
  const tool = poseBuffer();
  const armAt = FREE * objects.length;
  const joints = (): Float64Array => physics.positions.subarray(armAt, armAt + JOINTS);
  const opening = (): number => (physics.positions[armAt + JOINTS] ?? NaN) + (physics.positions[armAt + JOINTS + 1] ?? NaN);
  const look = (): void => {
    kinematics.update(joints());
    kinematics.toolPose(tool);
  };
  const object = (name: string): Pose => {
    const at = FREE * objects.indexOf(name);
    if (at < 0) throw new RangeError(`armWorld: there is no object "${name}"; there are ${objects.join(", ") || "none"}`);
    const { positions } = physics;
    return { position: positions.subarray(at, at + 3), quat: positions.subarray(at + 3, at + FREE) };
  };

  return {
    tool,
    joints,
    opening,
    look,
    object,
    restAt(positions) {
      physics.reset();
      physics.positions.set(positions);
      physics.controls.set(positions.subarray(armAt));
      physics.forward();
      look();
    },
    write(out, layout) {
      const put = (name: string, values: ArrayLike<number>): void => out.set(values, sliceOf(layout, name).offset);
      put("toolPosition", kinematics.toolPosition);
      put("toolRotation", kinematics.toolRotation.subarray(0, 6));
      put("opening", [opening()]);
      put("joints", joints());
      for (const name of objects) {
        const { position, quat } = object(name);
        put(`${name}Position`, position);
        put(`${name}Quat`, quat);
      }
    },
  };
}
