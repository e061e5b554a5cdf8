/** @file Inverse kinematics: round trips, limits, the pull to a posture, servoing, and targets out of reach. */

import { rng } from "#engine/array";
import { describe, expect, test } from "vitest";
import {
  angleBetween,
  chainKinematics,
  forwardKinematics,
  IkError,
  inverseKinematics,
  isWithinLimits,
  PANDA,
  PANDA_READY,
  quatFromAxisAngle,
  randomPosture,
  serialChain,
  type IkSolution,
  type Pose,
} from "./index.ts";
import { randomChain } from "#testing";

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.hypot(...Array.from(a, (x, i) => x - (b[i] ?? NaN)));
const down = quatFromAxisAngle([1, 0, 0], Math.PI);

/** Poses that joint positions drawn within the limits give. */
function reachablePoses(chain: typeof PANDA, count: number, seed: number): Pose[] {
  const random = rng(seed, "reachable");
  return Array.from({ length: count }, () => forwardKinematics(chain, randomPosture(chain, random)));
}

/** What a solution says of itself is what forward kinematics finds. */
function check(chain: typeof PANDA, target: Pose, { q, positionErrorM, angleErrorRad, isReached }: IkSolution): void {
  const { position, quat } = forwardKinematics(chain, q);
  expect(isWithinLimits(chain, q)).toBe(true);
  expect(distance(position, target.position)).toBeCloseTo(positionErrorM, 12);
  expect(angleBetween(quat, target.quat)).toBeCloseTo(angleErrorRad, 12);
  expect(isReached).toBe(Math.max(positionErrorM, angleErrorRad) <= 1e-6);
}

describe("solving for the Panda from its ready posture", () => {
  const targets = reachablePoses(PANDA, 300, 1);

  test("reaches at least 80 % of random reachable poses at the first attempt, at least 99 % with restarts", () => {
    for (const [restarts, share] of [[0, 0.8], [20, 0.99]] as const) {
      const ik = inverseKinematics(PANDA, { restarts });
      const solutions = targets.map((target) => ik.closest(target, PANDA_READY));
      solutions.forEach((solution, i) => check(PANDA, targets[i]!, solution));
      expect(solutions.filter(({ isReached }) => isReached).length / targets.length).toBeGreaterThanOrEqual(share);
    }
  });

  test("gives the same numbers every time", () => {
    const [a, b] = [inverseKinematics(PANDA), inverseKinematics(PANDA)];
    for (const target of targets.slice(0, 20)) expect(a.closest(target, PANDA_READY)).toEqual(b.closest(target, PANDA_READY));
  });

  test("takes no step where the target is reached already", () => {
    const { q, iterations } = inverseKinematics(PANDA).solve(forwardKinematics(PANDA, PANDA_READY), PANDA_READY);
    expect([...q]).toEqual([...PANDA_READY]);
    expect(iterations).toBe(0);
  });

  test("does not write to its start", () => {
    const start = Float64Array.from(PANDA_READY);
    inverseKinematics(PANDA, { restarts: 0 }).closest(targets[0]!, start);
    expect([...start]).toEqual([...PANDA_READY]);
  });
});

test("chains with sliding joints and chains with fewer joints than a pose has directions reach what they can", () => {
  for (const chain of [randomChain(5, 0), randomChain(8, 1)]) {
    const ik = inverseKinematics(chain);
    for (const target of reachablePoses(chain, 30, 2)) check(chain, target, ik.solve(target, chain.joints.map(() => 0)));
  }
});

test("a planar arm finds the two angles of the law of cosines", () => {
  const link: Pose = { position: [1, 0, 0], quat: [1, 0, 0, 0] };
  const arm = serialChain("planar", [{ name: "shoulder", kind: "revolute" }, { name: "elbow", kind: "revolute", pose: link, low: 0, high: 3 }], link);
  // Tool at distance 1 from the base: the links and the line to it make an equilateral triangle.
  const { q } = inverseKinematics(arm).solve({ position: [1, 0, 0], quat: quatFromAxisAngle([0, 0, 1], Math.PI / 3) }, [0.1, 0.1]);
  expect(q[0]).toBeCloseTo(-Math.PI / 3, 6);
  expect(q[1]).toBeCloseTo((2 * Math.PI) / 3, 6);
});

