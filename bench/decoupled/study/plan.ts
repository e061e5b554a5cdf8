/** @file Which runs a study is made of, as a function of its preset. */

import { FIRST_EVALUATION_SEED, KINEMATICS, resolveConfig, resolveHeadConfig, taskOf, type RunConfig } from "#policy/training";
import type { StudyBackbone, StudyPreset, StudyTask } from "./presets.ts";
import type { Way } from "./results.ts";
import { stage1Of, type Demonstrations, type StudyHead, type StudyRun } from "./work.ts";

/** Every training seed has a thousand episodes of its own, so that pooled ones all differ. */
const SEEDS_APART = 1000;

/** Policies out of distribution act where their head has seen nothing, here as far beyond its range as that is wide. */
export const OUTSIDE_MARGIN = 2;

/** All runs, each once, whatever tables it stands in; first seeds come first, so that a study that is stopped has something of everything. */
export function studyRuns(preset: StudyPreset): StudyRun[] {
  const runs = [...successRuns(preset), ...stage1Runs(preset), ...sharedRuns(preset)];
  const states = [...new Map(runs.map((run) => [run.key, run])).values()].toSorted((a, b) => a.seed - b.seed);
  return [...states, ...imageRuns(preset)];
}

/** Normal against decoupled, every backbone on every task. */
function successRuns(preset: StudyPreset): StudyRun[] {
  return preset.tasks.flatMap((task) =>
    preset.backbones.flatMap((backbone) =>
      Array.from({ length: task.seeds }, (_, seed) => seed).flatMap((seed) => [
        runOf(preset, task, { backbone, seed, way: "normal" }),
        runOf(preset, task, { backbone, seed, way: "decoupled", head: headOf(preset, backbone, usualStage1(task.name)) }),
        // What solves nothing with one seed is not worth more.
        ...(preset.random.includes(backbone.key) && seed === 0 ? [runOf(preset, task, { backbone, seed, way: "random" })] : []),
      ]),
    ),
  );
}

/** What the head of a task learns from in the first table: generated motion where that is motion of the task's robot. */
export function usualStage1(task: string): readonly string[] {
  return isArm(task) ? [KINEMATICS] : [task];
}

/** Whether a task's actions are those of generated motion. */
export function isArm(task: string): boolean {
  return taskOf(task).motion.joints !== undefined;
}

/** Heads from the task's own columns and from those of others, beside the generated motion of `successRuns`. */
function stage1Runs(preset: StudyPreset): StudyRun[] {
  return preset.tasks.flatMap((task) => {
    const outside = preset.outside[task.name];
    if (outside === undefined) return [];
    return backbonesOf(preset, preset.compared).flatMap((backbone) => [
      runOf(preset, task, { backbone, seed: 0, way: "decoupled", head: headOf(preset, backbone, [task.name]) }),
      runOf(preset, task, { backbone, seed: 0, way: "decoupled", head: headOf(preset, backbone, outside), rangeMargin: OUTSIDE_MARGIN }),
    ]);
  });
}

/** One head from the columns of all tasks of the arm; the one from generated motion is that of `successRuns`. */
function sharedRuns(preset: StudyPreset): StudyRun[] {
  const tasks = preset.tasks.filter(({ name }) => isArm(name));
  return backbonesOf(preset, [preset.shared]).flatMap((backbone) => {
    const head = headOf(preset, backbone, tasks.map(({ name }) => name));
    return tasks.map((task) => runOf(preset, task, { backbone, seed: 0, way: "decoupled", head }));
  });
}

/** Policies that see; they take the longest. */
function imageRuns(preset: StudyPreset): StudyRun[] {
  const { images } = preset;
  if (images === undefined) return [];
  const { tasks, training, size } = images;
  return backbonesOf(preset, [images.backbone]).flatMap((backbone) =>
    preset.tasks.filter(({ name }) => tasks.includes(name)).map((task) => {
      const seeing = { ...task, training: { ...task.training, ...training } };
      const run = runOf(preset, seeing, { backbone, seed: 0, way: "decoupled", head: headOf(preset, backbone, [KINEMATICS]) });
      return { ...run, key: `images/${run.key}`, demonstrations: { ...run.demonstrations, images: { size, depth: false } } };
    }),
  );
}

