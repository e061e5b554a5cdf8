/** @file Random numbers of tests, in Node and in a browser. */

import { rng } from "#engine/array";

/** Standard normals, the same for the same seed. */
export function normals(count: number, seed: number): number[] {
  const out = new Float64Array(count);
  rng(seed, "testing").fillNormal(out);
  return Array.from(out);
}
