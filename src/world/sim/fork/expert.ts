/** @file The scripted expert of the fork: an arc past the obstacle, its side chosen before it moves. */

import { DT_S, FORK_GOAL, type Point } from "./geometry.ts";

/** Ticks from the start to the middle of the goal: 4 s. */
export const EXPERT_TICKS = 40;
/** The expert passes the obstacle's middle at this distance from the straight way, m, give or take the spread. */
export const EXPERT_OFFSET = 0.5;
export const EXPERT_OFFSET_SPREAD = 0.05;

export interface ExpertPath {
  readonly start: Point;
  /** 0 passes on the left, y > 0; 1 on the right. */
  readonly mode: number;
  /** Distance from the straight way half way along it, m. */
  readonly offset: number;
}

/**
 * Where the expert is at a tick, from 0 to `EXPERT_TICKS`.
 *
 * With u the share of the time: start + (goal - start)·u, and ±offset·sin(πu) along y. It moves on from its first tick,
 * so that the state alone tells how far along it is, and the two sides part at once.
 */
export function expertPlace({ start, mode, offset }: ExpertPath, tick: number): Point {
  const u = tick / EXPERT_TICKS;
  const side = mode === 0 ? 1 : -1;
  return {
    x: start.x + u * (FORK_GOAL.x - start.x),
    y: start.y + u * (FORK_GOAL.y - start.y) + side * offset * Math.sin(Math.PI * u),
  };
}

/**
 * Root mean square jerk of the expert, m/s³: offset·(π/4 s)³/√2, the mean being over time. That is 0.17 m/s³ at an
 * offset of 0.5 m. The straight part of the path has none.
 */
export function expertJerk({ offset }: ExpertPath): number {
  return (offset * (Math.PI / (EXPERT_TICKS * DT_S)) ** 3) / Math.SQRT2;
}
