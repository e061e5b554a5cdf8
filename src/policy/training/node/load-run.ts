/** @file A run's policy, from disk. */

import { readFile } from "node:fs/promises";
import { policyNetwork, type PolicyWeights } from "#policy/policies";
import { decodeCheckpoint, policyOf, policyProblems, type Checkpoint } from "../checkpoint.ts";
import type { RunConfig } from "../config.ts";
import { policySpecOf, relativeDimensionsOf, stateView } from "../perception.ts";
import { taskOf } from "../tasks.ts";
import { listCheckpoints, readRunConfig } from "./run-folder.ts";

/**
 * The averaged weights of a run's newest checkpoint, and the configuration it was trained with.
 *
 * @throws Error when the folder holds no run or no checkpoint, or one of another network
 */
export async function loadRun(dir: string): Promise<{ readonly config: RunConfig; readonly weights: PolicyWeights }> {
  const config = await readRunConfig(dir);
  const newest = (await listCheckpoints(dir)).at(-1);
  if (newest === undefined) throw noCheckpoint(dir, config.task);
  return { config, weights: await readPolicy(newest.path, config) };
}

/** @throws Error when the folder holds no run or no checkpoint */
export async function newestCheckpoint(dir: string): Promise<Checkpoint> {
  const config = await readRunConfig(dir);
  const newest = (await listCheckpoints(dir)).at(-1);
  if (newest === undefined) throw noCheckpoint(dir, config.task);
  return decodeCheckpoint(await readFile(newest.path), newest.path);
}

/**
 * The policy in one checkpoint file of a run.
 *
 * @param acting the task to act at; default the run's, of a mixture any of its tasks
 * @throws Error naming every field and every weight that is not what the run's configuration says; RangeError for a task that was not learned
 */
export async function readPolicy(path: string, config: RunConfig, acting: string = config.task): Promise<PolicyWeights> {
  const checkpoint = decodeCheckpoint(await readFile(path), path);
  const learned = [config.task, ...Object.keys(checkpoint.header.mixture)];
  if (!learned.includes(acting)) throw new RangeError(`${path}: the task is ${acting}, expected one that was learned: ${learned.join(", ")}`);
  const task = taskOf(acting);
  const { codec, points } = checkpoint.header.spec;
  const relativeActions = config.relativeActions && relativeDimensionsOf(task, config.relativeActions);
  const sizes = { obsSize: stateView(task, config).size, actionSize: task.actionSize, codec, points, relativeActions };
  const problems = policyProblems(checkpoint, policyNetwork(policySpecOf(config, sizes)));
  if (problems.length > 0) {
    throw new Error(`${path}: the checkpoint is not of this run, whose config.json says otherwise: ${problems.join("; ")}`);
  }
  return acting === config.task ? policyOf(checkpoint, path) : policyOf(checkpoint, path, acting);
}

export function noCheckpoint(dir: string, task: string): Error {
  return new Error(`run ${dir} has no checkpoint yet; continue it with \`tendon train ${task} --resume --out ${dir}\``);
}
