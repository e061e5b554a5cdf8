/** @file The configuration of a head that is pre-trained without observations: stage 1. */

import { z } from "zod";
import { headKind } from "#policy/policies";
import { checkSteps, PRESETS, resolveConfig, runConfigSchema, sharedWidth, type TrainerConfig } from "./config.ts";
import { CONDITIONS } from "./provenance.ts";
import { TASK_NAMES, taskOf } from "./tasks.ts";

const count = z.number().int().positive();
const selection = z.array(z.string().min(1));

/** Every field with its unit; those of a training run mean the same there. */
export const headConfigSchema = z.object({
  stage: z.literal(1),
  data: z.array(z.string().min(1)).min(1).describe("`kinematics` to generate motion; or dataset folders, or names of tasks for their own"),
  task: z.enum(TASK_NAMES as [string, ...string[]]).optional().describe("task whose columns the datasets have"),
  condition: z.enum(CONDITIONS).describe("what the head is told of each window: joint positions, the pose, nothing"),
  target: selection.describe("columns to predict, such as observation.state:0-8,action:9"),
  conditionColumns: selection.describe("columns of the condition"),
  episodes: count.describe("generated episodes"),
  ticks: count.describe("ticks of a generated episode, at 20 Hz"),
  ...runConfigSchema.pick({
    head: true,
    seed: true,
    steps: true,
    batch: true,
    learningRate: true,
    warmupSteps: true,
    weightDecay: true,
    clipNorm: true,
    emaDecay: true,
    horizon: true,
    width: true,
    blocks: true,
    integrationSteps: true,
    normalizer: true,
    mirror: true,
    logEvery: true,
    checkpointEvery: true,
    keepCheckpoints: true,
  }).shape,
});

export type HeadConfig = z.output<typeof headConfigSchema>;

/** The name that stands for generated motion where a dataset could be named. */
export const KINEMATICS = "kinematics";

/** Defaults of the fields that a training run does not have. */
const OWN = { episodes: 1000, ticks: 200, condition: "joints", data: [KINEMATICS] } as const;

/** Whether motion is generated. */
export function isGenerated({ data }: Pick<HeadConfig, "data">): boolean {
  return data.includes(KINEMATICS);
}

/**
 * A preset of training runs with some fields set by hand, and columns from the task where none are named.
 *
 * @throws RangeError for an unknown preset, a head of tokens, or fields that contradict each other
 */
export function resolveHeadConfig(preset: string, overrides: Partial<HeadConfig> = {}): HeadConfig {
  const set = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined)) as Partial<HeadConfig>;
  const { head = "flow-mlp" } = set;
  if (headKind(head).fitCodec !== undefined) {
    throw new RangeError(`head (--head) is ${head}, whose tokenizer belongs to one dataset; pre-train a diffusion, flow or regression head`);
  }
  const start = resolveConfig(preset);
  const width = sharedWidth(head, PRESETS[preset]?.width ?? start.width);
  const fields = headConfigSchema.omit({ task: true, target: true, conditionColumns: true }).parse({ stage: 1, ...start, ...OWN, head, width, mirror: false, ...set });
  const config = { ...fields, ...columnsOf({ ...set, data: fields.data, condition: fields.condition }) };
  const whole = { ...config, logEvery: Math.min(config.logEvery, config.checkpointEvery) };
  checkSteps(whole);
  if (isGenerated(whole) && whole.mirror) throw new RangeError("mirror (--mirror) is on, but generated motion has no mirror images; use --no-mirror");
  return whole;
}

type Columns = Pick<HeadConfig, "task" | "target" | "conditionColumns">;

/** Columns by hand come before those of the tasks. */
function columnsOf(set: Partial<HeadConfig> & Pick<HeadConfig, "data" | "condition">): Columns {
  const { data, condition } = set;
  if (isGenerated(set)) {
    if (data.length > 1) throw new RangeError(`data (--data) is ${data.join(", ")}, but generated motion stands alone; leave ${KINEMATICS} out, or the datasets`);
    if (set.target !== undefined || set.conditionColumns !== undefined) {
      throw new RangeError("target and conditionColumns (--target, --condition-columns) name columns of a dataset; leave them out for generated motion");
    }
    return { target: [], conditionColumns: [] };
  }
  const names = [...new Set(data.map((each) => shownTask(each, set)))];
  const target = set.target ?? sameColumns(names, (name) => taskOf(name).motion.target);
  if (target === undefined) {
    const unknown = data.filter((each) => shownTask(each, set) === undefined).join(", ");
    throw new RangeError(`it is not known what the columns of ${unknown} are; name their task with --task, or the columns with --target`);
  }
  const conditionColumns = condition === "none" ? [] : (set.conditionColumns ?? sameColumns(names, (name) => taskOf(name).motion[condition]));
  if (conditionColumns === undefined) {
    const why = names.includes(undefined) ? "no task is named" : `task ${names.join(", ")} has none`;
    throw new RangeError(`condition (--condition) is ${condition}, but ${why} for it; choose another condition, or name its columns with --condition-columns`);
  }
  return { ...(set.task === undefined && names.length > 1 ? {} : taskNamed(names[0])), target: [...target], conditionColumns: [...conditionColumns] };
}

function taskNamed(task: string | undefined): Pick<HeadConfig, "task"> {
  return task === undefined ? {} : { task };
}

/** The task that a dataset shows, where that is known. */
export function shownTask(data: string, { task }: Pick<HeadConfig, "task">): string | undefined {
  return task ?? (TASK_NAMES.includes(data) ? data : undefined);
}

/** The columns of every one of these tasks; undefined where one is not known or has none. */
function sameColumns(names: readonly (string | undefined)[], columnsOfTask: (name: string) => readonly string[] | undefined): readonly string[] | undefined {
  const each = names.map((name) => (name === undefined ? undefined : columnsOfTask(name)));
  const differs = each.findIndex((columns) => columns !== undefined && each[0] !== undefined && columns.join() !== each[0].join());
  if (differs !== -1) {
    const columns = [0, differs].map((i) => `${names[i]} ${each[i]?.join(",")}`).join(", ");
    throw new RangeError(`data (--data) are of tasks with other columns, ${columns}; name those to use with --target and --condition-columns`);
  }
  return each.includes(undefined) ? undefined : each[0];
}

/**
 * What the trainer needs to know. Under joints and pose every action has its condition, tick by tick; where the head is told nothing one
 * step of that is enough.
 */
export function headTrainerConfig(config: HeadConfig): TrainerConfig {
  return { ...config, obsSteps: config.condition === "none" ? 1 : config.horizon };
}

/** Chunks end at the tick of the last condition, as in DecoupledActionExpert at f998758, mimicgen_stage1_robot.py. */
export function headActionStart({ horizon }: HeadConfig): number {
  return 1 - horizon;
}
