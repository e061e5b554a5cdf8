/** @file From rollouts to the numbers that stand for a policy. */

import type { Environment } from "#world/sim";
import type { Rollout } from "./evaluate.ts";
import { bootstrapInterval, entropyBits, mean } from "./summary-statistics.ts";
import type { Task } from "./tasks.ts";

/** Scores, shares and rates are in [0, 1]. What a task does not have is left out. */
export interface EvalSummary extends Partial<CoverageShares>, Partial<ModeSummary> {
  /** Different seeds. */
  readonly episodes: number;
  /** Mean over episodes of the largest reward. */
  readonly meanScore: number;
  /** Bootstrap 95 % interval of the mean score, over seeds. */
  readonly meanScoreInterval: readonly [low: number, high: number];
  /** Share of episodes that were solved. */
  readonly successRate: number;
  /** Share of episodes that ended in a collision, of a task with an obstacle. */
  readonly collisionRate?: number;
  /** How many rollouts the simulation itself broke down in, where there are any; they count as failed. */
  readonly brokenSimulations?: number;
  /** Mean over episodes of the root mean square jerk of the executed positions; null when all were too short. */
  readonly jerk: number | null;
  readonly jerkUnit: string;
}

/** Share of episodes whose coverage went above 0.80, 0.90, 0.95. */
export interface CoverageShares {
  readonly success80: number;
  readonly success90: number;
  readonly success95: number;
}

/** How episodes are spread over the ways to solve a task. */
export interface ModeSummary {
  /** Their names. */
  readonly modes: readonly string[];
  /** Share of all episodes that took each. */
  readonly modeShares: readonly number[];
  /** Entropy of the ways among the episodes that took one, bits; log2 of the number of ways when they are even. */
  readonly modeEntropyBits: number;
}

/**
 * Scores of rollouts, with a bootstrap interval.
 *
 * Rollouts of several checkpoints start from the same seeds and are no independent episodes. A seed counts as one
 * episode, its score the mean over its rollouts, and seeds are what is resampled.
 *
 * Source: Davison and Hinkley 1997, Bootstrap Methods and their Application, section 3.8, hierarchical data.
 */
export function summarize(rollouts: readonly Rollout[], task: Task): EvalSummary {
  const { modes, scene } = task.facts;
  const bySeed = new Map<number, number[]>();
  for (const { seed, score } of rollouts) bySeed.set(seed, [...(bySeed.get(seed) ?? []), score]);
  const scores = [...bySeed.values()].map(mean);
  const jerks = rollouts.flatMap(({ jerk }) => (jerk === null ? [] : [jerk]));
  return {
    episodes: bySeed.size,
    meanScore: mean(scores),
    meanScoreInterval: bootstrapInterval(scores),
    ...coverageShares(rollouts),
    successRate: share(rollouts, ({ success }) => success),
    ...(canCollide(scene) ? { collisionRate: share(rollouts, ({ collision }) => collision) } : {}),
    ...modeSummary(rollouts, modes),
    ...brokenSimulations(rollouts),
    jerk: jerks.length === 0 ? null : mean(jerks),
    jerkUnit: `${scene.unit}/s³`,
  };
}

function share(rollouts: readonly Rollout[], holds: (rollout: Rollout) => boolean): number {
  return mean(rollouts.map((rollout) => (holds(rollout) ? 1 : 0)));
}

function brokenSimulations(rollouts: readonly Rollout[]): Pick<EvalSummary, "brokenSimulations"> {
  const count = rollouts.filter(({ failure }) => failure !== null).length;
  return count === 0 ? {} : { brokenSimulations: count };
}

function canCollide({ shapes }: Environment["scene"]): boolean {
  return shapes.some(({ role }) => role === "obstacle");
}

function coverageShares(rollouts: readonly Rollout[]): CoverageShares | undefined {
  if (rollouts.some(({ coverage }) => coverage === null)) return undefined;
  const above = (threshold: number): number => share(rollouts, ({ coverage }) => (coverage ?? 0) > threshold);
  return { success80: above(0.8), success90: above(0.9), success95: above(0.95) };
}

function modeSummary(rollouts: readonly Rollout[], modes: readonly string[]): ModeSummary | undefined {
  if (modes.length === 0) return undefined;
  const modeShares = modes.map((_, index) => share(rollouts, ({ mode }) => mode === index));
  return { modes, modeShares, modeEntropyBits: entropyBits(modeShares) };
}
