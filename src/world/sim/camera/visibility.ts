/** @file Which solid each pixel sees, and how far away: every solid is cast within its outline, the nearest wins. */

import type { Camera } from "./camera.ts";
import type { Placements } from "./placement.ts";
import { outliner, type Outliner } from "./outline.ts";
import { rayBatch, type RayBatch } from "./shapes/shape.ts";
import type { Solid } from "./stage.ts";

/** What the pixels of a camera see. */
export interface Sight {
  /** f64[h, w] depth along the optical axis, m; Infinity where nothing is hit. */
  readonly depth: Float64Array;
  /** i32[h, w] position of the solid in the stage; −1 where nothing is hit. */
  readonly ids: Int32Array;
}

export interface Eye {
  readonly camera: Camera;
  readonly solids: readonly Solid[];
  readonly outliner: Outliner;
  /** f64[w] and f64[h]: the ray through the pixel of column i and row j is (across[i], down[j], 1). */
  readonly across: Float64Array;
  readonly down: Float64Array;
  /** Room for a row of the image. */
  readonly rays: RayBatch;
}

/** A camera's grid of pixels, and what they have seen. */
export interface Lookout {
  readonly eye: Eye;
  readonly sight: Sight;
}

/** Room for what a camera sees of some solids. */
export function lookout(solids: readonly Solid[], camera: Camera): Lookout {
  const { width, height, fx, fy, cx, cy } = camera;
  const across = Float64Array.from({ length: width }, (_, column) => (column - cx) / fx);
  const down = Float64Array.from({ length: height }, (_, row) => (row - cy) / fy);
  const sight = { depth: new Float64Array(width * height), ids: new Int32Array(width * height) };
  return { eye: { camera, solids, outliner: outliner(camera), across, down, rays: rayBatch(width) }, sight };
}

/**
 * Write what every pixel sees.
 *
 * @returns the least depth at which there could be something in front of the camera, m; Infinity when all lies behind it
 */
export function look(eye: Eye, placements: Placements, sight: Sight): number {
  const { camera, solids, outliner, rays } = eye;
  const { width, near, far } = camera;
  sight.depth.fill(Infinity);
  sight.ids.fill(-1);
  let nearest = Infinity;
  for (let index = 0; index < solids.length; index++) {
    const shape = solids[index]?.shape;
    if (shape === undefined) continue;
    const outline = outliner.ofSolid(placements, index, shape.halfExtents);
    if (outline.farthest >= near) nearest = Math.min(nearest, Math.max(outline.nearest, near));
    startRays(rays, placements, index);
    for (let row = outline.top; row <= outline.bottom; row++) {
      const left = outline.left[row] ?? 0;
      const count = (outline.right[row] ?? 0) - left + 1;
      if (count <= 0) continue;
      aimRays(eye, placements, index, { row, left, count });
      shape.cast(rays, count);
      keepNearest(sight, rays.distance, { start: row * width + left, count, index, near, far });
    }
  }
  return nearest;
}

function startRays(rays: RayBatch, { origins }: Placements, index: number): void {
  rays.originX.fill(origins[3 * index] ?? 0);
  rays.originY.fill(origins[3 * index + 1] ?? 0);
  rays.originZ.fill(origins[3 * index + 2] ?? 0);
}

interface Part {
  readonly row: number;
  readonly left: number;
  readonly count: number;
}

/** The rays of a part of a row, turned into the solid's frame. */
function aimRays({ across, down, rays }: Eye, { rotations: r }: Placements, index: number, { row, left, count }: Part): void {
  const { directionX, directionY, directionZ } = rays;
  const v = down[row] ?? 0;
  const i = 9 * index;
  const stepX = r[i] ?? 0, stepY = r[i + 3] ?? 0, stepZ = r[i + 6] ?? 0;
  const startX = (r[i + 1] ?? 0) * v + (r[i + 2] ?? 0);
  const startY = (r[i + 4] ?? 0) * v + (r[i + 5] ?? 0);
  const startZ = (r[i + 7] ?? 0) * v + (r[i + 8] ?? 0);
  for (let k = 0; k < count; k++) {
    const u = across[left + k] ?? 0;
    directionX[k] = startX + stepX * u;
    directionY[k] = startY + stepY * u;
    directionZ[k] = startZ + stepZ * u;
  }
}

interface Candidates {
  readonly start: number;
  readonly count: number;
  readonly index: number;
  readonly near: number;
  readonly far: number;
}

function keepNearest({ depth, ids }: Sight, distance: Float64Array, { start, count, index, near, far }: Candidates): void {
  for (let k = 0; k < count; k++) {
    const candidate = distance[k] ?? NaN;
    // False for NaN, which is a miss.
    if (candidate >= near && candidate <= far && candidate < (depth[start + k] ?? 0)) {
      depth[start + k] = candidate;
      ids[start + k] = index;
    }
  }
}
