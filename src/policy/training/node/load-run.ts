/** @file A run's policy, from disk. */

import { readFile } from "node:fs/promises";
import type { PolicyWeights } from "#policy/policies";
import { decodeCheckpoint, policyOf } from "../checkpoint.ts";
import type { RunConfig } from "../config.ts";
import { listCheckpoints, readRunConfig } from "./run-folder.ts";

/**
 * The averaged weights of a run's newest checkpoint, and the configuration it was trained with.
 *
 * @throws Error when the folder holds no run or no checkpoint
 */
export async function loadRun(dir: string): Promise<{ readonly config: RunConfig; readonly weights: PolicyWeights }> {
  const config = await readRunConfig(dir);
  const newest = (await listCheckpoints(dir)).at(-1);
  if (newest === undefined) throw noCheckpoint(dir, config.task);
  return { config, weights: await readPolicy(newest.path) };
}

/** The policy in one checkpoint file. */
export async function readPolicy(path: string): Promise<PolicyWeights> {
  return policyOf(decodeCheckpoint(await readFile(path), path), path);
}

export function noCheckpoint(dir: string, task: string): Error {
  return new Error(`run ${dir} has no checkpoint yet; continue it with \`tendon train ${task} --resume --out ${dir}\``);
}
