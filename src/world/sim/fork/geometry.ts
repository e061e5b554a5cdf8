/** @file The shapes and constants of the fork. Lengths in m; x points ahead, from start to goal, and y to the left. */

export interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export const DT_S = 0.1;
/** Starts are spread evenly over a square about (0, 0); this is half its side, m. */
export const START_SPREAD = 0.02;
/** What must not be touched. It holds the robot's own extent, so the robot is a point. */
export const FORK_OBSTACLE: Disc = { x: 1.2, y: 0, radius: 0.3 };
export const FORK_GOAL: Disc = { x: 2, y: 0, radius: 0.15 };
/** Largest speed along each axis, m/s; the drive saturates there. */
export const TOP_SPEED = 1;
/** The two ways past the obstacle, y > 0 and y < 0. */
export const FORK_MODES: readonly string[] = ["left", "right"];

/**
 * Where the way from one point to another first touches a disc.
 *
 * @returns share of the way, in [0, 1]; null when it stays clear
 */
export function firstContact(from: Point, to: Point, disc: Disc): number | null {
  const [offsetX, offsetY] = [from.x - disc.x, from.y - disc.y];
  const [wayX, wayY] = [to.x - from.x, to.y - from.y];
  const c = offsetX * offsetX + offsetY * offsetY - disc.radius * disc.radius;
  if (c <= 0) return 0;
  // |offset + share·way|² = radius²: a·share² + 2·b·share + c = 0, of which the smaller root is the entry.
  const a = wayX * wayX + wayY * wayY;
  const b = offsetX * wayX + offsetY * wayY;
  const discriminant = b * b - a * c;
  if (b >= 0 || discriminant < 0) return null;
  const share = (-b - Math.sqrt(discriminant)) / a;
  return share <= 1 ? share : null;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}
