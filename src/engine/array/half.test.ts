/** @file Tests of half-precision floats. */

import { expect, test } from "vitest";
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from "./half.ts";

const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);
const isNaNOf16 = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
const isNaNOfB16 = (bits: number): boolean => (bits & 0x7f80) === 0x7f80 && (bits & 0x7f) !== 0;

test("half floats are what IEEE 754 says", () => {
  const known: [number, number][] = [[0x3c00, 1], [0xc000, -2], [0x7bff, 65_504], [0x0400, 2 ** -14], [0x0001, 2 ** -24], [0x03ff, 1023 * 2 ** -24], [0x3555, 0.333251953125], [0x7c00, Infinity], [0xfc00, -Infinity]];
  expect([...f16ToF32(Uint16Array.from(known, ([bits]) => bits))]).toEqual(known.map(([, value]) => value));
  expect(f16ToF32(Uint16Array.of(0x7e01))[0]).toBeNaN();
  expect(Object.is(f16ToF32(Uint16Array.of(0x8000))[0], -0)).toBe(true);
});

test("brain floats are the upper halves of 32-bit ones", () => {
  expect([...bf16ToF32(Uint16Array.of(0x3f80, 0xc040, 0x7f80, 0x0001))]).toEqual([1, -3, Infinity, 2 ** -133]);
  expect(bf16ToF32(Uint16Array.of(0x7fc1))[0]).toBeNaN();
});

test("every half float that is a number comes back from 32 bits as it was", () => {
  const numbers16 = all.filter((bits) => !isNaNOf16(bits));
  expect(f32ToF16(f16ToF32(numbers16))).toEqual(numbers16);
  const numbersB16 = all.filter((bits) => !isNaNOfB16(bits));
  expect(f32ToBf16(bf16ToF32(numbersB16))).toEqual(numbersB16);
});

test("between two half floats the nearer one is taken, in the middle the even one", () => {
  const [ulp16, ulpB16] = [2 ** -10, 2 ** -7];
  const given = (ulp: number): Float32Array => Float32Array.of(1 + 0.49 * ulp, 1 + 0.5 * ulp, 1 + 0.51 * ulp, 1 + 1.5 * ulp, 2 - 0.25 * ulp);
  expect([...f32ToF16(given(ulp16))]).toEqual([0x3c00, 0x3c00, 0x3c01, 0x3c02, 0x4000]);
  expect([...f32ToBf16(given(ulpB16))]).toEqual([0x3f80, 0x3f80, 0x3f81, 0x3f82, 0x4000]);
  // 65,519 is nearer to the largest number than to 2¹⁶; half of the smallest number goes to the even 0.
  expect([...f32ToF16(Float32Array.of(65_519, 65_520, 2 ** -25, 1.01 * 2 ** -25, NaN))]).toEqual([0x7bff, 0x7c00, 0, 1, 0x7e00]);
  expect(f32ToBf16(Float32Array.of(NaN))[0]).toBe(0x7fc0);
});