function backbonesOf({ backbones }: StudyPreset, keys: readonly string[]): StudyBackbone[] {
  return backbones.filter(({ key }) => keys.includes(key));
}

/** A head is pre-trained once and serves every seed. */
function headOf(preset: StudyPreset, { key, head, width, blocks }: StudyBackbone, data: readonly string[]): StudyHead {
  const isGenerated = data.includes(KINEMATICS);
  // Columns may be those of tasks that the study has no policies for.
  const tasks = isGenerated ? [] : data.map((name) => preset.tasks.find((task) => task.name === name) ?? { name, seeds: 0 });
  const config = resolveHeadConfig(preset.base, {
    head, width, blocks, data: [...data], seed: 0,
    // A frozen head is to have seen what its tasks show, mirror images included.
    mirror: tasks.some((task) => resolveConfig(preset.base, { task: task.name, ...preset.stage2, ...task.training }).mirror),
    ...bothOf(preset, tasks[0]), ...checkpoints(preset.both.steps), ...preset.stage1,
  });
  return { key: `${key}/${data.join("+")}`, backbone: key, config, demonstrations: isGenerated ? [] : data.map((task) => demonstrationsOf(preset, task)) };
}

interface RunChoice {
  readonly backbone: StudyBackbone;
  readonly seed: number;
  readonly way: Way;
  readonly head?: StudyHead;
  readonly rangeMargin?: number;
}

function runOf(preset: StudyPreset, task: StudyTask, { backbone, seed, way, head, rangeMargin }: RunChoice): StudyRun {
  const { width, blocks } = backbone;
  const { headFrom: _, ...config } = resolveConfig(preset.base, {
    task: task.name, head: backbone.head, width, blocks, seed, ...bothOf(preset, task), ...checkpoints(preset.both.steps), ...preset.stage2, ...task.training, ...frozen(way),
    ...(rangeMargin === undefined ? {} : { rangeMargin }),
  });
  const stage = head === undefined ? way : `${way}-${stage1Of(head)}`;
  return {
    key: `${task.name}/${backbone.key}/${stage}/seed-${seed}`,
    task: task.name,
    backbone: backbone.key,
    way,
    head: head ?? null,
    seed,
    config,
    demonstrations: demonstrationsOf(preset, task.name),
    rollouts: preset.rollouts,
    firstSeed: FIRST_EVALUATION_SEED + SEEDS_APART * seed,
  };
}

/** What both stages have in common. */
function bothOf({ both }: StudyPreset, task: StudyTask | undefined): StudyPreset["both"] {
  return { ...both, horizon: task?.horizon ?? both.horizon };
}

/** The folder of the head is not known yet; that there will be one has to be said for the configuration to hold together. */
function frozen(way: Way): Partial<RunConfig> {
  return way === "normal" ? { freeze: "none" } : way === "random" ? { freeze: "random" } : { freeze: "head", headFrom: "-" };
}

/** One checkpoint is enough in the end; three on the way are for runs that are interrupted. */
function checkpoints(steps: number): Pick<RunConfig, "logEvery" | "checkpointEvery" | "keepCheckpoints" | "warmupSteps"> {
  const logEvery = Math.max(1, Math.round(steps / 100));
  return { logEvery, checkpointEvery: 25 * logEvery, keepCheckpoints: 1, warmupSteps: Math.min(100, Math.floor(steps / 10)) };
}

function demonstrationsOf({ demonstrations }: StudyPreset, task: string): Demonstrations {
  return { task, episodes: demonstrations[task] ?? null };
}
