/** @file Tests of the minimum-jerk law, of cubic splines and of their rows at a rate: ends, derivatives, limits, errors. */

import { describe, expect, test } from "vitest";
import { cubicSpline } from "./cubic-spline.ts";
import { MINIMUM_JERK_PEAK_SPEED, minimumJerk, minimumJerkAcceleration, minimumJerkDurationS, minimumJerkSpeed } from "./minimum-jerk.ts";
import { minimumJerkTrajectory } from "./minimum-jerk-trajectory.ts";
import { PANDA, PANDA_READY } from "./panda.ts";
import { serialChain } from "./serial-chain.ts";
import { sampleTrajectory, type Trajectory } from "./trajectory.ts";

const shares = [0.05, 0.2, 0.5, 0.71, 0.95];
const slope = (f: (s: number) => number, s: number): number => (f(s + 1e-5) - f(s - 1e-5)) / 2e-5;

describe("the minimum-jerk law", () => {
  test("goes from 0 to 1, half way at half time, and stays there", () => {
    expect([-1, 0, 0.5, 1, 2].map(minimumJerk)).toEqual([0, 0, 0.5, 1, 1]);
  });

  test.each(shares)("has the stated derivatives at %f", (s) => {
    expect(minimumJerkSpeed(s)).toBeCloseTo(slope(minimumJerk, s), 8);
    expect(minimumJerkAcceleration(s)).toBeCloseTo(slope(minimumJerkSpeed, s), 7);
  });

  test("is at rest at both ends, without acceleration", () => {
    expect([0, 1].flatMap((s) => [minimumJerkSpeed(s), minimumJerkAcceleration(s)]).map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  test("is fastest at half time, at the stated speed", () => {
    expect(minimumJerkSpeed(0.5)).toBe(MINIMUM_JERK_PEAK_SPEED);
    for (const s of shares) expect(minimumJerkSpeed(s)).toBeLessThanOrEqual(MINIMUM_JERK_PEAK_SPEED);
  });

  test("takes the time in which the slowest joint peaks at its limit", () => {
    const to = PANDA_READY.map((value, i) => value + (i === 1 ? 0.5 : 0.1));
    expect(minimumJerkDurationS(PANDA, PANDA_READY, to)).toBeCloseTo((MINIMUM_JERK_PEAK_SPEED * 0.5) / 2.175, 12);
    expect(minimumJerkDurationS(PANDA, PANDA_READY, to, 0.5)).toBeCloseTo((MINIMUM_JERK_PEAK_SPEED * 0.5) / (0.5 * 2.175), 12);
    expect(minimumJerkDurationS(PANDA, PANDA_READY, PANDA_READY)).toBe(0);
  });

  test("names a joint without a speed limit, and a share that is none", () => {
    const free = serialChain("free", [{ name: "turn", kind: "revolute" }]);
    expect(() => minimumJerkDurationS(free, [0], [1])).toThrow('joint "turn" of free has no maxSpeed');
    expect(() => minimumJerkDurationS(PANDA, PANDA_READY, PANDA_READY, 0)).toThrow("speedShare is 0, expected a number in (0, 1]");
  });
});

describe("a cubic spline", () => {
  const times = [0, 0.7, 1.5, 1.9];
  const points = [[0, 1], [2, -1], [1, 0.5], [3, 0]];
  const spline = cubicSpline(times, points);
  const at = (timeS: number): number[] => {
    const out = new Float64Array(2);
    spline.at(timeS, out);
    return [...out];
  };
  const speedAt = (timeS: number): number[] => {
    const out = new Float64Array(2);
    spline.speedAt(timeS, out);
    return [...out];
  };
  const near = (got: readonly number[], expected: readonly number[], digits: number): void =>
    expected.forEach((value, i) => expect(got[i]).toBeCloseTo(value, digits));

  test("passes every point at its time, and stays at both ends", () => {
    times.forEach((time, i) => near(at(time), points[i] ?? [], 12));
    near(at(-1), [0, 1], 12);
    near(at(5), [3, 0], 12);
    expect(spline.endS).toBe(1.9);
  });

  test("is at rest at both ends", () => {
    near(speedAt(0), [0, 0], 12);
    near(speedAt(1.9), [0, 0], 12);
  });

  test.each([0.3, 0.7001, 1.2, 1.8])("has the stated speed at %f s", (time) => {
    const [before, after] = [at(time - 1e-5), at(time + 1e-5)];
    near(speedAt(time), after.map((value, i) => (value - (before[i] ?? NaN)) / 2e-5), 6);
  });

  test.each([0.7, 1.5])("has one acceleration on both sides of the point at %f s", (time) => {
    const step = 1e-5;
    const left = speedAt(time - step).map((value, i) => ((speedAt(time)[i] ?? NaN) - value) / step);
    const right = speedAt(time + step).map((value, i) => (value - (speedAt(time)[i] ?? NaN)) / step);
    near(left, right, 2);
  });

  test("accelerates at both ends, and not before and behind them", () => {
    // By hand: 3s² - 2s³ over 2 s has the second derivative (6 - 12s) / 2².
    const straight = cubicSpline([0, 2], [[0], [1]]);
    const accelerations = [-0.1, 0, 1, 2, 2.1].map((time) => valuesOf(straight, "accelerationAt", time)[0]);
    expect(accelerations).toEqual([0, 1.5, 0, -1.5, 0]);
  });

  test.each([0.7, 1.5])("has the acceleration of both its cubics at %f s, where they meet", (time) => {
    near(valuesOf(spline, "accelerationAt", time - 1e-9), valuesOf(spline, "accelerationAt", time), 6);
  });

  test("through two points is the cubic 3s² - 2s³", () => {
    const out = new Float64Array(1);
    cubicSpline([0, 2], [[0], [1]]).at(0.5, out);
    expect(out[0]).toBeCloseTo(3 / 16 - 2 / 64, 12);
  });

  test("names what does not fit", () => {
    expect(() => cubicSpline([0], [[1]])).toThrow("got 1 times and 1 points, expected as many of both, at least 2");
    expect(() => cubicSpline([0, 0], [[1], [2]])).toThrow("times are [0, 0] s, expected to increase from 0");
    expect(() => cubicSpline([0, 1], [[1], [2, 3]])).toThrow("point 1 has 2 numbers, the first has 1");
    expect(() => cubicSpline([0, 1], [[1], [NaN]])).toThrow("point 1 is [NaN], expected finite numbers");
  });
});

const valuesOf = (trajectory: Trajectory, what: "at" | "speedAt" | "accelerationAt", timeS: number): number[] => {
  const out = new Float64Array(trajectory.size);
  trajectory[what](timeS, out);
  return [...out];
};

describe.each([
  ["cubic spline", cubicSpline([0, 0.7, 1.5, 1.9], [[0, 1], [2, -1], [1, 0.5], [3, 0]])],
  ["minimum-jerk way", minimumJerkTrajectory([0, 1], [3, 0], 1.9)],
] as const)("a %s as a trajectory", (_, trajectory) => {
  test.each([0.01, 0.3, 0.71, 1.2, 1.8])("has the stated speed and acceleration at %f s, by central differences", (time) => {
    for (const [of, stated] of [["at", "speedAt"], ["speedAt", "accelerationAt"]] as const) {
      const [before, after] = [valuesOf(trajectory, of, time - 1e-5), valuesOf(trajectory, of, time + 1e-5)];
      valuesOf(trajectory, stated, time).forEach((value, k) => expect(value).toBeCloseTo(((after[k] ?? NaN) - (before[k] ?? NaN)) / 2e-5, 6));
    }
  });

  test("begins and ends in its postures at rest, and stays there", () => {
    for (const time of [-1, 0]) expect(valuesOf(trajectory, "at", time)).toEqual([0, 1]);
    for (const time of [1.9, 5]) expect(valuesOf(trajectory, "at", time)).toEqual([3, 0]);
    for (const time of [-1, 0, 1.9, 5]) expect(valuesOf(trajectory, "speedAt", time).map(Math.abs)).toEqual([0, 0]);
    for (const time of [-1, 5]) expect(valuesOf(trajectory, "accelerationAt", time).map(Math.abs)).toEqual([0, 0]);
  });

  test("has a row at every tick, and its end in the last", () => {
    const rows = sampleTrajectory(trajectory, { rateHz: 8 });
    expect(rows.length).toBe((Math.ceil(1.9 * 8) + 1) * 2);
    for (let t = 0; t < 16; t++) expect([...rows.subarray(2 * t, 2 * t + 2)]).toEqual(valuesOf(trajectory, "at", t / 8));
    expect([...rows.subarray(-2)]).toEqual([3, 0]);
  });
});

describe("rows of a trajectory", () => {
  test("end on the tick of the end where there is one, whatever the rounding of the product", () => {
    // 1.1 · 10 is 11.000000000000002.
    const rows = sampleTrajectory(minimumJerkTrajectory([0], [1], 1.1), { rateHz: 10 });
    expect(rows.length).toBe(12);
    expect(rows.at(-1)).toBe(1);
  });

  test("may be the first few", () => {
    const way = minimumJerkTrajectory([0], [1], 1);
    const all = sampleTrajectory(way, { rateHz: 20 });
    expect(sampleTrajectory(way, { rateHz: 20, maxRows: 5 })).toEqual(all.subarray(0, 5));
    expect(sampleTrajectory(way, { rateHz: 20, maxRows: 500 })).toEqual(all);
  });

  test("of a way that takes no time are one row", () => {
    expect([...sampleTrajectory(minimumJerkTrajectory([1, 2], [1, 2], 0), { rateHz: 20 })]).toEqual([1, 2]);
  });

  test("are of the postures given, whatever becomes of the arrays later", () => {
    const [from, to] = [[0], [1]];
    const way = minimumJerkTrajectory(from, to, 1);
    [from[0], to[0]] = [7, 8];
    expect([...sampleTrajectory(way, { rateHz: 1 })]).toEqual([0, 1]);
  });

  test("name what does not fit", () => {
    const way = minimumJerkTrajectory([0], [1], 1);
    expect(() => sampleTrajectory(way, { rateHz: 0 })).toThrow("sampleTrajectory: rateHz is 0, expected a finite number > 0");
    expect(() => sampleTrajectory(way, { rateHz: 20, maxRows: 0 })).toThrow("maxRows is 0, expected an integer ≥ 1");
    expect(() => sampleTrajectory({ ...way, endS: NaN }, { rateHz: 20 })).toThrow("the trajectory ends at NaN s, expected a finite time ≥ 0");
    expect(() => minimumJerkTrajectory([0], [1, 2], 1)).toThrow("to has 2 joint positions, from has 1; give both as many");
    expect(() => minimumJerkTrajectory([0], [NaN], 1)).toThrow("it leads from [0] by [NaN], expected finite numbers");
    expect(() => minimumJerkTrajectory([0], [1], 0)).toThrow("durationS is 0, expected a finite number > 0, or 0 between equal postures");
  });
});
