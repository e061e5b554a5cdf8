/** @file What cameras look at: solids with colours, the light, and where the solids are at present. */

import { isRotation, normalized, requireFinite, writeRotation } from "./pose.ts";
import type { Shape } from "./shapes/shape.ts";

/** Red, green, blue as shown on a screen, each in [0, 1]. */
export type Color = readonly [red: number, green: number, blue: number];

export interface Solid {
  /** For errors. */
  readonly name: string;
  readonly shape: Shape;
  readonly color: Color;
  /** A second colour on every other square of side `size`, m, of the solid's own x and y. */
  readonly checker?: { readonly color: Color; readonly size: number };
}

export interface Stage {
  /** In an order that never changes: a solid's position is its id in segmentations. */
  readonly solids: readonly Solid[];
  /** The upright box of the world that holds everything of interest, m: cameras stand in it, and shadows end at its floor. */
  readonly bounds: { readonly min: readonly [number, number, number]; readonly max: readonly [number, number, number] };
  /** From the world to the sun, any length, z above 0. Default: from above, a little to one side. */
  readonly towardsLight?: readonly [number, number, number];
  /** Behind everything, at the height of the eye and straight up. */
  readonly sky?: { readonly horizon: Color; readonly zenith: Color };
}

/**
 * Where every solid of a stage is; written by the simulation, read at every frame. The layout is that of MuJoCo's `geom_xpos` and
 * `geom_xmat`.
 */
export interface SolidPoses {
  /** f64[N, 3], m */
  readonly positions: Float64Array;
  /** f64[N, 3, 3] row-major, world ← solid */
  readonly rotations: Float64Array;
}

export const DEFAULT_LIGHT = [-0.35, -0.5, 1] as const;
export const DEFAULT_SKY = { horizon: [0.86, 0.89, 0.92], zenith: [0.56, 0.68, 0.82] } as const;

/** Poses of `count` solids, all at the origin without rotation. */
export function solidPoses(count: number): SolidPoses {
  const rotations = new Float64Array(9 * count);
  for (let i = 0; i < count; i++) writeRotation(rotations, 9 * i, [1, 0, 0, 0]);
  return { positions: new Float64Array(3 * count), rotations };
}

/**
 * Put one solid somewhere.
 *
 * @param position f[3], m
 * @param quat f[4] w, x, y, z; default no rotation
 */
export function placeSolid(poses: SolidPoses, index: number, position: ArrayLike<number>, quat: ArrayLike<number> = [1, 0, 0, 0]): void {
  if (!(index >= 0 && 3 * index < poses.positions.length)) {
    throw new RangeError(`placeSolid: there is no solid ${index}, expected 0 to ${poses.positions.length / 3 - 1}`);
  }
  requireFinite(`placeSolid: position of solid ${index}`, position, 3);
  poses.positions.set(position, 3 * index);
  writeRotation(poses.rotations, 9 * index, quat);
}

/** Throws unless a stage can be drawn. */
export function checkStage({ solids, bounds, towardsLight = DEFAULT_LIGHT, sky = DEFAULT_SKY }: Stage, who: string): void {
  if (solids.length === 0) throw new RangeError(`${who}: the stage has no solids`);
  for (const { name, color, checker } of solids) {
    checkColor(`${who}: solid "${name}": color`, color);
    if (checker === undefined) continue;
    checkColor(`${who}: solid "${name}": checker color`, checker.color);
    if (!(Number.isFinite(checker.size) && checker.size > 0)) {
      throw new RangeError(`${who}: solid "${name}": checker size is ${checker.size}, expected m above 0`);
    }
  }
  checkColor(`${who}: sky horizon`, sky.horizon);
  checkColor(`${who}: sky zenith`, sky.zenith);
  const { min, max } = bounds;
  if (![0, 1, 2].every((axis) => Number.isFinite(min[axis]) && Number.isFinite(max[axis]) && Number(min[axis]) < Number(max[axis]))) {
    throw new RangeError(`${who}: bounds go from ${min.join(", ")} to ${max.join(", ")}, expected finite min < max along every axis, m`);
  }
  const [, , height = 0] = normalized(towardsLight) ?? [];
  if (!(height > 0.05)) {
    throw new RangeError(`${who}: towardsLight is ${towardsLight.join(", ")}, expected a direction that points upwards (z above 0)`);
  }
}

function checkColor(who: string, color: Color): void {
  if (color.length === 3 && color.every((value) => value >= 0 && value <= 1)) return;
  throw new RangeError(`${who} is ${color.join(", ")}, expected red, green, blue in [0, 1]`);
}

/** Throws unless there is a finite pose for every solid. */
export function checkPoses(solids: readonly Solid[], { positions, rotations }: SolidPoses): void {
  const count = solids.length;
  if (positions.length !== 3 * count || rotations.length !== 9 * count) {
    throw new RangeError(
      `render: poses hold ${positions.length} numbers of positions and ${rotations.length} of rotations, expected ${3 * count} and ${9 * count} for ${count} solids`,
    );
  }
  for (let i = 0; i < count; i++) {
    if (!(Number.isFinite(positions[3 * i]) && Number.isFinite(positions[3 * i + 1]) && Number.isFinite(positions[3 * i + 2]))) {
      throw new RangeError(`render: solid ${i} "${solids[i]?.name}": position is ${positions.slice(3 * i, 3 * i + 3).join(", ")}, expected finite m`);
    }
    if (isRotation(rotations, 9 * i)) continue;
    const got = rotations.slice(9 * i, 9 * i + 9).join(", ");
    throw new RangeError(`render: solid ${i} "${solids[i]?.name}": rotation is ${got}, expected a rotation matrix, row-major`);
  }
}
