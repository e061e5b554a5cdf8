/** @file What a task is to training: what is observed, which data show it, and where it is tried. */

import type { Dataset } from "#world/data";
import type { Demonstration, Environment, EnvironmentFacts, StateCameras } from "#world/sim";

export interface Task {
  readonly name: string;
  /** Built-in dataset that demonstrates it: the name of a folder, or of what `demonstrate` makes. */
  readonly dataset: string;
  /** Makes the built-in dataset, always the same, where a program shows the task and no folder is needed. */
  demonstrate?(): Dataset;
  /** Features of one observation. */
  readonly obsSize: number;
  /** A */
  readonly actionSize: number;
  /** What is known of its environment without making one. */
  readonly facts: EnvironmentFacts;
  /** A fresh environment; who makes it closes it. */
  makeEnvironment(): Promise<Environment>;
  /** Write the observation of a state f[S] to `out` at `offset`, in physical units. */
  observe(state: ArrayLike<number>, out: Float32Array, offset: number): void;
  /** Shows how the task is done, where there is a scripted expert. */
  readonly expert?: TaskExpert;
  /** Cameras that see a state, `size` × `size` px, where the task has some. */
  cameras?(options: { readonly size: number }): StateCameras;
  /** Mirror images of a state and an action, where the task has a mirror symmetry. */
  readonly mirror?: {
    state(state: ArrayLike<number>, out: Float64Array): void;
    action(action: ArrayLike<number>, out: Float64Array): void;
  };
}

/** A scripted expert, and how a dataset of its demonstrations names its numbers. */
export interface TaskExpert {
  /** S words. */
  readonly stateNames: readonly string[];
  /** A words. */
  readonly actionNames: readonly string[];
  /** The episode of a seed, always the same. `environment` is one of the task's; it is reset. */
  demonstrate(environment: Environment, seed: number): Demonstration;
}
