/** @file The scripted expert of the fork: straight on, then past the obstacle on the side that the coin chose. */

import { DT_S, FORK_GOAL, type Point } from "./geometry.ts";

/** Ticks from the start to the middle of the goal: 4 s. */
export const EXPERT_TICKS = 40;
/** Ticks at the beginning that are the same on both sides: 0.8 s. */
export const EXPERT_STRAIGHT_TICKS = 8;
/** The expert passes the obstacle's middle at this distance from the straight way, m, give or take the spread. */
export const EXPERT_OFFSET = 0.5;
export const EXPERT_OFFSET_SPREAD = 0.04;

export interface ExpertPath {
  readonly start: Point;
  /** 0 passes on the left, y > 0; 1 on the right. */
  readonly mode: number;
  /** Largest distance from the straight way, beside the obstacle, m. */
  readonly offset: number;
}

/**
 * Where the expert is at a tick, from 0 to `EXPERT_TICKS`.
 *
 * It moves evenly from the start to the goal's middle, and from tick 8 on ±offset·sin²(πv) beside that way, v being the
 * share of the 32 ticks that are left. Until then both sides are the same: nine ticks of each demonstration teach that
 * there is a choice. It moves from its first tick on, so that its place alone tells how far along it is.
 */
export function expertPlace({ start, mode, offset }: ExpertPath, tick: number): Point {
  const u = tick / EXPERT_TICKS;
  const v = Math.max(0, (tick - EXPERT_STRAIGHT_TICKS) / SWERVE_TICKS);
  const side = mode === 0 ? 1 : -1;
  return {
    x: start.x + u * (FORK_GOAL.x - start.x),
    y: start.y + u * (FORK_GOAL.y - start.y) + side * offset * Math.sin(Math.PI * v) ** 2,
  };
}

const SWERVE_TICKS = EXPERT_TICKS - EXPERT_STRAIGHT_TICKS;

/**
 * Root mean square jerk of the expert while it swerves, m/s³: offset·(2π/3.2 s)³/√8, the mean being over time. That is
 * 1.34 m/s³ at an offset of 0.5 m. The straight part of the path has none.
 *
 * sin²(πv) = (1 - cos(2πv))/2, whose third derivative has the mean square (2π)⁶/8.
 */
export function expertJerk({ offset }: ExpertPath): number {
  return (offset * ((2 * Math.PI) / (SWERVE_TICKS * DT_S)) ** 3) / Math.sqrt(8);
}
