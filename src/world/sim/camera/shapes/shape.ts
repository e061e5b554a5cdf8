/** @file What a shape is to a camera: where rays enter it, and which way its surface faces. */

/**
 * Rays in a shape's own frame, and how far along them the shape begins. Every array is f64[n] with n ≥ the count cast.
 *
 * Directions are not normalized: distances are in units of a direction's length, which is what makes the distance along a
 * camera's ray (u, v, 1) its depth.
 */
export interface RayBatch {
  readonly originX: Float64Array;
  readonly originY: Float64Array;
  readonly originZ: Float64Array;
  readonly directionX: Float64Array;
  readonly directionY: Float64Array;
  readonly directionZ: Float64Array;
  /** Written by `cast`: where each ray enters. Negative behind the origin; Infinity or NaN for a miss. */
  readonly distance: Float64Array;
}

/**
 * A convex solid about the origin of its own frame, or a plane through it. Lengths in m.
 *
 * Only + − × ÷, square roots and comparisons are used, which every JavaScript engine computes to the same bit.
 */
export interface Shape {
  /** f64[3] half extents of the upright box around it in its own frame, m; Infinity where it has no end. */
  readonly halfExtents: readonly [x: number, y: number, z: number];
  /** Where the first `count` rays enter the shape from outside. */
  cast(rays: RayBatch, count: number): void;
  /** Whether a point of its own frame, m, lies strictly inside. */
  contains(x: number, y: number, z: number): boolean;
  /** Overwrite a point of the surface, f64[3] in m in its own frame, by the outward unit normal there. */
  normal(point: Float64Array): void;
}

/** Room for `count` rays. */
export function rayBatch(count: number): RayBatch {
  const numbers = (): Float64Array => new Float64Array(count);
  return {
    originX: numbers(), originY: numbers(), originZ: numbers(),
    directionX: numbers(), directionY: numbers(), directionZ: numbers(),
    distance: numbers(),
  };
}

/** Throws unless a length is a finite number above zero; `who` names the function and the length. */
export function requireLength(who: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new RangeError(`${who} is ${value}, expected a length in m, finite and above 0`);
}
