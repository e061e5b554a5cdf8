/** @file Places on the table and on cubes, at random and of things, and how far they are apart. */

import type { Rng } from "#engine/array";
import type { Pose } from "#world/kinematics";
import { CUBE_HALF } from "./furniture.ts";

/** A rectangle of the table, m. */
export interface Area {
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
}

export function between(random: Rng, [low, high]: readonly [number, number]): number {
  return low + random.uniform() * (high - low);
}

/** A cube on the table, turned about z by at most `turn`, rad. */
export function cubeOnTable(x: number, y: number, yaw: number): Pose {
  return { position: [x, y, CUBE_HALF], quat: [Math.cos(yaw / 2), 0, 0, Math.sin(yaw / 2)] };
}

/** A cube anywhere in an area. */
export function randomCube(random: Rng, area: Area, turn: number): Pose {
  return cubeOnTable(between(random, area.x), between(random, area.y), between(random, [-turn, turn]));
}

/** Cubes in an area, their middles at least `apart` from each other, m. */
export function randomCubes(random: Rng, count: number, { area, turn, apart }: { readonly area: Area; readonly turn: number; readonly apart: number }): Pose[] {
  const cubes: Pose[] = [];
  while (cubes.length < count) {
    const next = randomCube(random, area, turn);
    if (cubes.every((cube) => distance(cube.position, next.position) >= apart)) cubes.push(next);
  }
  return cubes;
}

/** The middle of a cube that lies on the cube whose middle is here, m. */
export function onTopOf(position: ArrayLike<number>): [x: number, y: number, z: number] {
  return [position[0] ?? NaN, position[1] ?? NaN, (position[2] ?? NaN) + 2 * CUBE_HALF];
}

/** Between two points, f[3], m. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.hypot((a[0] ?? NaN) - (b[0] ?? NaN), (a[1] ?? NaN) - (b[1] ?? NaN), (a[2] ?? NaN) - (b[2] ?? NaN));
}

/** Between two points of the plane, the first two of f[2] or f[3], m. */
export function distanceXY(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.hypot((a[0] ?? NaN) - (b[0] ?? NaN), (a[1] ?? NaN) - (b[1] ?? NaN));
}

/** Whether fingers at a tool's place, `opening` m apart, are closed on a cube whose middle is here. */
export function isHeld(position: ArrayLike<number>, { tool, opening }: { readonly tool: ArrayLike<number>; readonly opening: number }): boolean {
  return distance(tool, position) < 0.03 && opening < 0.06;
}

/** A share in [0, 1] of a way that is `left` m long still, of `whole`. */
export function shareDone(left: number, whole: number): number {
  return Math.min(1, Math.max(0, 1 - left / whole));
}
