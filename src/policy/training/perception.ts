/** @file What a run's policy observes: which numbers of the state, through which cameras, and whether it reads the instruction. */

import { WHOLE_NAMES, type PolicySpec, type TokenizerSpec } from "#policy/policies";
import type { RunConfig, TrainerConfig } from "./config.ts";
import type { StateView, Task } from "./task.ts";

/** Room for an instruction, bytes: the longest of all tasks has 71. */
const INSTRUCTION_BYTES = 96;
/** The same in words, for policies with a trunk: the longest has 16. */
const INSTRUCTION_WORDS = 20;

/**
 * Who sees through cameras observes only the robot's own state, so that where things are has to be seen.
 *
 * @throws RangeError when the task has no such cameras
 */
export function stateView(task: Task, { cameras }: Pick<RunConfig, "cameras">): StateView {
  if (cameras === undefined) return task.view;
  const known = cameraNames(task);
  const unknown = cameras.find((name, i) => !known.includes(name) || cameras.indexOf(name) !== i);
  if (task.proprioception === undefined || unknown !== undefined) {
    throw new RangeError(`task ${task.name}: cameras are ${cameras.join(",")}, expected different ones of ${known.join(", ") || "none: it has no cameras"}`);
  }
  return task.proprioception;
}

function cameraNames({ cameras }: Task): readonly string[] {
  return Object.keys(cameras?.({ size: 8 }).cameras ?? {});
}

/**
 * bool[A]: which dimensions of an action are meant by their names.
 *
 * @throws RangeError for one that is no place of the robot
 */
export function relativeDimensionsOf({ name: task, anchored, actionSize }: Task, names: readonly string[]): readonly boolean[] {
  if (anchored.length === 0) throw new RangeError(`relativeActions (--relative-actions) is ${names.join(",")}, but actions of task ${task} are no places of the robot; leave it out`);
  const unknown = names.find((name, i) => !anchored.includes(name) || names.indexOf(name) !== i);
  if (unknown !== undefined) {
    throw new RangeError(`relativeActions (--relative-actions) has "${unknown}", expected different ones of ${anchored.join(", ")}: of these, task ${task} observes where the robot is`);
  }
  return Array.from({ length: actionSize }, (_, i) => names.includes(anchored[i] ?? ""));
}

/** What the data say of a policy's network. */
export interface KnownOfData {
  /** S */
  readonly obsSize: number;
  /** A */
  readonly actionSize: number;
  readonly codec: TokenizerSpec | null;
  /** P: things that are pointed at. */
  readonly points?: number | undefined;
  /** bool[A] */
  readonly relativeActions?: readonly boolean[] | undefined;
}

/** What decides the shape of the networks of a configuration, once it is known what states and actions are. */
export function policySpecOf(config: TrainerConfig, sizes: KnownOfData): PolicySpec {
  const { head, obsSteps, horizon, width, blocks, integrationSteps } = config;
  const { stateFeatures, cameras, imageSize, cropSize, imageChannels, readInstruction = false, paddedSize, noiseDraws, trunkRank, expertRank, tokenWeight, insulated, pointingWeight } = config;
  const { obsSize, actionSize, codec, points, relativeActions } = sizes;
  const isSeeing = cameras !== undefined && imageSize !== undefined && cropSize !== undefined && imageChannels !== undefined;
  return {
    head,
    obsSteps,
    obsSize,
    horizon,
    actionSize,
    width,
    blocks,
    integrationSteps,
    codec,
    ...(stateFeatures === undefined ? {} : { stateFeatures }),
    ...(isSeeing ? { vision: { cameras, imageSize, cropSize, channels: imageChannels } } : {}),
    ...(relativeActions === undefined ? {} : { relativeActions }),
    ...(paddedSize === undefined ? {} : { paddedSize }),
    ...(noiseDraws === undefined ? {} : { noiseDraws }),
    ...(trunkRank === undefined ? {} : { trunkRank }),
    ...(expertRank === undefined ? {} : { expertRank }),
    ...(tokenWeight === undefined ? {} : { tokenWeight }),
    ...(insulated === undefined ? {} : { insulated }),
    ...(points === undefined ? {} : { points }),
    ...(pointingWeight === undefined ? {} : { pointingWeight }),
    ...(readInstruction ? instructionRoom(head) : {}),
  };
}

function instructionRoom(head: string): Pick<PolicySpec, "instructionBytes" | "instructionWords"> {
  return WHOLE_NAMES.includes(head) ? { instructionWords: INSTRUCTION_WORDS } : { instructionBytes: INSTRUCTION_BYTES };
}
