import { describe, expect, it } from "vitest";
import { isConstant, statisticsOf } from "./statistics.ts";

describe("statisticsOf", () => {
  it("matches numbers worked out by hand", () => {
    // Dimension 0 is 0, 1, 2, 3, 4; dimension 1 is 10 throughout.
    const rows = Float32Array.from([3, 10, 0, 10, 4, 10, 1, 10, 2, 10]);
    const statistics = statisticsOf(rows, 2);
    expect(statistics.min).toEqual([0, 10]);
    expect(statistics.max).toEqual([4, 10]);
    expect(statistics.mean).toEqual([2, 10]);
    expect(statistics.std).toEqual([Math.sqrt(2), 0]);
    expect(statistics.q50).toEqual([2, 10]);
    expect(statistics.q10[0]).toBeCloseTo(0.4, 12);
    expect(statistics.q99[0]).toBeCloseTo(3.96, 12);
    expect(statistics.count).toBe(5);
  });

  it("counts a spread below 1e-4 as none", () => {
    expect([0, 0.9e-4, 1.1e-4, 4].map(isConstant)).toEqual([true, true, false, false]);
  });

  it("keeps its precision when the mean is large and the spread small", () => {
    const rows = Float32Array.from({ length: 1000 }, (_, i) => 100_000 + (i % 2));
    expect(statisticsOf(rows, 1).std[0]).toBeCloseTo(0.5, 12);
  });

  it("leaves the rows as they are", () => {
    const rows = Float32Array.from([2, 1]);
    statisticsOf(rows, 1);
    expect([...rows]).toEqual([2, 1]);
  });

  it.each([
    ["no rows", new Float32Array(0), 2, /0 values do not make rows of 2/],
    ["rows of another width", new Float32Array(3), 2, /3 values do not make rows of 2/],
    ["a width of zero", new Float32Array(3), 0, /rows of 0/],
    ["a value that is not finite", Float32Array.from([1, 2, 3, NaN]), 2, /row 1, dimension 1 is NaN/],
  ])("refuses %s", (_what, rows, width, message) => {
    expect(() => statisticsOf(rows, width)).toThrow(message);
  });
});