function thrownBy(call: () => unknown): IkError {
  try {
    call();
  } catch (error) {
    if (error instanceof IkError) return error;
  }
  throw new Error("expected an IkError");
}

describe("a target out of reach", () => {
  const far: Pose = { position: [2, 0, 0.5], quat: down };
  const ik = inverseKinematics(PANDA, { restarts: 3 });

  test("is an IkError that says who, what and how near", () => {
    expect(() => ik.solve(far, PANDA_READY)).toThrow(
      /^inverseKinematics: Panda cannot put its tool at \[2, 0, 0\.5\] m, quat \[0, 1, 0, 0\]; the closest pose found is [\d.]+ m and [\d.]+ rad away, at q \[.*\]; move the target/,
    );
    const error = thrownBy(() => ik.solve(far, PANDA_READY));
    expect(error.target).toBe(far);
    check(PANDA, far, error.closest);
  });

  test("gives a posture within the limits, nearer than the start, where the closest is asked for", () => {
    const closest = ik.closest(far, PANDA_READY);
    check(PANDA, far, closest);
    expect(closest.isReached).toBe(false);
    // The shoulder is 0.333 m up; from there tool and flange reach 1.2 m at the very most.
    expect(closest.positionErrorM).toBeGreaterThan(0.7);
    expect(closest.positionErrorM).toBeLessThan(distance(forwardKinematics(PANDA, PANDA_READY).position, far.position));
  });
});

describe("a single step", () => {
  test("repeated at 50 Hz, follows a target that moves at 0.2 m/s to within 5 mm, and stops on it to within 1 µm", () => {
    const ik = inverseKinematics(PANDA, { rest: PANDA_READY });
    const q = Float64Array.from(PANDA_READY);
    const start = forwardKinematics(PANDA, q).position;
    for (let tick = 1; tick <= 150; tick++) {
      const way = 0.2 * Math.min(1, tick / 50);
      ik.step({ position: [(start[0] ?? NaN), (start[1] ?? NaN) + way, (start[2] ?? NaN)], quat: down }, q, q);
      expect(ik.positionErrorM).toBeLessThan(0.005);
    }
    expect(ik.positionErrorM).toBeLessThan(1e-6);
    expect(ik.angleErrorRad).toBeLessThan(1e-5);
  });

  test("moves no joint further than maxStep, however far the target, and stays within the limits", () => {
    const ik = inverseKinematics(PANDA, { maxStep: 0.05, rest: PANDA_READY, restGain: 1 });
    const random = rng(5, "steps");
    for (let i = 0; i < 200; i++) {
      const q = randomPosture(PANDA, random);
      const next = ik.step(forwardKinematics(PANDA, randomPosture(PANDA, random)), q);
      expect(Math.max(...next.map((value, joint) => Math.abs(value - (q[joint] ?? NaN))))).toBeLessThanOrEqual(0.05 + 1e-12);
      expect(isWithinLimits(PANDA, next)).toBe(true);
    }
  });

  test("reports the error it has seen, before the step", () => {
    const ik = inverseKinematics(PANDA);
    const pose = forwardKinematics(PANDA, PANDA_READY);
    ik.step({ position: [(pose.position[0] ?? NaN) + 0.03, pose.position[1] ?? NaN, (pose.position[2] ?? NaN) - 0.04], quat: pose.quat }, PANDA_READY);
    expect(ik.positionErrorM).toBeCloseTo(0.05, 12);
    expect(ik.angleErrorRad).toBeCloseTo(0, 12);
  });

  test("a joint at its limit does not hold the others back", () => {
    // A slide along x between two others along x: the first is at its end, the second takes over.
    const slide = (name: string, high: number) => ({ name, kind: "prismatic", axis: [1, 0, 0], low: 0, high }) as const;
    const ik = inverseKinematics(serialChain("rail", [slide("short", 0.1), slide("long", 1)]), { maxStep: 1, damping: 1e-6 });
    const next = ik.step({ position: [0.6, 0, 0], quat: [1, 0, 0, 0] }, [0.1, 0]);
    expect(next[0]).toBe(0.1);
    expect(next[1]).toBeCloseTo(0.5, 6);
  });
});

