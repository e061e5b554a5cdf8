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
  data: z.string().min(1).describe("`kinematics` to generate motion; or a dataset folder, or the name of a task for its own"),
  task: z.enum(TASK_NAMES as [string, ...string[]]).optional().describe("task whose columns the dataset has"),
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

/** Defaults of the fields that a training run does not have. */
const OWN = { episodes: 1000, ticks: 200, condition: "joints", data: "kinematics" } as const;

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
  if (whole.data === "kinematics" && whole.mirror) throw new RangeError("mirror (--mirror) is on, but generated motion has no mirror images; use --no-mirror");
  return whole;
}

type Columns = Pick<HeadConfig, "task" | "target" | "conditionColumns">;

/** Columns by hand come before those of the task. */
function columnsOf(set: Partial<HeadConfig> & Pick<HeadConfig, "data" | "condition">): Columns {
  const { data, condition } = set;
  if (data === "kinematics") {
    if (set.target !== undefined || set.conditionColumns !== undefined) {
      throw new RangeError("target and conditionColumns (--target, --condition-columns) name columns of a dataset; leave them out for generated motion");
    }
    return { target: [], conditionColumns: [] };
  }
  const name = set.task ?? (TASK_NAMES.includes(data) ? data : undefined);
  const motion = name === undefined ? undefined : taskOf(name).motion;
  const target = set.target ?? motion?.target;
  if (target === undefined) throw new RangeError(`it is not known what the columns of ${data} are; name their task with --task, or the columns with --target`);
  const told = condition === "none" ? [] : (set.conditionColumns ?? motion?.[condition]);
  if (told === undefined) {
    const why = name === undefined ? "no task is named" : `task ${name} has none`;
    throw new RangeError(`condition (--condition) is ${condition}, but ${why} for it; choose another condition, or name its columns with --condition-columns`);
  }
  return { ...(name === undefined ? {} : { task: name }), target: [...target], conditionColumns: [...told] };
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
