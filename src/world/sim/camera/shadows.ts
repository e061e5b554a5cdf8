/** @file Hard shadows of the sun: a ray from every visible point towards the light. */

import type { Placements } from "./placement.ts";
import type { Eye, Sight } from "./visibility.ts";

/** Points closer to an occluder than this touch it, m. */
const TOUCH_M = 1e-5;

/**
 * Write which pixels the light reaches: `lit` is u8[h, w], 1 or 0.
 *
 * Each solid is an occluder over the pixels that can see its shadow. A solid does not shade itself: all are convex, so a point of it that faces the
 * light sees it. Endless planes shade nothing.
 */
export function castShadows(eye: Eye, placements: Placements, sight: Sight, { lit, reach, members }: ShadowMap): void {
  const { camera: { width }, solids, outliner, rays } = eye;
  lit.fill(1);
  for (let index = 0; index < solids.length; index++) {
    const shape = solids[index]?.shape;
    const length = reach[index] ?? 0;
    if (shape === undefined || length <= 0 || shape.halfExtents[0] === Infinity || shape.halfExtents[1] === Infinity) continue;
    const outline = outliner.ofShadow(placements, index, shape.halfExtents, length);
    rays.directionX.fill(placements.lights[3 * index] ?? 0);
    rays.directionY.fill(placements.lights[3 * index + 1] ?? 0);
    rays.directionZ.fill(placements.lights[3 * index + 2] ?? 0);
    for (let row = outline.top; row <= outline.bottom; row++) {
      const left = outline.left[row] ?? 0, right = outline.right[row] ?? 0;
      const start = row * width;
      const count = gather(eye, placements, sight, { index, row, left, right, members, lit });
      shape.cast(rays, count);
      for (let k = 0; k < count; k++) {
        const distance = rays.distance[k] ?? NaN;
        if (distance > TOUCH_M && distance < Infinity) lit[start + (members[k] ?? 0)] = 0;
      }
    }
  }
}

/** Where the sun reaches, and what finding it needs. */
export interface ShadowMap {
  /** u8[h, w] 1 where the sun reaches what the pixel sees. */
  readonly lit: Uint8Array;
  /** f64[N] how far the shadow of each solid is followed, m. */
  readonly reach: Float64Array;
  /** i32[w] scratch: columns of the gathered points. */
  readonly members: Int32Array;
}

interface Gathering {
  readonly index: number;
  readonly row: number;
  readonly left: number;
  readonly right: number;
  readonly members: Int32Array;
  readonly lit: Uint8Array;
}

/** Start rays at the points that a part of a row sees, in the occluder's frame; returns how many there are. */
function gather({ across, down, rays }: Eye, { rotations: r, origins: o }: Placements, { depth, ids }: Sight, part: Gathering): number {
  const { index, row, left, right, members, lit } = part;
  const i = 9 * index;
  const x = o[3 * index] ?? 0, y = o[3 * index + 1] ?? 0, z = o[3 * index + 2] ?? 0;
  const v = down[row] ?? 0;
  const start = row * across.length;
  const stepX = r[i] ?? 0, stepY = r[i + 3] ?? 0, stepZ = r[i + 6] ?? 0;
  const startX = (r[i + 1] ?? 0) * v + (r[i + 2] ?? 0);
  const startY = (r[i + 4] ?? 0) * v + (r[i + 5] ?? 0);
  const startZ = (r[i + 7] ?? 0) * v + (r[i + 8] ?? 0);
  const { originX, originY, originZ } = rays;
  let count = 0;
  for (let column = left; column <= right; column++) {
    const pixel = start + column;
    const id = ids[pixel] ?? -1;
    if (id < 0 || id === index || lit[pixel] === 0) continue;
    const u = across[column] ?? 0;
    const t = depth[pixel] ?? 0;
    originX[count] = x + t * (startX + stepX * u);
    originY[count] = y + t * (startY + stepY * u);
    originZ[count] = z + t * (startZ + stepZ * u);
    members[count++] = column;
  }
  return count;
}