describe("the pull to a rest posture", () => {
  const rest = PANDA_READY.map((value, i) => value + [0.4, 0, -0.6, 0, 0.5, 0, -0.3][i]!);
  const target = forwardKinematics(PANDA, PANDA_READY);

  test("moves the elbow and not the tool", () => {
    const ik = inverseKinematics(PANDA, { rest, restGain: 0.1 });
    const q = Float64Array.from(PANDA_READY);
    for (let i = 0; i < 300; i++) {
      ik.step(target, q, q);
      // A tenth of the way in a straight line of joint positions: what the tool feels is of second order, and corrected.
      expect(ik.positionErrorM).toBeLessThan(2e-3);
    }
    expect(ik.positionErrorM).toBeLessThan(1e-7);
    expect(ik.angleErrorRad).toBeLessThan(1e-7);
    expect(distance(q, PANDA_READY)).toBeGreaterThan(0.1);
    expect(distance(q, rest)).toBeLessThan(distance(PANDA_READY, rest));
  });

  test("ends where the way to rest is at right angles to the motions that the tool does not feel", () => {
    const ik = inverseKinematics(PANDA, { rest, restGain: 0.1 });
    const q = Float64Array.from(PANDA_READY);
    for (let i = 0; i < 600; i++) ik.step(target, q, q);
    const kinematics = chainKinematics(PANDA);
    kinematics.update(q);
    const spare = spareMotion(kinematics.jacobian());
    expect(spare.reduce((sum, x, i) => sum + x * ((rest[i] ?? NaN) - (q[i] ?? NaN)), 0)).toBeCloseTo(0, 6);
  });

  test("makes solutions nearer to rest than without it", () => {
    const targets = reachablePoses(PANDA, 100, 3);
    const random = rng(4, "starts");
    const starts = targets.map(() => randomPosture(PANDA, random));
    const mean = (options: { rest?: readonly number[]; restGain?: number }): number => {
      const ik = inverseKinematics(PANDA, options);
      return targets.reduce((sum, target, i) => sum + distance(ik.closest(target, starts[i]!).q, PANDA_READY), 0) / targets.length;
    };
    expect(mean({ rest: PANDA_READY, restGain: 0.5 })).toBeLessThan(0.95 * mean({}));
  });
});

/** The unit vector that a 6×7 Jacobian of full rank maps to zero: its signed 6×6 minors, by elimination. */
function spareMotion(jacobian: Float64Array): number[] {
  const rows = Array.from({ length: 6 }, (_, row) => [...jacobian.subarray(7 * row, 7 * row + 7)]);
  for (let k = 0; k < 6; k++) {
    const pivot = rows.slice(k).reduce((best, row, i) => (Math.abs(row[k]!) > Math.abs(rows[k + best]![k]!) ? i : best), 0) + k;
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let row = 0; row < 6; row++) {
      if (row === k) continue;
      const factor = rows[row]![k]! / rows[k]![k]!;
      for (let column = k; column < 7; column++) rows[row]![column]! -= factor * rows[k]![column]!;
    }
  }
  return [...rows.map((row, k) => -row[6]! / row[k]!), 1];
}

test("bad input is refused by name", () => {
  const ik = inverseKinematics(PANDA);
  expect(() => ik.solve({ position: [0, 0], quat: down }, PANDA_READY)).toThrow("inverseKinematics: target: position is [0, 0], expected three finite numbers");
  expect(() => ik.solve({ position: [0, 0, 0], quat: [1, 0, 0] }, PANDA_READY)).toThrow("quat is [1, 0, 0], expected a unit quaternion");
  expect(() => ik.solve({ position: [0.3, 0, 0.3], quat: down }, [0, 0])).toThrow("inverseKinematics: start: got 2 joint positions, expected 7");
  expect(() => inverseKinematics(PANDA, { damping: 0 })).toThrow("inverseKinematics: damping is 0, expected a number > 0");
  expect(() => inverseKinematics(PANDA, { restGain: 2 })).toThrow("restGain is 2, expected 0 to 1");
  expect(() => inverseKinematics(PANDA, { maxIterations: 0 })).toThrow("maxIterations is 0");
  expect(() => inverseKinematics(PANDA, { restarts: -1 })).toThrow("restarts is -1");
  expect(() => inverseKinematics(PANDA, { rest: [1, 2] })).toThrow("inverseKinematics: rest: got 2 joint positions, expected 7");
});
