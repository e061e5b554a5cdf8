/** @file What a task is to training: what is observed, which data show it, and where it is tried. */

import type { Dataset } from "#world/data";
import type { RunConfig } from "./config.ts";
import type { DemonstrateOptions, Demonstration, Environment, EnvironmentFacts, StateCameras } from "#world/sim";

/** Numbers that are observed of a state. */
export interface StateView {
  readonly size: number;
  /** Ranges that mean something, in its units: normalizers do not stretch what changes by less in demonstrations. Default none. */
  readonly leastRange?: readonly number[];
  /** Write them for a state f[S] to `out` at `offset`, in physical units. */
  observe(state: ArrayLike<number>, out: Float32Array, offset: number): void;
}

export interface Task {
  readonly name: string;
  /** Built-in dataset that demonstrates it: the name of a folder, or of what `demonstrate` makes. */
  readonly dataset: string;
  /** What training on it does best with, where that is not what the presets say; the preset `smoke` stays as it is. */
  readonly defaults?: Partial<Omit<RunConfig, "task" | "head" | "dataset">>;
  /** Makes the built-in dataset, always the same, where a program shows the task and no folder is needed. */
  demonstrate?(): Dataset;
  /** What is observed of a state where it is all that is observed. */
  readonly view: StateView;
  /** A */
  readonly actionSize: number;
  /** Names of the first numbers of an action that are, in the same order and units, the first ones of what is observed: where the robot is. Only these can be learned as offsets from it. */
  readonly anchored: readonly string[];
  /** As of a view, of the numbers of an action. */
  readonly actionLeastRange?: readonly number[];
  /** What is known of its environment without making one. */
  readonly facts: EnvironmentFacts;
  /** A fresh environment; who makes it closes it. */
  makeEnvironment(): Promise<Environment>;
  /** What the robot knows of itself: what is left of an observation where cameras show the rest. Where the task has cameras. */
  readonly proprioception?: StateView;
  /** P points in the world, x, y, z each, m, that who looks can learn to point at: see `pointingWeight` of a configuration. NaN where one is not there. Where the task has some. */
  readonly points?: StateView;
  /** Shows how the task is done, where there is a scripted expert. */
  readonly expert?: TaskExpert;
  /** What a head can be pre-trained on without observing anything. */
  readonly motion: TaskMotion;
  /** Cameras that see a state, `size` × `size` px, where the task has some. */
  cameras?(options: { readonly size: number }): StateCameras;
  /** Mirror images of a state and an action, where the task has a mirror symmetry. */
  readonly mirror?: {
    state(state: ArrayLike<number>, out: Float64Array): void;
    action(action: ArrayLike<number>, out: Float64Array): void;
  };
}

/** Columns of a demonstration, as `columnRows` reads them, that say how the robot moved and nothing of the world around it. */
export interface TaskMotion {
  /** What the head learns to write: numbers in the order and units of the task's actions. */
  readonly target: readonly string[];
  /** Joint positions and what the gripper is told, where the robot has joints. */
  readonly joints?: readonly string[];
  /** Where the robot is. */
  readonly pose: readonly string[];
}

/** A scripted expert, and how a dataset of its demonstrations names its numbers. */
export interface TaskExpert {
  /** S words. */
  readonly stateNames: readonly string[];
  /** A words. */
  readonly actionNames: readonly string[];
  /** The episode of a seed, always the same. `environment` is one of the task's; it is reset. */
  demonstrate(environment: Environment, seed: number, options?: DemonstrateOptions): Demonstration;
  /** Whether demonstrations can begin where something has gone wrong. */
  readonly canBeUpset?: boolean;
}
