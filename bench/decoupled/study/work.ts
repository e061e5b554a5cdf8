/** @file The pieces of a study as values: demonstrations, heads of stage 1, policies of stage 2; each with the name of its folder. */

import { createHash } from "node:crypto";
import type { HeadConfig, RunConfig } from "#policy/training";
import type { ImageOptions } from "#policy/training/node";
import type { Way } from "./results.ts";

/** A task's demonstrations. */
export interface Demonstrations {
  readonly task: string;
  /** How many are to be generated; null for the dataset that the repository holds. */
  readonly episodes: number | null;
  /** What the cameras see, too, where policies look. */
  readonly images?: ImageOptions;
}

/** A head to pre-train. Its columns are those of demonstrations; none where motion is generated. */
export interface StudyHead {
  /** Such as `dp-mlp/kinematics`. */
  readonly key: string;
  readonly backbone: string;
  readonly config: HeadConfig;
  readonly demonstrations: readonly Demonstrations[];
}

/** A policy to train and to try. */
export interface StudyRun {
  /** Such as `lift/dp-mlp/decoupled-kinematics/seed-0`. */
  readonly key: string;
  readonly task: string;
  readonly backbone: string;
  readonly way: Way;
  /** Frozen, where `way` is decoupled. */
  readonly head: StudyHead | null;
  readonly seed: number;
  /** Without `headFrom`, which is where the head will be. */
  readonly config: RunConfig;
  readonly demonstrations: Demonstrations;
  readonly rollouts: number;
  /** Episode i is of seed firstSeed + i. */
  readonly firstSeed: number;
}

/** What stage 1 learned from: `kinematics`, or the tasks whose columns, joined by `+`. */
export function stage1Of({ config }: StudyHead): string {
  return config.data.join("+");
}

/** Folder of demonstrations, below the folder of the work. */
export function demonstrationsFolder({ task, episodes, images }: Demonstrations): string {
  return `data/${task}-${episodes}${images === undefined ? "" : `-${images.size}px${images.depth === true ? "-depth" : ""}`}`;
}

/** Everything that decides what a head comes to be, as eight letters: with other numbers it is another head. */
export function headFingerprint({ config, demonstrations }: StudyHead): string {
  return digest({ config, demonstrations });
}

/** As of a head; so a run is made again when any number behind it changes, and only then. */
export function runFingerprint({ config, head, demonstrations, rollouts, firstSeed }: StudyRun): string {
  return digest({ config, head: head && headFingerprint(head), demonstrations, rollouts, firstSeed });
}

/** Folder of a head, below the folder of the work. */
export function headFolder(head: StudyHead): string {
  return `heads/${head.key.replaceAll("/", "-")}-${headFingerprint(head)}`;
}

/** Folder of a run, below the folder of the work. */
export function runFolder(run: StudyRun): string {
  return `policies/${run.key.replaceAll("/", "-")}-${runFingerprint(run)}`;
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);
}
