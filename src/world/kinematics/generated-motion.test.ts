/** @file Tests of generated motion: rows are forward kinematics, smooth, within limits, in the workspace, reproducible. */

import { describe, expect, test } from "vitest";
import { rng } from "#engine/array";
import { chainKinematics, forwardKinematics } from "./chain-kinematics.ts";
import { generateMotion, PANDA_WORKSPACE, TOOL_POSE_SIZE } from "./generated-motion.ts";
import { motionLeg } from "./motion-leg.ts";
import { PANDA, PANDA_READY } from "./panda.ts";
import { rotation6dFromQuat } from "./rotation-6d.ts";
import { serialChain, type SerialChain } from "./serial-chain.ts";

const [EPISODES, TICKS, RATE_HZ] = [6, 200, 20] as const;
const motions = generateMotion({ episodes: EPISODES, ticks: TICKS, seed: 3 });
const joints = (motion: (typeof motions)[number], tick: number): Float32Array => motion.joints.subarray(7 * tick, 7 * tick + 7);

/** By how much rows leave limits (rad), sink below a floor (m), and exceed a share of the joints' speeds (rad/s); 0 or less where they do not. */
function worstOf(chain: SerialChain, motion: (typeof motions)[number], { floor = 0, share = 1 } = {}): { limits: number; sunk: number; speed: number } {
  const kinematics = chainKinematics(chain);
  const n = chain.joints.length;
  const worst = { limits: -Infinity, sunk: -Infinity, speed: -Infinity };
  for (let at = 0; at < motion.joints.length; at += n) {
    const q = motion.joints.subarray(at, at + n);
    kinematics.update(q);
    worst.sunk = Math.max(worst.sunk, floor - (kinematics.toolPosition[2] ?? NaN), floor - kinematics.lowestLinkZ());
    chain.joints.forEach(({ low, high, maxSpeed }, i) => {
      const value = q[i] ?? NaN;
      worst.limits = Math.max(worst.limits, value - Math.fround(high), Math.fround(low) - value);
      if (at > 0) worst.speed = Math.max(worst.speed, Math.abs(value - (motion.joints[at - n + i] ?? NaN)) * RATE_HZ - share * maxSpeed);
    });
  }
  return worst;
}

