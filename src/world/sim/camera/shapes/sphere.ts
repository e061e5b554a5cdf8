/** @file A sphere. */

import { requireLength, type RayBatch, type Shape } from "./shape.ts";

/**
 * A sphere of radius `radius`, m.
 *
 * A ray o + s·d enters where |o + s·d|² = r²: s = (−b − √(b² − a·c)) / a with a = d·d, b = o·d, c = o·o − r².
 *
 * @throws RangeError unless the radius is finite and above 0
 */
export function sphereShape(radius: number): Shape {
  requireLength("sphereShape: radius", radius);
  return {
    halfExtents: [radius, radius, radius],
    cast: (rays, count) => castSphere(rays, count, radius),
    contains: (x, y, z) => x * x + y * y + z * z < radius * radius,
    normal(point) {
      point[0] = (point[0] ?? 0) / radius;
      point[1] = (point[1] ?? 0) / radius;
      point[2] = (point[2] ?? 0) / radius;
    },
  };
}

function castSphere({ originX, originY, originZ, directionX, directionY, directionZ, distance }: RayBatch, count: number, radius: number): void {
  for (let i = 0; i < count; i++) {
    const ox = originX[i] ?? 0, oy = originY[i] ?? 0, oz = originZ[i] ?? 0;
    const dx = directionX[i] ?? 0, dy = directionY[i] ?? 0, dz = directionZ[i] ?? 0;
    const a = dx * dx + dy * dy + dz * dz;
    const b = ox * dx + oy * dy + oz * dz;
    const c = ox * ox + oy * oy + oz * oz - radius * radius;
    // The root of a negative number is NaN: a miss.
    distance[i] = (-b - Math.sqrt(b * b - a * c)) / a;
  }
}
