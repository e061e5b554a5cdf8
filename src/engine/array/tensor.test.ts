/** @file Tests of host tensors: lengths, dtypes and views. */

import { describe, expect, it } from "vitest";
import { allocate, BYTES, hostTensor, sizeOf, tensorFrom, toNumbers, view, zeros, type Dtype } from "./tensor.ts";

const DTYPES: readonly Dtype[] = ["f32", "f64", "i64", "bool"];

describe("sizeOf", () => {
  it("is the product of the extents, 1 for a scalar and 0 where an axis is empty", () => {
    expect([sizeOf([2, 3, 4]), sizeOf([]), sizeOf([5]), sizeOf([3, 0, 2])]).toEqual([24, 1, 5, 0]);
  });
});

describe("hostTensor", () => {
  it("keeps the array it is given", () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const tensor = hostTensor("f32", [2, 3], data);
    expect(tensor.data).toBe(data);
    expect(tensor.shape).toEqual([2, 3]);
  });

  it("names the type, the values needed and the values given when they differ", () => {
    expect(() => hostTensor("f32", [2, 3], new Float32Array(5))).toThrow(
      new RangeError("hostTensor: f32[2, 3] needs 6 values, got 5"),
    );
    expect(() => hostTensor("f32", [2, 3], new Float32Array(7))).toThrow("needs 6 values, got 7");
    expect(() => hostTensor("i64", [], new BigInt64Array(0))).toThrow("i64[] needs 1 values, got 0");
  });
});

describe("tensorFrom and toNumbers", () => {
  it.each(DTYPES)("give back the same numbers in %s", (dtype) => {
    const tensor = tensorFrom(dtype, [2, 2], [0, 1, 1, 0]);
    expect(tensor.dtype).toBe(dtype);
    expect(toNumbers(tensor)).toEqual([0, 1, 1, 0]);
  });

  it("keep i64 exact up to 2⁵³, with sign", () => {
    const values = [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, -7];
    const tensor = tensorFrom("i64", [3], values);
    expect(tensor.data).toEqual(BigInt64Array.from(values, BigInt));
    expect(toNumbers(tensor)).toEqual(values);
  });

  it("round to f32, and not in f64", () => {
    expect(toNumbers(tensorFrom("f32", [1], [0.1]))).toEqual([Math.fround(0.1)]);
    expect(toNumbers(tensorFrom("f64", [1], [0.1]))).toEqual([0.1]);
  });

  it("refuse fractions as i64 and a wrong count", () => {
    expect(() => tensorFrom("i64", [1], [1.5])).toThrow(RangeError);
    expect(() => tensorFrom("bool", [3], [1, 0])).toThrow("bool[3] needs 3 values, got 2");
  });
});

describe("allocate, view and zeros", () => {
  it.each(DTYPES)("have BYTES bytes per element of %s", (dtype) => {
    expect(allocate(dtype, 3).byteLength).toBe(3 * BYTES[dtype]);
    expect(toNumbers(zeros(dtype, [2, 3]))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("share memory when they view a buffer", () => {
    const whole = Float32Array.of(1, 2, 3, 4);
    const part = view("f32", whole.buffer, 8, 2);
    part[0] = 30;
    expect([...whole]).toEqual([1, 2, 30, 4]);
  });
});
