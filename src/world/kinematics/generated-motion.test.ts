/** @file Tests of generated motion: rows are forward kinematics, smooth, within limits, reproducible. */

import { describe, expect, test } from "vitest";
import { forwardKinematics } from "./chain-kinematics.ts";
import { generateMotion, PANDA_WORKSPACE, TOOL_POSE_SIZE } from "./generated-motion.ts";
import { PANDA } from "./panda.ts";
import { rotation6dFromQuat } from "./rotation-6d.ts";

const [EPISODES, TICKS, RATE_HZ] = [6, 200, 20] as const;
const motions = generateMotion({ episodes: EPISODES, ticks: TICKS, seed: 3 });
const joints = (motion: (typeof motions)[number], tick: number): Float32Array => motion.joints.subarray(7 * tick, 7 * tick + 7);

describe("generated motion", () => {
  test("has T rows of joints, gripper and tool pose in every episode", () => {
    for (const { joints: q, gripper, poses } of motions) expect([q.length, gripper.length, poses.length]).toEqual([TICKS * 7, TICKS, TICKS * TOOL_POSE_SIZE]);
    expect(motions.length).toBe(EPISODES);
  });

  test("pairs every row of joints with the pose that they give, and the gripper's command", () => {
    for (const motion of motions) {
      for (const tick of [0, 77, TICKS - 1]) {
        const row = motion.poses.subarray(TOOL_POSE_SIZE * tick, TOOL_POSE_SIZE * (tick + 1));
        const pose = forwardKinematics(PANDA, joints(motion, tick));
        const expected = [...pose.position, ...rotation6dFromQuat(pose.quat), motion.gripper[tick] ?? NaN];
        expected.forEach((value, i) => expect(row[i]).toBeCloseTo(value, 5));
      }
    }
  });

  // Splines between postures within the limits can swing out beyond the postures, and beyond their own time law's speed.
  test("moves no joint faster than its limit", () => {
    for (const motion of motions) {
      for (let tick = 1; tick < TICKS; tick++) {
        const [before, now] = [joints(motion, tick - 1), joints(motion, tick)];
        PANDA.joints.forEach(({ maxSpeed }, i) => expect(Math.abs((now[i] ?? NaN) - (before[i] ?? NaN)) * RATE_HZ).toBeLessThanOrEqual(maxSpeed));
      }
    }
  });

  test("moves, rests, and uses both commands of the gripper", () => {
    const all = motions.flatMap((motion) => [...motion.gripper]);
    expect([...new Set(all)].sort()).toEqual([-1, 1]);
    const steps = motions.flatMap((motion) =>
      Array.from({ length: TICKS - 1 }, (_, t) => Math.hypot(...joints(motion, t).map((value, i) => value - (joints(motion, t + 1)[i] ?? NaN)))),
    );
    expect(steps.some((step) => step === 0)).toBe(true);
    expect(steps.filter((step) => step > 0.01).length).toBeGreaterThan(0.5 * steps.length);
  });

  test("begins with the tool in the workspace, and fills it", () => {
    const { low, high } = PANDA_WORKSPACE;
    const starts = generateMotion({ episodes: 60, ticks: 1, seed: 0 }).map(({ poses }) => poses.subarray(0, 3));
    for (const axis of [0, 1, 2] as const) {
      const values = starts.map((start) => start[axis] ?? NaN);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(Math.fround(low[axis]) - 1e-6);
      expect(Math.max(...values)).toBeLessThanOrEqual(Math.fround(high[axis]) + 1e-6);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.6 * (high[axis] - low[axis]));
    }
  });

  test("is the same for the same seed, and fewer episodes are the first of more", () => {
    expect(generateMotion({ episodes: 2, ticks: TICKS, seed: 3 })).toEqual(motions.slice(0, 2));
    expect(generateMotion({ episodes: 1, ticks: TICKS, seed: 4 })[0]).not.toEqual(motions[0]);
  });

  test("names options that are out of range, and a workspace out of reach", () => {
    const good = { episodes: 1, ticks: 1, seed: 0 };
    expect(() => generateMotion({ ...good, ticks: 0 })).toThrow("generateMotion: ticks is 0, expected an integer ≥ 1");
    expect(() => generateMotion({ ...good, rateHz: -1 })).toThrow("rateHz is -1, expected a number > 0");
    expect(() => generateMotion({ ...good, speedShares: [0.5, 0.2] })).toThrow("speedShares are [0.5, 0.2], expected 0 < slowest ≤ fastest ≤ 1");
    expect(() => generateMotion({ ...good, workspace: { low: [2, 2, 2], high: [3, 3, 3] } })).toThrow(
      "none of 10000 random postures of Panda has its tool in [2, 2, 2] to [3, 3, 3] m; widen the workspace",
    );
  });
});
