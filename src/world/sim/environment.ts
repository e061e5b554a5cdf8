/** @file What every environment is: headless, seeded, stepped by its caller. */

import type { Scene } from "./scene.ts";

/** What one control step earned. The environment owns the object and overwrites it at the next step. */
export interface StepResult {
  /** In [0, 1]. The score of an episode is the largest reward in it. */
  readonly reward: number;
  /** True when the task counts as solved in this state; ends the episode. */
  readonly success: boolean;
  /** True when the robot has hit what it must not hit; ends the episode, which can no longer succeed. */
  readonly collision: boolean;
  /** Share of the goal that is covered, in [0, 1]; null where the task covers nothing. */
  readonly coverage: number | null;
  /** Which of the environment's `modes` the episode has taken; null while that is open, or where there are none. */
  readonly mode: number | null;
  /** Why the simulation itself broke down, such as an instability; ends the episode, which counts as failed. Else null. */
  readonly failure: string | null;
}

/** What is known of an environment without making one. */
export interface EnvironmentFacts {
  readonly name: string;
  /** Control steps per second, Hz. */
  readonly rateHz: number;
  /** Control steps in an episode, at most. */
  readonly maxSteps: number;
  /** Numbers in a state (S). */
  readonly stateSize: number;
  /** Numbers in an action (A). */
  readonly actionSize: number;
  /** f64[A] smallest meaningful action, physical units. */
  readonly actionLow: readonly number[];
  /** f64[A] largest meaningful action, physical units. */
  readonly actionHigh: readonly number[];
  /** Names of the ways to solve the task, where there are several to tell apart; else empty. */
  readonly modes: readonly string[];
  readonly scene: Scene;
}

/**
 * A simulated task. It holds its own state and nothing else: two environments never influence each other, and the
 * same seed and actions give the same states. Counting steps up to `maxSteps` is the caller's part, and so is `close`.
 */
export interface Environment extends EnvironmentFacts {
  /** What to do in the present episode, as a person would say it. */
  readonly instruction: string;
  /** What would be said of another goal for what is seen, where only the instruction tells the two apart: the bins of sort changed, the cubes of stack. Null where there is none. */
  readonly swappedInstruction: string | null;
  /** Start the episode of this seed. */
  reset(seed: number): void;
  /** Put everything at rest in a state f[S]. */
  setState(state: ArrayLike<number>): void;
  /** Write the present state into `out`, f64[S]. */
  readState(out: Float64Array): void;
  /** Apply one action f[A] for one control step. */
  step(action: ArrayLike<number>): StepResult;
  /** Give back what the environment holds outside JavaScript's own memory. It must not be used any more. */
  close(): void;
}

/** Throws unless `values` holds `count` finite numbers. */
export function requireNumbers(who: string, values: ArrayLike<number>, count: number): void {
  if (values.length !== count) {
    throw new RangeError(`${who}: got ${values.length} numbers, expected ${count}`);
  }
  for (let i = 0; i < count; i++) {
    if (!Number.isFinite(values[i])) {
      throw new RangeError(`${who}: entry ${i} is ${values[i]}, expected a finite number; check the policy's output`);
    }
  }
}
