/** @file Results of the same kind taken together: shares of episodes over all seeds, with intervals. */

import { bootstrapInterval } from "#policy/training";
import type { RunResult, Way } from "./results.ts";
import { wilsonInterval } from "./wilson.ts";

/** Which results stand in one cell of a table. */
export interface Choice {
  readonly task: string;
  readonly backbone: string;
  readonly way: Way;
  /** What the frozen head learned from; null where there is none. */
  readonly stage1: string | null;
  /** One of the seeds alone; all of them when left out. */
  readonly seed?: number;
}

/** One number of the same episodes, in [0, 1]. */
export interface Measured {
  readonly value: number;
  /** 95 % */
  readonly interval: readonly [low: number, high: number];
  /** Of every seed, in their order. */
  readonly bySeed: readonly number[];
}

export interface Pooled {
  readonly episodes: number;
  /** Share of the episodes that were solved, with Wilson's interval. */
  readonly success: Measured;
  /** Mean of their largest rewards, with a bootstrap interval. */
  readonly score: Measured;
  readonly parameters: number;
  readonly stepsPerSecond: number;
  /** Mean of the training losses at the end; null where one is not known. */
  readonly finalLoss: number | null;
}

/** Policies that observe states; null where there is no result. Seeds have been tried in different episodes, so all count. */
export function pooled(results: readonly RunResult[], choice: Choice): Pooled | null {
  const chosen = results
    .filter(({ task, backbone, way, stage1, sees }) => !sees && task === choice.task && backbone === choice.backbone && way === choice.way && stage1 === choice.stage1)
    .filter(({ seed }) => choice.seed === undefined || seed === choice.seed)
    .toSorted((a, b) => a.seed - b.seed);
  return chosen.length === 0 ? null : together(chosen);
}

/** @param results at least one */
export function together(results: readonly RunResult[]): Pooled {
  const sum = (of: (result: RunResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const scores = results.flatMap((result) => result.scores);
  const solved = sum((result) => result.solved);
  return {
    episodes: scores.length,
    success: {
      value: solved / scores.length,
      interval: wilsonInterval(solved, scores.length),
      bySeed: results.map((result) => result.solved / result.scores.length),
    },
    score: { value: mean(scores), interval: bootstrapInterval(scores), bySeed: results.map((result) => mean(result.scores)) },
    parameters: results[0]?.parameters ?? 0,
    finalLoss: results.some(({ finalLoss }) => finalLoss === null) ? null : mean(results.map(({ finalLoss }) => finalLoss ?? NaN)),
    stepsPerSecond: sum(({ steps }) => steps) / sum(({ trainSeconds }) => trainSeconds),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
