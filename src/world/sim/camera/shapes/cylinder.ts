/** @file A cylinder with flat ends. */

import { requireLength, type RayBatch, type Shape } from "./shape.ts";

/**
 * A cylinder along its own z axis: radius `radius`, from z = −`halfLength` to z = `halfLength`, m.
 *
 * A ray that enters the endless cylinder between the ends enters there; one that enters it beyond an end, through that end's disc.
 *
 * @throws RangeError unless both lengths are finite and above 0
 */
export function cylinderShape(radius: number, halfLength: number): Shape {
  requireLength("cylinderShape: radius", radius);
  requireLength("cylinderShape: half length", halfLength);
  return {
    halfExtents: [radius, radius, halfLength],
    cast: (rays, count) => castCylinder(rays, count, radius, halfLength),
    contains: (x, y, z) => x * x + y * y < radius * radius && Math.abs(z) < halfLength,
    normal: (point) => cylinderNormal(point, radius, halfLength),
  };
}

function castCylinder(rays: RayBatch, count: number, radius: number, halfLength: number): void {
  const { originX, originY, originZ, directionX, directionY, directionZ, distance } = rays;
  for (let i = 0; i < count; i++) {
    const ox = originX[i] ?? 0, oy = originY[i] ?? 0, oz = originZ[i] ?? 0;
    const dx = directionX[i] ?? 0, dy = directionY[i] ?? 0, dz = directionZ[i] ?? 0;
    const a = dx * dx + dy * dy;
    const b = ox * dx + oy * dy;
    const c = ox * ox + oy * oy - radius * radius;
    const discriminant = b * b - a * c;
    let entry = Infinity;
    if (discriminant >= 0) {
      // Along the axis a is 0 and the entry NaN or infinite; then the direction says which end is met.
      entry = (-b - Math.sqrt(discriminant)) / a;
      const z = oz + entry * dz;
      if (!(z <= halfLength && z >= -halfLength)) {
        const isUpperEnd = a > 0 ? z > 0 : dz < 0;
        entry = ((isUpperEnd ? halfLength : -halfLength) - oz) / dz;
        const x = ox + entry * dx;
        const y = oy + entry * dy;
        if (!(x * x + y * y <= radius * radius)) entry = Infinity;
      }
    }
    distance[i] = entry;
  }
}

/** A point lies on an end or on the side, whichever it is farther out of. */
function cylinderNormal(point: Float64Array, radius: number, halfLength: number): void {
  const x = point[0] ?? 0, y = point[1] ?? 0, z = point[2] ?? 0;
  const axisDistance = Math.sqrt(x * x + y * y);
  const isEnd = Math.abs(z) - halfLength > axisDistance - radius;
  point[0] = isEnd ? 0 : x / axisDistance;
  point[1] = isEnd ? 0 : y / axisDistance;
  point[2] = isEnd ? (z < 0 ? -1 : 1) : 0;
}
