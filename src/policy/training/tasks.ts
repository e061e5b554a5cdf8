/** @file Tasks: what is observed, which data show it, and where it is tried. */

import { ACTION, assertTrainable, columnOf, demandWidth, STATE, type ChunkSource, type Dataset } from "#world/data";
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
  obsSize: PUSH_T_OBSERVATION_SIZE,
  actionSize: 2,
  facts: environmentFacts("push-t"),
  makeEnvironment: () => makeEnvironment("push-t"),
  observe: observePushT,
  motion: { target: ["action"], pose: ["observation.state:0-1"] },
  mirror: { state: mirrorPushTState, action: mirrorPushTAction },
};

const fork: Task = {
  name: "fork",
  dataset: "fork",
  // 200 short demonstrations: more steps of a smaller network.
  defaults: { batch: 64, width: 192, blocks: 3 },
  demonstrate: forkDataset,
  obsSize: FORK_OBSERVATION_SIZE,
  actionSize: 2,
  facts: environmentFacts("fork"),
  makeEnvironment: () => makeEnvironment("fork"),
  observe: observeFork,
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

/**
 * The rows to learn from, in physical units: observations of every recorded state, and the actions.
 *
 * @param options.mirror also give the mirror image of every episode, behind the originals
 * @param options.horizon H, checked against the episodes
 * @param onWarning told what is worth a look without being wrong, such as a constant dimension
 * @throws Error naming what is wrong with the dataset
 */
export function trainingRows(
  task: Task,
  dataset: Dataset,
  options: { readonly mirror: boolean; readonly horizon: number },
  onWarning?: (message: string) => void,
): ChunkSource {
  const warnings = assertTrainable(dataset, { columns: [STATE, ACTION], horizon: options.horizon });
  demandWidth(dataset, STATE, { task: task.name, width: task.facts.stateSize });
  demandWidth(dataset, ACTION, { task: task.name, width: task.actionSize });
  const { mirror } = task;
  if (options.mirror && mirror === undefined) {
    throw new RangeError(`task ${task.name} has no mirror symmetry; use --no-mirror`);
  }
  // Last: data that are refused get one line.
  for (const { message } of warnings) onWarning?.(message);
  const originals = dataset.episodes.map((episode) => ({
    states: columnOf(episode, STATE),
    actions: columnOf(episode, ACTION),
  }));
  const images = options.mirror && mirror !== undefined ? originals.map((rows) => mirrorRows(task, mirror, rows)) : [];
  const all = [...originals, ...images];
  return {
    observations: all.map(({ states }) => observeRows(task, states)),
    actions: all.map(({ actions }) => actions),
    obsSize: task.obsSize,
    actionSize: task.actionSize,
  };
}

interface Rows {
  readonly states: Float32Array;
  readonly actions: Float32Array;
}

/** The mirror images of states f32[T * S] and actions f32[T * A]. */
export function mirrorRows(task: Task, mirror: NonNullable<Task["mirror"]>, { states, actions }: Rows): Rows {
  const { stateSize } = task.facts;
  return {
    states: mapRows(states, stateSize, (row, out) => mirror.state(row, out)),
    actions: mapRows(actions, task.actionSize, (row, out) => mirror.action(row, out)),
  };
}

function mapRows(rows: Float32Array, size: number, map: (row: Float32Array, out: Float64Array) => void): Float32Array {
  const mapped = new Float32Array(rows.length);
  const out = new Float64Array(size);
  for (let at = 0; at < rows.length; at += size) {
    map(rows.subarray(at, at + size), out);
    mapped.set(out, at);
  }
  return mapped;
}

function observeRows(task: Task, states: Float32Array): Float32Array {
  const { stateSize } = task.facts;
  const ticks = states.length / stateSize;
  const observations = new Float32Array(ticks * task.obsSize);
  for (let t = 0; t < ticks; t++) {
    task.observe(states.subarray(t * stateSize, (t + 1) * stateSize), observations, t * task.obsSize);
  }
  return observations;
}
