/** @file Coverage against areas worked out by hand. */

import { describe, expect, it } from "vitest";
import { coverageMeter } from "./coverage.ts";
import { GOAL, T_AREA, type Pose } from "./geometry.ts";

const UPRIGHT: Pose = { x: 200, y: 100, angleRad: 0 };
const shift = (pose: Pose, x: number, y: number): Pose => ({ ...pose, x: pose.x + x, y: pose.y + y });

describe("coverageMeter", () => {
  it("is 1 at the goal, whatever the goal and however many turns away", () => {
    for (const goal of [UPRIGHT, GOAL]) {
      expect(coverageMeter(goal)(goal)).toBeCloseTo(1, 12);
      expect(coverageMeter(goal)({ ...goal, angleRad: goal.angleRad - 6 * Math.PI })).toBeCloseTo(1, 9);
    }
  });

  it("is 0 where the Ts cannot meet", () => {
    expect(coverageMeter(UPRIGHT)(shift(UPRIGHT, 121, 0))).toBe(0);
    expect(coverageMeter(UPRIGHT)(shift(UPRIGHT, 0, -120.5))).toBe(0);
  });

  it("is the overlap of the bars, of the stems and of bar with stem for a shift along the bar", () => {
    // 20 px aside: bars share 100 × 30, stems 10 × 90; bar and stem are at different heights.
    expect(coverageMeter(UPRIGHT)(shift(UPRIGHT, 20, 0))).toBeCloseTo((100 * 30 + 10 * 90) / T_AREA, 12);
    // 60 px aside: half of the bar, nothing of the stem.
    expect(coverageMeter(UPRIGHT)(shift(UPRIGHT, -60, 0))).toBeCloseTo((60 * 30) / T_AREA, 12);
  });

  it("counts where the bar lies on the stem", () => {
    // 30 px down: the bar covers the stem's first 30 px, stem on stem 60 px long.
    expect(coverageMeter(UPRIGHT)(shift(UPRIGHT, 0, 30))).toBeCloseTo((30 * 30 + 30 * 60) / T_AREA, 12);
  });

  it("handles quarter and half turns", () => {
    // A half turn about the origin puts the T above the goal's top edge: they share a line.
    expect(coverageMeter(UPRIGHT)({ ...UPRIGHT, angleRad: Math.PI })).toBeCloseTo(0, 12);
    // A quarter turn about the middle of the bar: bars share 30 × 30; the turned stem lies within the goal's bar
    // for 45 px; the turned bar covers 45 px of the goal's stem.
    const turned: Pose = { x: UPRIGHT.x + 15, y: UPRIGHT.y + 15, angleRad: Math.PI / 2 };
    expect(coverageMeter(UPRIGHT)(turned)).toBeCloseTo((30 * 30 + 45 * 30 + 45 * 30) / T_AREA, 12);
  });

  it("does not depend on which T is called the goal", () => {
    const moved: Pose = { x: 221, y: 117, angleRad: 0.7 };
    expect(coverageMeter(moved)(UPRIGHT)).toBeCloseTo(coverageMeter(UPRIGHT)(moved), 12);
    expect(coverageMeter(moved)(UPRIGHT)).toBeGreaterThan(0.2);
  });
});
