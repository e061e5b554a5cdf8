/** @file The pixels that a solid, or the room its shadow takes, can touch: row by row, the outline of a box in the image. */

import type { Camera } from "./camera.ts";
import type { Placements } from "./placement.ts";

/** In every row from `top` to `bottom`, columns left[row] … right[row]; all ends included, empty where an end lies before its start. */
export interface Outline {
  top: number;
  bottom: number;
  /** i32[h] */
  readonly left: Int32Array;
  /** i32[h] */
  readonly right: Int32Array;
  /** Depths between which the outlined box lies, m; behind the camera below 0. */
  nearest: number;
  farthest: number;
}

/** How much wider an outline is than exact arithmetic asks for, px. */
const MARGIN_PX = 1e-3;

/** Finds outlines. All calls write and return the same object, so that no frame allocates. */
export interface Outliner {
  /** Pixels that see the box of these half extents about solid `index`. */
  ofSolid(placements: Placements, index: number, halfExtents: readonly [number, number, number]): Outline;
  /** Pixels that see the box, or what lies up to `reach` m behind it as seen from the light. */
  ofShadow(placements: Placements, index: number, halfExtents: readonly [number, number, number], reach: number): Outline;
}

/** Corner k of a box has the sign of bit a of k along axis a; corners 8 to 15 are those of the box moved along its shadow. */
const BOX_EDGES = edges(8, [1, 2, 4]);
const SHADOW_EDGES = edges(16, [1, 2, 4, 8]);

export function outliner(camera: Camera): Outliner {
  const { width, height } = camera;
  const corners = new Float64Array(3 * 16);
  const points = new Float64Array(2 * (16 + SHADOW_EDGES.length / 2));
  const outline: Outline = { top: 0, bottom: 0, left: new Int32Array(height), right: new Int32Array(height), nearest: 0, farthest: 0 };
  const bounds = { low: new Float64Array(height), high: new Float64Array(height), top: 0, bottom: 0 };
  const drawing: Drawing = { camera, corners, points, bounds, outline };

  return {
    ofSolid(placements, index, half) {
      if (half[0] === Infinity || half[1] === Infinity || half[2] === Infinity) return everything(outline, width);
      writeCorners(corners, placements, index, half);
      return draw(drawing, 8, BOX_EDGES);
    },
    ofShadow(placements, index, half, reach) {
      if (half[0] === Infinity || half[1] === Infinity || half[2] === Infinity) return everything(outline, width);
      writeCorners(corners, placements, index, half);
      moveCorners(corners, placements, index, reach);
      return draw(drawing, 16, SHADOW_EDGES);
    },
  };
}

/** Pairs of corners that differ in one bit. */
function edges(count: number, bits: readonly number[]): Uint8Array {
  const pairs = Array.from({ length: count }, (_, corner) => bits.filter((bit) => (corner & bit) === 0).flatMap((bit) => [corner, corner | bit]));
  return Uint8Array.from(pairs.flat());
}

function everything(outline: Outline, width: number): Outline {
  outline.top = 0;
  outline.bottom = outline.left.length - 1;
  outline.left.fill(0);
  outline.right.fill(width - 1);
  outline.nearest = 0;
  outline.farthest = Infinity;
  return outline;
}

/** Corners 0 to 7 in the camera's frame: rotationᵀ · (corner − origin) undoes the placement. */
function writeCorners(corners: Float64Array, { rotations: r, origins }: Placements, index: number, half: readonly [number, number, number]): void {
  for (let corner = 0; corner < 8; corner++) {
    const x = ((corner & 1) === 0 ? -half[0] : half[0]) - (origins[3 * index] ?? 0);
    const y = ((corner & 2) === 0 ? -half[1] : half[1]) - (origins[3 * index + 1] ?? 0);
    const z = ((corner & 4) === 0 ? -half[2] : half[2]) - (origins[3 * index + 2] ?? 0);
    for (let axis = 0; axis < 3; axis++) {
      corners[3 * corner + axis] = (r[9 * index + axis] ?? 0) * x + (r[9 * index + 3 + axis] ?? 0) * y + (r[9 * index + 6 + axis] ?? 0) * z;
    }
  }
}

/** Corners 8 to 15: `reach` farther from the light. */
function moveCorners(corners: Float64Array, { rotations: r, lights }: Placements, index: number, reach: number): void {
  const x = lights[3 * index] ?? 0, y = lights[3 * index + 1] ?? 0, z = lights[3 * index + 2] ?? 0;
  for (let axis = 0; axis < 3; axis++) {
    const step = reach * ((r[9 * index + axis] ?? 0) * x + (r[9 * index + 3 + axis] ?? 0) * y + (r[9 * index + 6 + axis] ?? 0) * z);
    for (let corner = 0; corner < 8; corner++) corners[3 * (corner + 8) + axis] = (corners[3 * corner + axis] ?? 0) - step;
  }
}

