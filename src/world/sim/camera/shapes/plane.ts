/** @file A plane or a rectangle of it, seen from both sides. */

import type { RayBatch, Shape } from "./shape.ts";

/**
 * The rectangle |x| ≤ `halfX`, |y| ≤ `halfY` of the plane z = 0, m; without sizes, the endless plane.
 *
 * It is seen from above and below; the normal given is +z.
 *
 * @throws RangeError unless both are above 0
 */
export function planeShape(halfX: number = Infinity, halfY: number = Infinity): Shape {
  for (const [axis, value] of [halfX, halfY].entries()) {
    if (value > 0) continue;
    throw new RangeError(`planeShape: half extent along ${"xy"[axis]} is ${value}, expected a length in m above 0, or Infinity`);
  }
  return {
    halfExtents: [halfX, halfY, 0],
    cast: (rays, count) => castPlane(rays, count, halfX, halfY),
    contains: () => false,
    normal(point) {
      point[0] = 0;
      point[1] = 0;
      point[2] = 1;
    },
  };
}

function castPlane(rays: RayBatch, count: number, halfX: number, halfY: number): void {
  const { originX, originY, originZ, directionX, directionY, directionZ, distance } = rays;
  for (let i = 0; i < count; i++) {
    const entry = -(originZ[i] ?? 0) / (directionZ[i] ?? 0);
    const x = (originX[i] ?? 0) + entry * (directionX[i] ?? 0);
    const y = (originY[i] ?? 0) + entry * (directionY[i] ?? 0);
    distance[i] = Math.abs(x) <= halfX && Math.abs(y) <= halfY ? entry : Infinity;
  }
}
