/** @file Tests of learning-rate schedules at points known by hand. */

import { describe, expect, it } from "vitest";
import { constantWithWarmup, warmupCosine } from "./schedules.ts";

describe("warmupCosine", () => {
  const schedule = warmupCosine({ peak: 2e-4, warmupSteps: 100, totalSteps: 1100, floor: 2e-5 });

  it("rises linearly from zero to the peak", () => {
    expect(schedule(0)).toBe(0);
    expect(schedule(50)).toBeCloseTo(1e-4, 12);
    expect(schedule(100)).toBeCloseTo(2e-4, 12);
  });

  it("falls by half a cosine to the floor", () => {
    expect(schedule(350)).toBeCloseTo(2e-5 + 1.8e-4 * 0.5 * (1 + Math.SQRT1_2), 12);
    expect(schedule(600)).toBeCloseTo(1.1e-4, 12);
    expect(schedule(1100)).toBeCloseTo(2e-5, 12);
  });

  it("stays at the floor afterwards", () => {
    expect(schedule(1600)).toBeCloseTo(2e-5, 12);
    expect(warmupCosine({ peak: 1, warmupSteps: 0, totalSteps: 10 })(25)).toBe(0);
  });

  it("starts at the peak without a warm-up", () => {
    expect(warmupCosine({ peak: 1, warmupSteps: 0, totalSteps: 10 })(0)).toBe(1);
  });

  it("refuses a total that leaves no room for the cosine", () => {
    expect(() => warmupCosine({ peak: 1, warmupSteps: 10, totalSteps: 10 })).toThrow("totalSteps is 10, expected more than warmupSteps, 10");
    expect(() => warmupCosine({ peak: 1, warmupSteps: 1, totalSteps: 10, floor: 2 })).toThrow("floor is 2");
  });
});

describe("constantWithWarmup", () => {
  it("rises linearly and stays", () => {
    const schedule = constantWithWarmup({ peak: 3, warmupSteps: 6 });
    expect([0, 1, 5, 6, 1e6].map(schedule)).toEqual([0, 0.5, 2.5, 3, 3]);
  });

  it("is constant from the first step without a warm-up", () => {
    expect(constantWithWarmup({ peak: 3 })(0)).toBe(3);
  });
});
