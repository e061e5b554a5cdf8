/** @file A box. */

import { requireLength, type RayBatch, type Shape } from "./shape.ts";

/**
 * A box of half extents `halfX`, `halfY`, `halfZ` along its own axes, m.
 *
 * A ray enters the box where it has entered all three slabs, if it has not left any of them by then. A ray within
 * a face's own plane misses.
 *
 * Source: Kay and Kajiya 1986, doi:10.1145/15886.15916 (slabs).
 *
 * @throws RangeError unless every half extent is finite and above 0
 */
export function boxShape(halfX: number, halfY: number, halfZ: number): Shape {
  const half = [halfX, halfY, halfZ] as const;
  half.forEach((value, axis) => requireLength(`boxShape: half extent along ${"xyz"[axis]}`, value));
  return {
    halfExtents: half,
    cast: (rays, count) => castBox(rays, count, half),
    contains: (x, y, z) => Math.abs(x) < halfX && Math.abs(y) < halfY && Math.abs(z) < halfZ,
    normal: (point) => faceNormal(point, half),
  };
}

function castBox(rays: RayBatch, count: number, [halfX, halfY, halfZ]: Shape["halfExtents"]): void {
  const { originX, originY, originZ, directionX, directionY, directionZ, distance } = rays;
  for (let i = 0; i < count; i++) {
    const ox = originX[i] ?? 0, oy = originY[i] ?? 0, oz = originZ[i] ?? 0;
    const perX = 1 / (directionX[i] ?? 0), perY = 1 / (directionY[i] ?? 0), perZ = 1 / (directionZ[i] ?? 0);
    const x0 = (-halfX - ox) * perX, x1 = (halfX - ox) * perX;
    const y0 = (-halfY - oy) * perY, y1 = (halfY - oy) * perY;
    const z0 = (-halfZ - oz) * perZ, z1 = (halfZ - oz) * perZ;
    const enter = Math.max(Math.min(x0, x1), Math.min(y0, y1), Math.min(z0, z1));
    const leave = Math.min(Math.max(x0, x1), Math.max(y0, y1), Math.max(z0, z1));
    distance[i] = enter <= leave ? enter : Infinity;
  }
}

/** The face a point lies on is the one it is farthest out of. */
function faceNormal(point: Float64Array, half: Shape["halfExtents"]): void {
  const x = point[0] ?? 0, y = point[1] ?? 0, z = point[2] ?? 0;
  const outX = Math.abs(x) - half[0], outY = Math.abs(y) - half[1], outZ = Math.abs(z) - half[2];
  const isX = outX >= outY && outX >= outZ;
  const isY = !isX && outY >= outZ;
  point[0] = isX ? (x < 0 ? -1 : 1) : 0;
  point[1] = isY ? (y < 0 ? -1 : 1) : 0;
  point[2] = isX || isY ? 0 : z < 0 ? -1 : 1;
}