describe("every row of generated motion", () => {
  // Both lengths, for what is drawn depends on it: of an episode's last way only the rows that are wanted count.
  test.each([
    { episodes: 300, ticks: 200 },
    { episodes: 20, ticks: 2000 },
    { episodes: 100, ticks: 200, speedShares: [1, 1] as const },
    { episodes: 50, ticks: 200, workspace: { low: [0.25, -0.45, 0.2], high: [0.75, 0.45, 0.6] } as const },
  ])("keeps the limits and speeds of the joints and stays above the floor: %j", (options) => {
    const { workspace = PANDA_WORKSPACE, speedShares = [0.2, 1] } = options;
    // Rows are float32, so heights and speeds are right but for its rounding; limits are compared exactly.
    for (const motion of generateMotion({ ...options, seed: 1 })) {
      const { limits, sunk, speed } = worstOf(PANDA, motion, { floor: workspace.low[2], share: speedShares[1] });
      expect(limits).toBeLessThanOrEqual(0);
      expect(sunk).toBeLessThan(1e-6);
      expect(speed).toBeLessThan(1e-4);
    }
  });

  // Its only joint sets the time of every segment of a spline, so one that turns back shortly behind a long segment would be too fast.
  test("keeps the speed and the floor where both are most in danger, in a pendulum that may stand to either side", () => {
    const pendulum = serialChain("pendulum", [{ name: "swing", kind: "revolute", axis: [0, 1, 0], low: -3, high: 3, maxSpeed: 2 }], { position: [0, 0, -0.5], quat: [1, 0, 0, 0] });
    const workspace = { low: [-1, -1, -0.3], high: [1, 1, 1] } as const;
    const made = generateMotion({ episodes: 100, ticks: 200, seed: 0, chain: pendulum, workspace, speedShares: [1, 1] });
    for (const motion of made) {
      const { sunk, speed } = worstOf(pendulum, motion, { floor: -0.3 });
      expect(sunk).toBeLessThan(1e-6);
      expect(speed).toBeLessThan(1e-4);
    }
    expect(new Set(made.map(({ joints: q }) => Math.sign(q[0] ?? NaN)))).toEqual(new Set([-1, 1]));
  });

  test("names a way that cannot begin well", () => {
    const maker = { kinematics: chainKinematics(PANDA), workspace: PANDA_WORKSPACE, speedShares: [0.1, 0.5], rateHz: 20 } as const;
    const from = Float64Array.from(PANDA_READY, (value, i) => (i === 3 ? 0.5 : value));
    expect(() => motionLeg(maker, { from, maxRows: 10 }, rng(0, "leg"))).toThrow(
      "none of 1000 ways of Panda to random goals stays within the limits and about the workspace; widen it",
    );
  });
});

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

  test("moves, rests, and uses both commands of the gripper", () => {
    const all = motions.flatMap((motion) => [...motion.gripper]);
    expect([...new Set(all)].sort()).toEqual([-1, 1]);
    const steps = motions.flatMap((motion) =>
      Array.from({ length: TICKS - 1 }, (_, t) => Math.hypot(...joints(motion, t).map((value, i) => value - (joints(motion, t + 1)[i] ?? NaN)))),
    );
    expect(steps.some((step) => step === 0)).toBe(true);
    expect(steps.filter((step) => step > 0.01).length).toBeGreaterThan(0.5 * steps.length);
  });

  test("changes the gripper every 2 s on average", () => {
    const ticks = 4000;
    const changes = generateMotion({ episodes: 4, ticks, seed: 3 }).map(({ gripper }) => gripper.filter((command, t) => t > 0 && command !== gripper[t - 1]).length);
    const mean = (4 * ticks) / (2 * RATE_HZ);
    expect(Math.abs(changes.reduce((sum, count) => sum + count, 0) - mean)).toBeLessThan(3 * Math.sqrt(mean));
  });

  test("has the tool in the workspace or within 10 cm of it in every row, above its floor, and fills it", () => {
    const { low, high } = PANDA_WORKSPACE;
    const made = generateMotion({ episodes: 60, ticks: TICKS, seed: 0 });
    for (const axis of [0, 1, 2] as const) {
      const values = made.flatMap(({ poses }) => [...poses].filter((_, i) => i % TOOL_POSE_SIZE === axis));
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low[axis] - (axis === 2 ? 0 : 0.1) - 1e-6);
      expect(Math.max(...values)).toBeLessThanOrEqual(high[axis] + 0.1 + 1e-6);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.9 * (high[axis] - low[axis]));
    }
  });

  test("is the same for the same seed, and fewer episodes are the first of more", () => {
    expect(generateMotion({ episodes: 2, ticks: TICKS, seed: 3 })).toEqual(motions.slice(0, 2));
    expect(generateMotion({ episodes: 1, ticks: TICKS, seed: 4 })[0]).not.toEqual(motions[0]);
  });

  test("names options that are out of range, and a workspace out of reach", () => {
    const good = { episodes: 1, ticks: 1, seed: 0 };
    expect(() => generateMotion({ ...good, ticks: 0 })).toThrow("generateMotion: ticks is 0, expected an integer ≥ 1");
    expect(() => generateMotion({ ...good, rateHz: -1 })).toThrow("rateHz is -1, expected a finite number > 0");
    expect(() => generateMotion({ ...good, speedShares: [0.5, 0.2] })).toThrow("speedShares are [0.5, 0.2], expected 0 < slowest ≤ fastest ≤ 1");
    expect(() => generateMotion({ ...good, workspace: { low: [2, 2, 2], high: [3, 3, 3] } })).toThrow(
      "none of 10000 random postures of Panda has its tool in [2, 2, 2] to [3, 3, 3] m; widen the workspace",
    );
  });
});
