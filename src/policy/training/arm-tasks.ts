/** @file The tasks of the arm, observed by state features. */

import { ARM_ACTION_LEAST_RANGE, ARM_ACTION_NAMES, ARM_ACTION_SIZE, ARM_ITSELF, ARM_TASKS, armCameras, armMirror, armObservation, armPoints, armTaskLayout, demonstrateArm, environmentFacts, makeEnvironment } from "#world/sim";
import type { Task, TaskMotion } from "./task.ts";

/** The pose is the one that was reached, at the tick of the joints that reach it, so that one follows from the other; the gripper is told. */
const POSE = ["observation.state:0-8", "action:9"];
const MOTION: TaskMotion = { target: POSE, joints: ["observation.state:10-16", "action:9"], pose: POSE };

/** Ways of about 20 ticks, to be met within centimetres: short chunks, half of each executed, and demonstrations from both sides. */
const DEFAULTS: NonNullable<Task["defaults"]> = { horizon: 8, executeSteps: 4, batch: 64, mirror: true };

/**
 * One task for each of the arm. Their datasets are generated, into a folder of the task's name: `tendon data generate`.
 *
 * Observations leave the instruction out (see `armObservation`), so of these reach, lift and pick-place can be learned from state alone;
 * stack and sort need a policy that reads what it is told.
 */
export function armTasks(): Task[] {
  return ARM_TASKS.map((task): Task => {
    return {
      name: task.name,
      dataset: task.name,
      defaults: DEFAULTS,
      view: armObservation(task),
      actionSize: ARM_ACTION_SIZE,
      anchored: ARM_ACTION_NAMES.slice(0, 9), // all but the gripper, which is told and not measured
      actionLeastRange: ARM_ACTION_LEAST_RANGE,
      facts: environmentFacts(task.name),
      makeEnvironment: () => makeEnvironment(task.name),
      expert: { stateNames: armTaskLayout(task).names, actionNames: ARM_ACTION_NAMES, demonstrate: demonstrateArm, canBeUpset: true },
      motion: MOTION,
      proprioception: ARM_ITSELF,
      points: armPoints(task),
      cameras: ({ size }) => armCameras(task, { size }),
      mirror: armMirror(task),
    };
  });
}
