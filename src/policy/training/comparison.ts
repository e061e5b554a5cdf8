/** @file What a comparison of heads says of each of them. */

import { z } from "zod";

/** One line of `tendon compare --json`. Shares and rates are in [0, 1]. */
export const headResultSchema = z.object({
  head: z.string(),
  /** Share of episodes that were solved. */
  success: z.number(),
  /** Mean over episodes of the largest reward. */
  score: z.number(),
  /** Bootstrap 95 % interval of the score. */
  scoreInterval: z.tuple([z.number(), z.number()]),
  /** Share of all episodes that took each way to solve the task; empty for a task without such ways. */
  modeShares: z.array(z.number()),
  /** Entropy of the ways among the episodes that took one, bits; null for a task without such ways. */
  modeEntropyBits: z.number().nullable(),
  /** Mean root mean square jerk of the executed positions, in `jerkUnit`; null when all episodes were too short. */
  jerk: z.number().nullable(),
  jerkUnit: z.string(),
  /** Time of one chunk at batch 1, ms. */
  inferenceMsMedian: z.number(),
  inferenceMsP99: z.number(),
  /** Trained numbers. */
  parameters: z.number(),
  /** Training steps done, and how many a second. */
  steps: z.number(),
  stepsPerSecond: z.number(),
  /** Wall time of training, s. */
  trainSeconds: z.number(),
  episodes: z.number(),
  /** Run folder. */
  run: z.string(),
});

export type HeadResult = z.output<typeof headResultSchema>;

/** What a rollout looked like from above. */
export const tracedRolloutSchema = z.object({
  seed: z.number(),
  score: z.number(),
  success: z.boolean(),
  mode: z.number().nullable(),
  /** Positions of the robot, one per tick, in the unit of the task's scene. */
  path: z.array(z.tuple([z.number(), z.number()])),
  /** The last state, f[S]. */
  last: z.array(z.number()),
});

export type TracedRollout = z.output<typeof tracedRolloutSchema>;

/** A head's numbers and its rollouts: what is drawn. */
export interface ComparedHead {
  readonly result: HeadResult;
  readonly rollouts: readonly TracedRollout[];
}
