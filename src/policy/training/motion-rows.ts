/** @file Motion without observations: what a head is pre-trained on, from demonstrations or from kinematics alone. */

import { ACTION, assertTrainable, columnRows, demandRate, demandWidth, selectedColumns, STATE, statisticsOf, type Dataset } from "#world/data";
import { generateMotion, PANDA, TOOL_POSE_SIZE } from "#world/kinematics";
import { ARM_ACTION_LEAST_RANGE, ARM_ACTION_NAMES, ARM_RATE_HZ } from "#world/sim";
import { isGenerated, shownTask, type HeadConfig } from "./head-config.ts";
import { joined } from "./joined.ts";
import type { HeadProvenance } from "./provenance.ts";
import { mirrorRows } from "./mirror-rows.ts";
import type { Task } from "./task.ts";
import { taskOf } from "./tasks.ts";
import type { TrainingRows } from "./training-rows.ts";

/**
 * Rows of generated motion of the Panda: poses of the tool as actions, f32[T, 10], and as conditions f32[T, 8] joint positions (rad) and
 * gripper, f32[T, 10] the same poses, or f32[T, 1] zeros.
 */
export function generatedRows({ condition, episodes, ticks, seed, horizon }: HeadConfig): TrainingRows {
  if (ticks < horizon) throw new RangeError(`pretrain-head: ticks (--ticks) is ${ticks}, expected at least the horizon, ${horizon}`);
  const motions = generateMotion({ episodes, ticks, seed });
  const actions = motions.map(({ poses }) => poses);
  // A head of generated motion is one of the arm, whose actions have the order of the poses.
  const leastRange = { observation: condition === "pose" ? ARM_ACTION_LEAST_RANGE : [], action: ARM_ACTION_LEAST_RANGE };
  const source = { actions, actionSize: TOOL_POSE_SIZE, leastRange, actionNames: ARM_ACTION_NAMES, rateHz: ARM_RATE_HZ };
  if (condition === "none") return { ...source, ...zeroObservations(actions, TOOL_POSE_SIZE) };
  if (condition === "pose") return { ...source, observations: actions, obsSize: TOOL_POSE_SIZE };
  const joints = PANDA.joints.length;
  return { ...source, observations: motions.map((motion) => sideBySide(motion.joints, motion.gripper, joints)), obsSize: joints + 1 };
}

/**
 * Rows of the columns that a configuration names, of one dataset after the other.
 *
 * @param datasets those of `config.data`, in that order
 * @param onWarning told what is worth a look in the data
 * @throws Error naming what is wrong with a dataset, or which of them gives other rows than the first
 */
export function demonstratedRows(config: HeadConfig, datasets: readonly Dataset[], onWarning?: (message: string) => void): TrainingRows {
  const sources = datasets.map((dataset, i) =>
    rowsOf(dataset, { ...config, task: shownTask(config.data[i] ?? "", config) }, (message) => onWarning?.(`dataset "${dataset.name}": ${message}`)),
  );
  const [first] = sources;
  if (first === undefined) throw new RangeError("pretrain-head: there is no dataset to learn from");
  const differs = sources.findIndex(({ actionSize, obsSize }) => actionSize !== first.actionSize || obsSize !== first.obsSize);
  if (differs !== -1) {
    const sizes = [0, differs].map((i) => `"${datasets[i]?.name}" gives ${sources[i]?.actionSize} under ${sources[i]?.obsSize}`).join(", ");
    throw new RangeError(`pretrain-head: datasets do not go together, ${sizes}; name columns of the same sizes with --target and --condition-columns`);
  }
  return { ...first, actions: sources.flatMap(({ actions }) => actions), observations: sources.flatMap(({ observations }) => observations) };
}

/** What one dataset shows. */
type Shown = Pick<HeadConfig, "target" | "condition" | "conditionColumns" | "horizon" | "mirror"> & { readonly task: string | undefined };

