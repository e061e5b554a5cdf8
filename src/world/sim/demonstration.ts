/** @file What a scripted expert shows: one episode, from a seed. */

/** One episode of T ticks. */
export interface Demonstration {
  readonly seed: number;
  /** f32[T, S] flat: the state before each action. */
  readonly states: Float32Array;
  /** f32[T, A] flat: what the expert meant to do. */
  readonly actions: Float32Array;
  /** T */
  readonly length: number;
  readonly instruction: string;
  /** Which of the task's `modes` it took; null for none. */
  readonly mode: number | null;
  readonly success: boolean;
  /** Why the simulation broke down; else null. */
  readonly failure: string | null;
}
