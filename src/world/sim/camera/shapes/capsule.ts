/** @file A capsule: all points within a radius of a segment. */

import { requireLength, type RayBatch, type Shape } from "./shape.ts";

/**
 * A capsule along its own z axis: radius `radius` about the segment from z = −`halfLength` to z = `halfLength`, m.
 *
 * A ray that enters the endless cylinder beside the segment enters the capsule there. One that enters it beyond an end can
 * enter the capsule through that end's ball only, because the capsule fills the cylinder's cross-section at the end.
 *
 * @throws RangeError unless both lengths are finite and above 0
 */
export function capsuleShape(radius: number, halfLength: number): Shape {
  requireLength("capsuleShape: radius", radius);
  requireLength("capsuleShape: half length", halfLength);
  const beyond = (z: number): number => (z > halfLength ? z - halfLength : z < -halfLength ? z + halfLength : 0);
  return {
    halfExtents: [radius, radius, halfLength + radius],
    cast: (rays, count) => castCapsule(rays, count, radius, halfLength),
    contains: (x, y, z) => x * x + y * y + beyond(z) * beyond(z) < radius * radius,
    normal(point) {
      point[0] = (point[0] ?? 0) / radius;
      point[1] = (point[1] ?? 0) / radius;
      point[2] = beyond(point[2] ?? 0) / radius;
    },
  };
}

function castCapsule(rays: RayBatch, count: number, radius: number, halfLength: number): void {
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
        const ez = oz - (isUpperEnd ? halfLength : -halfLength);
        const a3 = a + dz * dz;
        const b3 = b + ez * dz;
        // A negative root is NaN: a miss.
        entry = (-b3 - Math.sqrt(b3 * b3 - a3 * (c + ez * ez))) / a3;
      }
    }
    distance[i] = entry;
  }
}
