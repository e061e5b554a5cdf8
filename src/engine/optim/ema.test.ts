/** @file Tests of the moving average's decay schedules at points known by hand. */

import { describe, expect, it } from "vitest";
import { constantEma, powerEma } from "./ema.ts";

describe("powerEma", () => {
  it("copies the parameters at the first two updates", () => {
    expect([0, 1].map(powerEma())).toEqual([0, 0]);
  });

  it("is 1 - n^-0.75 by default", () => {
    const decay = powerEma();
    expect(decay(2)).toBeCloseTo(0.40540, 5);
    expect(decay(100)).toBeCloseTo(0.96838, 5);
    expect(decay(1e3)).toBeCloseTo(0.99438, 5);
    expect(decay(1e4)).toBeCloseTo(0.999, 12);
  });

  it("rises towards its largest value and stays there", () => {
    const decay = powerEma({ max: 0.99 });
    const values = Array.from({ length: 1000 }, (_, updates) => decay(updates));
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(decay(1e9)).toBe(0.99);
    expect(powerEma()(1e9)).toBe(0.9999);
  });

  it("slows down by invGamma", () => {
    expect(powerEma({ power: 1, invGamma: 10 })(11)).toBeCloseTo(0.5, 12);
  });

  it("refuses a decay above one", () => {
    expect(() => powerEma({ max: 1.1 })).toThrow("max is 1.1");
  });
});

describe("constantEma", () => {
  it("is constant from the first update on", () => {
    expect([0, 1, 1e6].map(constantEma(0.995))).toEqual([0.995, 0.995, 0.995]);
  });

  it("refuses a decay outside [0, 1]", () => {
    expect(() => constantEma(-0.1)).toThrow("decay is -0.1");
  });
});
