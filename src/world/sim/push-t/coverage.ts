/** @file How much of the goal the T covers: exact area of the overlap of two Ts. */

import { BOXES, T_AREA, type Box, type Pose } from "./geometry.ts";

// A convex quadrilateral cut by four half planes has at most eight corners.
const MAX_CORNERS = 8;

/**
 * Share of the T at pose `goal` that the T at pose `pose` covers, in [0, 1].
 *
 * Each of the two boxes at one pose is cut with each of the two at the other. The boxes of one T do not overlap, so
 * the four areas add up to the area of the overlap.
 *
 * Source: gym-pusht `_get_coverage` (the same area, there by shapely); Sutherland and Hodgman 1974,
 * doi:10.1145/360767.360802 (cutting).
 */
export function coverageMeter(goal: Pose): (pose: Pose) => number {
  const goalCos = Math.cos(goal.angleRad);
  const goalSin = Math.sin(goal.angleRad);
  const scratch: Scratch = { from: new Float64Array(2 * MAX_CORNERS), to: new Float64Array(2 * MAX_CORNERS), count: 0 };
  const offset: Offset = { x: 0, y: 0, cos: 1, sin: 0 };

  return (pose) => {
    // The moving T as seen from the goal's frame, where the goal's boxes are upright.
    const dx = pose.x - goal.x;
    const dy = pose.y - goal.y;
    offset.x = goalCos * dx + goalSin * dy;
    offset.y = goalCos * dy - goalSin * dx;
    offset.cos = Math.cos(pose.angleRad - goal.angleRad);
    offset.sin = Math.sin(pose.angleRad - goal.angleRad);
    let area = 0;
    for (const moved of BOXES) {
      for (const fixed of BOXES) area += overlap(moved, offset, fixed, scratch);
    }
    return Math.min(1, area / T_AREA);
  };
}

interface Offset {
  x: number;
  y: number;
  cos: number;
  sin: number;
}

/** A polygon of `count` corners (x, y) in `from`, and room for its cut in `to`. */
interface Scratch {
  from: Float64Array;
  to: Float64Array;
  count: number;
}

function overlap(moved: Box, offset: Offset, fixed: Box, scratch: Scratch): number {
  placeBox(moved, offset, scratch);
  keep(scratch, 1, 0, fixed.left);
  keep(scratch, -1, 0, -fixed.right);
  keep(scratch, 0, 1, fixed.top);
  keep(scratch, 0, -1, -fixed.bottom);
  return polygonArea(scratch);
}

function placeBox(box: Box, { x, y, cos, sin }: Offset, scratch: Scratch): void {
  for (let corner = 0; corner < 4; corner++) {
    const u = corner === 1 || corner === 2 ? box.right : box.left;
    const v = corner < 2 ? box.top : box.bottom;
    scratch.from[2 * corner] = x + cos * u - sin * v;
    scratch.from[2 * corner + 1] = y + sin * u + cos * v;
  }
  scratch.count = 4;
}

/** Cut the polygon down to nx·x + ny·y ≥ offset. */
function keep(scratch: Scratch, nx: number, ny: number, offset: number): void {
  const { from, to, count } = scratch;
  let kept = 0;
  let lastX = from[2 * count - 2] ?? 0;
  let lastY = from[2 * count - 1] ?? 0;
  let lastHeight = nx * lastX + ny * lastY - offset;
  for (let i = 0; i < count; i++) {
    const x = from[2 * i] ?? 0;
    const y = from[2 * i + 1] ?? 0;
    const height = nx * x + ny * y - offset;
    if (height >= 0 !== lastHeight >= 0) {
      const share = lastHeight / (lastHeight - height);
      to[2 * kept] = lastX + share * (x - lastX);
      to[2 * kept + 1] = lastY + share * (y - lastY);
      kept++;
    }
    if (height >= 0) {
      to[2 * kept] = x;
      to[2 * kept + 1] = y;
      kept++;
    }
    lastX = x;
    lastY = y;
    lastHeight = height;
  }
  scratch.from = to;
  scratch.to = from;
  scratch.count = kept;
}

function polygonArea({ from, count }: Scratch): number {
  let twice = 0;
  for (let i = 1; i + 1 < count; i++) {
    const x0 = from[0] ?? 0;
    const y0 = from[1] ?? 0;
    const ax = (from[2 * i] ?? 0) - x0;
    const ay = (from[2 * i + 1] ?? 0) - y0;
    const bx = (from[2 * i + 2] ?? 0) - x0;
    const by = (from[2 * i + 3] ?? 0) - y0;
    twice += ax * by - ay * bx;
  }
  return Math.abs(twice) / 2;
}
