/** @file The tasks of the arm, observed by state features. */

import { ARM_ACTION_NAMES, ARM_ACTION_SIZE, ARM_TASKS, armCameras, armMirror, armObservation, ARM_OWN_SIZE, armTaskLayout, demonstrateArm, environmentFacts, makeEnvironment, observeArmItself } from "#world/sim";
import type { Task, TaskMotion } from "./task.ts";

/** The pose is the one that was reached, at the tick of the joints that reach it, so that one follows from the other; the gripper is told. */
const POSE = ["observation.state:0-8", "action:9"];
const MOTION: TaskMotion = { target: POSE, joints: ["observation.state:10-16", "action:9"], pose: POSE };

/**
 * One task for each of the arm. Their datasets are generated, into a folder of the task's name: `tendon data generate`.
 *
 * Observations leave the instruction out (see `armObservation`), so of these reach, lift and pick-place can be learned from state alone;
 * stack and sort need a policy that reads what it is told.
 */
export function armTasks(): Task[] {
  return ARM_TASKS.map((task): Task => {
    const { size, observe } = armObservation(task);
    return {
      name: task.name,
      dataset: task.name,
      obsSize: size,
      actionSize: ARM_ACTION_SIZE,
      facts: environmentFacts(task.name),
      makeEnvironment: () => makeEnvironment(task.name),
      observe,
      expert: { stateNames: armTaskLayout(task).names, actionNames: ARM_ACTION_NAMES, demonstrate: demonstrateArm },
      motion: MOTION,
      proprioception: { size: ARM_OWN_SIZE, observe: observeArmItself },
      cameras: ({ size }) => armCameras(task, { size }),
      mirror: armMirror(task),
    };
  });
}
