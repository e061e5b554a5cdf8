/** @file Which solid a point lies in. */

import type { SolidPoses, Stage } from "./stage.ts";

/**
 * Position in the stage of a solid that a point of the world, f[3] in m, lies strictly inside; −1 where there is none. A camera that could
 * get into one asks this first: images are drawn from outside.
 */
export function solidAt({ solids }: Pick<Stage, "solids">, { positions, rotations }: SolidPoses, point: ArrayLike<number>): number {
  return solids.findIndex(({ shape }, i) => {
    const [x, y, z] = [0, 1, 2].map((axis) => (point[axis] ?? NaN) - (positions[3 * i + axis] ?? NaN)) as [number, number, number]; // of three
    const own = (axis: number): number => (rotations[9 * i + axis] ?? NaN) * x + (rotations[9 * i + 3 + axis] ?? NaN) * y + (rotations[9 * i + 6 + axis] ?? NaN) * z;
    return shape.contains(own(0), own(1), own(2));
  });
}
