/** @file Every task of the arm. */

import type { ArmTask } from "../task.ts";
import { lift } from "./lift.ts";
import { pickPlace } from "./pick-place.ts";
import { reach } from "./reach.ts";
import { sort } from "./sort.ts";
import { stack } from "./stack.ts";

export const ARM_TASKS: readonly ArmTask[] = [reach, lift, pickPlace, stack, sort];

/** @throws RangeError for an unknown task, naming the ones there are */
export function armTask(name: string): ArmTask {
  const task = ARM_TASKS.find((candidate) => candidate.name === name);
  if (task === undefined) throw new RangeError(`armTask: there is no "${name}"; there are ${ARM_TASKS.map((each) => each.name).join(", ")}`);
  return task;
}
