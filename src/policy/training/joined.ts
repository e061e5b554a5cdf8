/** @file Rows of all episodes in one array. */

/** One after the other, a copy. */
export function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((total, rows) => total + rows.length, 0));
  let offset = 0;
  for (const rows of arrays) {
    all.set(rows, offset);
    offset += rows.length;
  }
  return all;
}
