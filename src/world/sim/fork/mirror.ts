/** @file The mirror symmetry of the fork: the straight way from start to goal. */

/** Mirror a state, m, or an action, m/s, f[2] into `out`: (x, y) becomes (x, -y). In place is fine. */
export function mirrorFork(row: ArrayLike<number>, out: Float32Array | Float64Array): void {
  if (row.length !== 2 || out.length !== 2) {
    throw new RangeError(`mirrorFork: got ${row.length} and ${out.length} numbers, expected 2 and 2`);
  }
  out[0] = row[0] ?? 0;
  out[1] = -(row[1] ?? 0);
}