function rowsOf(dataset: Dataset, config: Shown, onWarning: (message: string) => void): TrainingRows {
  const { target, conditionColumns, horizon } = config;
  const columns = selectedColumns([...target, ...conditionColumns]);
  const warnings = assertTrainable(dataset, { columns, horizon });
  if (config.task !== undefined) demandTask(dataset, taskOf(config.task), columns);
  for (const { message } of warnings) onWarning(message);
  const mirrored = config.mirror ? withMirrorImages(dataset, config) : dataset;
  const { rows: actions, size: actionSize, names: actionNames } = columnRows(mirrored, target);
  const source = { actions, actionSize, actionNames, rateHz: dataset.fps, leastRange: leastRangeOf(config) };
  if (config.condition === "none") return { ...source, ...zeroObservations(actions, actionSize) };
  const { rows: observations, size: obsSize } = columnRows(mirrored, conditionColumns);
  return { ...source, observations, obsSize };
}

/** Whoever names a task says what the columns mean. */
function demandTask(dataset: Dataset, { name: task, facts, actionSize }: Task, columns: readonly string[]): void {
  if (columns.includes(STATE)) demandWidth(dataset, STATE, { task, width: facts.stateSize });
  if (columns.includes(ACTION)) demandWidth(dataset, ACTION, { task, width: actionSize });
  demandRate(dataset, { task, rateHz: facts.rateHz });
}

/** Columns that a task names for its motion are in the order of its actions; of others nothing is known. */
function leastRangeOf({ task: name, target, conditionColumns }: Shown): NonNullable<TrainingRows["leastRange"]> {
  const task = name === undefined ? undefined : taskOf(name);
  const of = (columns: readonly string[]): readonly number[] => (columns.join() === task?.motion.target.join() ? (task.actionLeastRange ?? []) : []);
  return { observation: of(conditionColumns), action: of(target) };
}

/** What a head tells of its training, and stage 2 asks for. */
export function headProvenance({ data, condition, target }: HeadConfig, { actions, actionSize, actionNames, rateHz }: TrainingRows): HeadProvenance {
  const { min, max } = statisticsOf(joined(actions), actionSize);
  // Only the action column has the names of actions; a pose that stands for one is called as a state is.
  const isAction = isGenerated({ data }) || target.join() === ACTION;
  return {
    stage: 1, data, condition, target, actionRange: { min: [...min], max: [...max] },
    actionNames: isAction && actionNames ? [...actionNames] : null,
    rateHz: rateHz ?? null,
  };
}

/** A single zero at every tick: a network has to be given something. */
function zeroObservations(actions: readonly Float32Array[], actionSize: number): Pick<TrainingRows, "observations" | "obsSize"> {
  return { observations: actions.map(({ length }) => new Float32Array(length / actionSize)), obsSize: 1 };
}

function sideBySide(joints: Float32Array, gripper: Float32Array, size: number): Float32Array {
  const rows = new Float32Array(joints.length + gripper.length);
  for (const [t, command] of gripper.entries()) {
    rows.set(joints.subarray(t * size, (t + 1) * size), t * (size + 1));
    rows[t * (size + 1) + size] = command;
  }
  return rows;
}

/** The episodes, and behind them their mirror images, with states and actions alone. */
function withMirrorImages(dataset: Dataset, { task: name }: Shown): Dataset {
  const task = name === undefined ? undefined : taskOf(name);
  const mirror = task?.mirror;
  if (task === undefined || mirror === undefined) {
    throw new RangeError(`pretrain-head: ${name === undefined ? "no task is named (--task), so no" : `task ${name} has no`} mirror symmetry is known; use --no-mirror`);
  }
  const images = dataset.episodes.map((episode) => {
    const { states, actions } = mirrorRows(task, mirror, { states: episode.columns[STATE] ?? new Float32Array(), actions: episode.columns[ACTION] ?? new Float32Array() });
    return { ...episode, columns: { [STATE]: states, [ACTION]: actions } };
  });
  return { ...dataset, episodes: [...dataset.episodes, ...images] };
}