interface Drawing {
  readonly camera: Camera;
  /** f64[16, 3] in the camera's frame, m. */
  readonly corners: Float64Array;
  /** f64[n, 2] where corners in front of the near plane fall, px; then where edges pass through it. */
  readonly points: Float64Array;
  readonly bounds: Bounds;
  readonly outline: Outline;
}

/** f64[h] between which columns each row is covered, px, and which rows have been begun. */
interface Bounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
  top: number;
  bottom: number;
}

/**
 * The outline of what lies in front of the near plane. It is convex, so between the leftmost and the rightmost edge a row is covered. Its
 * edges are those of the box, cut at the near plane, and lines between cuts: all of these are drawn, the true ones among them.
 */
function draw({ camera, corners, points, bounds, outline }: Drawing, count: number, pairs: Uint8Array): Outline {
  const { fx, fy, cx, cy, near } = camera;
  outline.nearest = Infinity;
  outline.farthest = -Infinity;
  bounds.low.fill(Infinity);
  bounds.high.fill(-Infinity);
  bounds.top = camera.height;
  bounds.bottom = -1;
  for (let corner = 0; corner < count; corner++) {
    const z = corners[3 * corner + 2] ?? 0;
    if (z < outline.nearest) outline.nearest = z;
    if (z > outline.farthest) outline.farthest = z;
    points[2 * corner] = (fx * (corners[3 * corner] ?? 0)) / z + cx;
    points[2 * corner + 1] = (fy * (corners[3 * corner + 1] ?? 0)) / z + cy;
  }
  let last = count;
  for (let pair = 0; pair < pairs.length; pair += 2) {
    const a = pairs[pair] ?? 0, b = pairs[pair + 1] ?? 0;
    const za = corners[3 * a + 2] ?? 0, zb = corners[3 * b + 2] ?? 0;
    if (za < near && zb < near) continue;
    if (za >= near && zb >= near) {
      drawEdge(bounds, points, a, b);
      continue;
    }
    const share = (near - za) / (zb - za);
    const ax = corners[3 * a] ?? 0, ay = corners[3 * a + 1] ?? 0;
    points[2 * last] = (fx * (ax + share * ((corners[3 * b] ?? 0) - ax))) / near + cx;
    points[2 * last + 1] = (fy * (ay + share * ((corners[3 * b + 1] ?? 0) - ay))) / near + cy;
    drawEdge(bounds, points, za >= near ? a : b, last);
    for (let other = count; other < last; other++) drawEdge(bounds, points, other, last);
    last++;
  }
  return roundInwards(bounds, outline, camera.width);
}

/** Widen the rows that the line between two points passes through. */
function drawEdge(bounds: Bounds, points: Float64Array, from: number, to: number): void {
  const { low, high } = bounds;
  const u0 = points[2 * from] ?? 0, v0 = points[2 * from + 1] ?? 0;
  const u1 = points[2 * to] ?? 0, v1 = points[2 * to + 1] ?? 0;
  const first = Math.max(0, Math.ceil(Math.min(v0, v1) - MARGIN_PX));
  const last = Math.min(low.length - 1, Math.floor(Math.max(v0, v1) + MARGIN_PX));
  if (first > last) return;
  if (first < bounds.top) bounds.top = first;
  if (last > bounds.bottom) bounds.bottom = last;
  // Rows within the margin beyond an end, and level edges, are held to the ends.
  const slope = (u1 - u0) / (v1 - v0);
  const least = Math.min(u0, u1), most = Math.max(u0, u1);
  const isLevel = Math.abs(v1 - v0) < MARGIN_PX;
  for (let row = first; row <= last; row++) {
    const u = Math.max(least, Math.min(most, u0 + (row - v0) * slope));
    const left = isLevel ? least : u, right = isLevel ? most : u;
    if (left < (low[row] ?? 0)) low[row] = left;
    if (right > (high[row] ?? 0)) high[row] = right;
  }
}

/** The pixels whose centres lie within the bounds. */
function roundInwards({ low, high, top, bottom }: Bounds, outline: Outline, width: number): Outline {
  outline.top = top;
  outline.bottom = bottom;
  for (let row = top; row <= bottom; row++) {
    outline.left[row] = Math.max(0, Math.ceil((low[row] ?? 0) - MARGIN_PX));
    outline.right[row] = Math.min(width - 1, Math.floor((high[row] ?? 0) + MARGIN_PX));
  }
  return outline;
}
