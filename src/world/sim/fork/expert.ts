/** @file The scripted expert of the fork: a minimum-jerk path past the obstacle, its side chosen before it moves. */

import { DT_S, FORK_GOAL, type Point } from "./geometry.ts";

/** Ticks from rest at the start to rest in the middle of the goal: 2.8 s. */
export const EXPERT_TICKS = 28;
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
 * With u the share of the time, the path is start + (goal - start)·(10u³ - 15u⁴ + 6u⁵) ± offset·bump(u) along y. Of all
 * motions that rest at both ends and are at that offset from the straight way at half time, it has the least integral of
 * squared jerk. Source: Flash and Hogan 1985, doi:10.1523/JNEUROSCI.05-07-01688.1985, minimum jerk with a via point.
 */
export function expertPlace({ start, mode, offset }: ExpertPath, tick: number): Point {
  const u = tick / EXPERT_TICKS;
  const share = u ** 3 * (10 - 15 * u + 6 * u * u);
  const side = mode === 0 ? 1 : -1;
  return {
    x: start.x + share * (FORK_GOAL.x - start.x),
    y: start.y + share * (FORK_GOAL.y - start.y) + side * offset * bump(u),
  };
}

/**
 * Root mean square jerk of the expert, m/s³, in continuous time: √(720·way² + 20480·offset²) / duration³.
 *
 * The integrals over u in [0, 1] of (d³/du³)² are 720 for 10u³ - 15u⁴ + 6u⁵ and 20480 for the bump; one's third
 * derivative is even about u = ½ and the other's odd, so that their product has the integral 0.
 */
export function expertJerk({ start, offset }: ExpertPath): number {
  const way = Math.hypot(FORK_GOAL.x - start.x, FORK_GOAL.y - start.y);
  return Math.sqrt(720 * way * way + 20480 * offset * offset) / (EXPERT_TICKS * DT_S) ** 3;
}

/**
 * From rest at 0 to 1 at u = ½ and back to rest at 0: (160u³ - 400u⁴ + 256u⁵)/3, then its mirror image.
 *
 * The quintic whose first and third derivatives vanish at u = ½, so that up to the fourth all are continuous there:
 * what least jerk asks for at a via point.
 */
function bump(u: number): number {
  const v = Math.min(u, 1 - u);
  return (v ** 3 * (160 - 400 * v + 256 * v * v)) / 3;
}
