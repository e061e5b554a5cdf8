/** @file Tasks: what is observed, which data show it, and where it is tried. */

import type { Dataset } from "#world/data";
import {
  environmentFacts,
  FORK_OBSERVATION_SIZE,
  makeEnvironment,
  mirrorFork,
  mirrorPushTAction,
  mirrorPushTState,
  observeFork,
  observePushT,
  PUSH_T_OBSERVATION_SIZE,
} from "#world/sim";
import { armTasks } from "./arm-tasks.ts";
import { FORK_EXPERT, forkDataset } from "./fork-dataset.ts";
import type { Task } from "./task.ts";

export type { Task, TaskMotion } from "./task.ts";

const pushT: Task = {
  name: "push-t",
  dataset: "push-t",
  view: { size: PUSH_T_OBSERVATION_SIZE, observe: observePushT },
  actionSize: 2,
  anchored: ["x", "y"],
  facts: environmentFacts("push-t"),
  makeEnvironment: () => makeEnvironment("push-t"),
  motion: { target: ["action"], pose: ["observation.state:0-1"] },
  mirror: { state: mirrorPushTState, action: mirrorPushTAction },
};

const fork: Task = {
  name: "fork",
  dataset: "fork",
  // 200 short demonstrations: more steps of a smaller network.
  defaults: { batch: 64, width: 192, blocks: 3 },
  demonstrate: forkDataset,
  view: { size: FORK_OBSERVATION_SIZE, observe: observeFork },
  actionSize: 2,
  anchored: [], // actions are velocities
  facts: environmentFacts("fork"),
  makeEnvironment: () => makeEnvironment("fork"),
  motion: { target: ["action"], pose: ["observation.state"] },
  expert: FORK_EXPERT,
  mirror: { state: mirrorFork, action: mirrorFork },
};

const TASKS: Readonly<Record<string, Task>> = Object.fromEntries([pushT, fork, ...armTasks()].map((task) => [task.name, task]));

export const TASK_NAMES: readonly string[] = Object.keys(TASKS);

/** @throws RangeError for an unknown task, naming the ones there are */
export function taskOf(name: string): Task {
  // Own keys only: a name such as "constructor" is no task.
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (task === undefined) throw new RangeError(`there is no task "${name}"; tasks are ${TASK_NAMES.join(", ")}`);
  return task;
}

/** Names of the datasets that tasks make, without a folder. */
export const MADE_DATASETS: readonly string[] = Object.values(TASKS).flatMap(({ dataset, demonstrate }) =>
  demonstrate === undefined ? [] : [dataset],
);

/** The dataset of this name where a task makes it; undefined where a name or path means a folder. */
export function madeDataset(name: string): Dataset | undefined {
  return Object.values(TASKS).find(({ dataset, demonstrate }) => demonstrate !== undefined && dataset === name)?.demonstrate?.();
}
