/** @file What a task of the arm is: what stands there, how it starts, what is asked for, and when it is done. */

import type { Rng } from "#engine/array";
import type { Pose } from "#world/kinematics";
import type { ArmSolid } from "./solids.ts";

/** What a task sees of the world after a control step. */
export interface ArmView {
  /** f64[3] m. */
  readonly tool: ArrayLike<number>;
  /** Distance between the gripper's pads, m. */
  readonly opening: number;
  readonly goal: ArrayLike<number>;
  /** Where an object is. Read it at once. */
  object(name: string): Pose;
  /** Largest force, N, on each of `pressed` during the step. */
  readonly forces: ArrayLike<number>;
}

/** Something to be brought somewhere. */
export interface Errand {
  /** Name of the object; left out for the tool itself. */
  readonly object?: string;
  /** Where its middle shall be, f[3] m, or the object it shall lie on; left out where it only has to be moved. */
  readonly to?: readonly [x: number, y: number, z: number] | string;
}

/** How an episode stands. */
export interface ArmProgress {
  /** In [0, 1]; 1 only where it is solved. */
  readonly reward: number;
  /** True in every state that counts as solved; the episode is solved when it has been for `holdTicks` ticks. */
  readonly isSolved: boolean;
  readonly collision?: boolean;
  /** The way it has taken, where that is known by now; it is kept from then on. */
  readonly mode?: number | null;
}

export interface ArmStart {
  /** Poses of the objects, in their order. */
  readonly objects: readonly Pose[];
  /** The numbers of the goal. */
  readonly goal: readonly number[];
}

export interface ArmTask {
  readonly name: string;
  /** Control steps in an episode, at most, at 20 Hz. */
  readonly maxSteps: number;
  /** Ticks in a row that a solved state must last. */
  readonly holdTicks: number;
  readonly modes: readonly string[];
  /** Beside the robot and the table. Solids whose frame is an object come first, one for each of `objects`. */
  readonly solids: readonly ArmSolid[];
  /** Names of the free bodies. */
  readonly objects: readonly string[];
  /** Names of the goal's numbers. */
  readonly goalNames: readonly string[];
  /** Names of solids that must not be pressed. */
  readonly pressed: readonly string[];
  start(random: Rng): ArmStart;
  instruction(goal: ArrayLike<number>): string;
  /** What is to be brought where for a goal, two things at most; what is always the same object comes at the same place. */
  errands(goal: ArrayLike<number>): readonly Errand[];
  /** Another goal for the same objects, where only the instruction says which of the two it is. */
  swappedGoal?(goal: ArrayLike<number>): readonly number[];
  /** Called after every control step; `start` is how the episode began. */
  measure(view: ArmView, before: ArmView["tool"]): ArmProgress;
}
