/** @file Tests of matrices in 4 bits. */

import { expect, test } from "vitest";
import { packInt4, unpackInt4 } from "./int4.ts";
import { rng } from "./rng.ts";

const size = { columns: 70, block: 32 };

test("every element is told to half a scale, and the largest of a block exactly", () => {
  const values = new Float32Array(3 * 70);
  rng(1).fillNormal(values);
  const packed = packInt4(values, size);
  expect([packed.codes.length, packed.scales.length]).toEqual([3 * 3 * 16, 9]);
  const back = unpackInt4(packed, size);
  back.forEach((value, i) => {
    const [row, column] = [Math.floor(i / 70), i % 70];
    const scale = Math.abs(packed.scales[row * 3 + Math.floor(column / 32)] ?? NaN);
    // On the other side of 0 than the largest, codes end at 7.
    expect(Math.abs(value - (values[i] ?? NaN))).toBeLessThanOrEqual(scale * 1.0001);
  });
  const block = [...values.subarray(0, 32)];
  const largest = block.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  expect(back[block.indexOf(largest)]).toBeCloseTo(largest, 6);
});

test("whole numbers from -8 to 7 come back as they were, the even one in the low half", () => {
  const values = Float32Array.from({ length: 32 }, (_, i) => (i % 16) - 8);
  const packed = packInt4(values, { columns: 32, block: 32 });
  expect([...unpackInt4(packed, { columns: 32, block: 32 })]).toEqual([...values]);
  expect(packed.scales[0]).toBe(1);
  expect(packed.codes[0]).toBe(0x10);
});

test("nothing comes of nothing, and what makes no rows is refused", () => {
  expect(unpackInt4(packInt4(new Float32Array(4), { columns: 2, block: 2 }), { columns: 2, block: 2 }).every((value) => value === 0)).toBe(true);
  expect(() => packInt4(new Float32Array(5), { columns: 2, block: 2 })).toThrow("packInt4: 5 values do not make rows of 2");
});
