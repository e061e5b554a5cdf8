/** @file Tests of the WebAssembly loops against plain sums in f64. */

import { describe, expect, it } from "vitest";
import { fusedKernel, kernelBytes } from "./kernel.ts";

const COUNT = 4096;

function setup() {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const floats = new Float32Array(memory.buffer);
  for (let index = 0; index < 2 * COUNT; index++) floats[index] = Math.sin(index * 1.7) * 10 ** (index % 5);
  return { kernel: fusedKernel(memory), floats };
}

describe("the fused kernel", () => {
  it("is a small valid module", () => {
    expect(WebAssembly.validate(kernelBytes())).toBe(true);
    expect(kernelBytes().length).toBeLessThan(4096);
  });

  it("sums squares as f64 does", () => {
    const { kernel, floats } = setup();
    const expected = floats.subarray(0, COUNT).reduce((sum, x) => sum + x * x, 0);
    expect(Math.abs(kernel.sumSquares(0, COUNT) / expected - 1)).toBeLessThan(1e-14);
  });

  it("sums exactly the given floats", () => {
    const { kernel, floats } = setup();
    floats.fill(1);
    expect([kernel.sumSquares(0, 0), kernel.sumSquares(64, 16), kernel.sumSquares(64, 160)]).toEqual([0, 16, 160]);
  });

  it("keeps squares beyond the range of f32 finite", () => {
    const { kernel, floats } = setup();
    floats.fill(1e30);
    expect(Math.sqrt(kernel.sumSquares(0, 16))).toBeCloseTo(4 * Math.fround(1e30), -20);
  });

  it("does not hide a single value that is not a number", () => {
    for (const lane of [0, 1, 2, 3, 15]) {
      const { kernel, floats } = setup();
      floats[32 + lane] = NaN;
      expect(kernel.sumSquares(0, COUNT)).toBeNaN();
    }
  });

  it("adds a scaled range and leaves its neighbours alone", () => {
    const { kernel, floats } = setup();
    const before = floats.slice();
    kernel.scaleAdd(64, 4 * COUNT, COUNT - 32, 0.5);
    const expected = before.slice();
    for (let index = 16; index < COUNT - 16; index++) {
      expected[index] = (before[index] ?? NaN) + Math.fround(0.5 * (before[COUNT + index - 16] ?? NaN));
    }
    expect(floats).toEqual(expected);
  });

  it("clears a range and leaves its neighbours alone", () => {
    const { kernel, floats } = setup();
    floats.fill(1);
    kernel.clear(64, 32);
    expect(floats.indexOf(0)).toBe(16);
    expect(floats.lastIndexOf(0)).toBe(47);
    expect(kernel.sumSquares(0, 64)).toBe(32);
  });
});
