/** @file Forward kinematics and Jacobians: planar arms by hand, the Panda's known postures, central differences. */

import { rng } from "#engine/array";
import { describe, expect, test } from "vitest";
import {
  angleBetween,
  applyPose,
  chainFromModifiedDh,
  chainKinematics,
  composePoses,
  forwardKinematics,
  invertPose,
  manipulability,
  PANDA,
  PANDA_READY,
  poseError,
  quatFromAxisAngle,
  randomPosture,
  serialChain,
  withTool,
  type Pose,
  type SerialChain,
} from "./index.ts";
import { randomChain } from "#testing";

const at = (x: number, y: number, z: number): Pose => ({ position: [x, y, z], quat: [1, 0, 0, 0] });
const [L1, L2] = [0.5, 0.3];
const planar = serialChain("planar", [{ name: "shoulder", kind: "revolute" }, { name: "elbow", kind: "revolute", pose: at(L1, 0, 0) }], at(L2, 0, 0));
const near = (got: ArrayLike<number>, expected: readonly number[], digits = 14): void => {
  expect(got.length).toBe(expected.length);
  expected.forEach((value, i) => expect(got[i]).toBeCloseTo(value, digits));
};

describe("a planar arm of two links", () => {
  const [a, b] = [0.7, -1.2];
  const kinematics = chainKinematics(planar);
  kinematics.update([a, b]);
  const [x, y] = [L1 * Math.cos(a) + L2 * Math.cos(a + b), L1 * Math.sin(a) + L2 * Math.sin(a + b)];

  test("has its tool at l₁e^{ia} + l₂e^{i(a+b)}, turned by a + b", () => {
    near(kinematics.toolPosition, [x, y, 0]);
    expect(angleBetween(kinematics.toolPose().quat, quatFromAxisAngle([0, 0, 1], a + b))).toBeLessThan(1e-15);
    near(kinematics.linkPose(1).position, [L1 * Math.cos(a), L1 * Math.sin(a), 0]);
    expect(angleBetween(kinematics.linkPose(0).quat, quatFromAxisAngle([0, 0, 1], a))).toBeLessThan(1e-15);
  });

  test("has the Jacobian of the textbook", () => {
    const [s, c] = [L2 * Math.sin(a + b), L2 * Math.cos(a + b)];
    near(kinematics.jacobian(), [-y, -s, x, c, 0, 0, 0, 0, 0, 0, 1, 1]);
  });

  test("is refused joint positions that are not two finite numbers", () => {
    expect(() => forwardKinematics(planar, [1])).toThrow("forwardKinematics: got 1 joint positions, expected 2, one for each joint of planar");
    expect(() => forwardKinematics(planar, [1, NaN])).toThrow('position of joint "elbow" is NaN');
    expect(() => kinematics.linkPose(2)).toThrow("linkPose: index is 2, expected an integer from 0 to 1");
    expect(() => kinematics.jacobian(new Float64Array(6))).toThrow("jacobian: out holds 6 numbers, expected 12");
  });
});

test("a sliding joint moves along its axis, turned by the joints before it", () => {
  const chain = serialChain("crane", [{ name: "turn", kind: "revolute" }, { name: "boom", kind: "prismatic", axis: [2, 0, 0], pose: at(0, 0, 1) }]);
  const kinematics = chainKinematics(chain);
  kinematics.update([Math.PI / 2, 0.4]);
  near(kinematics.toolPosition, [0, 0.4, 1]);
  near(kinematics.jacobian(), [-0.4, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0]);
});

test("a link's frame does not depend on how its joint axis points", () => {
  for (const axis of [[0, 0, -1], [1, 0, 0], [0, -1, 0], [1, 2, -3]]) {
    const pose: Pose = { position: [0.1, 0.2, 0.3], quat: quatFromAxisAngle([1, 1, 0], 0.5) };
    const chain = serialChain("one", [{ name: "one", kind: "revolute", axis, pose }], at(0, 0.4, 0));
    const kinematics = chainKinematics(chain);
    kinematics.update([0.9]);
    const expected = composePoses(pose, { position: [0, 0, 0], quat: quatFromAxisAngle(axis, 0.9) });
    near(kinematics.linkPose(0).position, [0.1, 0.2, 0.3], 15);
    expect(angleBetween(kinematics.linkPose(0).quat, expected.quat)).toBeLessThan(1e-15);
    near(kinematics.toolPosition, [...applyPose(expected, [0, 0.4, 0])], 14);
  }
});

describe("the Panda", () => {
  // At zero all links stand upright, but for 88 mm ahead and the hand hanging down from there.
  test("at zero hangs its tool 0.088 m ahead and 0.333 + 0.316 + 0.384 - 0.107 - 0.1034 m up, pointing down, turned by 45°", () => {
    const { position, quat } = forwardKinematics(PANDA, [0, 0, 0, 0, 0, 0, 0]);
    near(position, [0.088, 0, 0.8226]);
    const down = quatFromAxisAngle([1, 0, 0], Math.PI);
    expect(angleBetween(quat, composePoses({ position, quat: down }, { position, quat: quatFromAxisAngle([0, 0, 1], -Math.PI / 4) }).quat)).toBeLessThan(1e-15);
  });

  test("when ready holds its hand straight down, fingers across", () => {
    const half = Math.SQRT1_2;
    const kinematics = chainKinematics(PANDA);
    kinematics.update(PANDA_READY);
    // The upper arm leans back by 45°, with the elbow's offset across it; the forearm is level, its offset straight up, and the hand 88 mm ahead.
    const [forth, up] = [half * (-0.316 + 0.0825) + 0.384 + 0.088, 0.333 + half * (0.316 + 0.0825) + 0.0825];
    near(kinematics.toolPosition, [forth, 0, up - 0.2104]);
    near(kinematics.toolRotation, [1, 0, 0, 0, -1, 0, 0, 0, -1]);
    near(kinematics.linkPose(6).position, [forth, 0, up]);
  });

  test("turned about its base turns its tool", () => {
    const ready = forwardKinematics(PANDA, PANDA_READY);
    const turned = forwardKinematics(PANDA, PANDA_READY.map((q, i) => (i === 0 ? 0.5 : q)));
    near(turned.position, [...applyPose({ position: [0, 0, 0], quat: quatFromAxisAngle([0, 0, 1], 0.5) }, ready.position)]);
  });

  test("with another tool differs by that tool in the tool's frame", () => {
    const offset: Pose = { position: [0, 0, 0.007], quat: quatFromAxisAngle([0, 0, 1], Math.PI) };
    const pose = forwardKinematics(withTool(PANDA, composePoses(PANDA.tool, offset)), PANDA_READY);
    const between = composePoses(invertPose(forwardKinematics(PANDA, PANDA_READY)), pose);
    near(between.position, [0, 0, 0.007]);
    expect(angleBetween(between.quat, offset.quat)).toBeLessThan(1e-14);
  });

  test("is singular where the arm is straight and not when ready", () => {
    const kinematics = chainKinematics(PANDA);
    kinematics.update([0, 0, 0, 0, 0, 0, 0]);
    expect(manipulability(kinematics.jacobian())).toBeLessThan(1e-8);
    kinematics.update(PANDA_READY);
    expect(manipulability(kinematics.jacobian())).toBeGreaterThan(0.05);
  });
});

test("manipulability of a machine that moves freely in six directions is the product of its gains", () => {
  const diagonal = new Float64Array(36);
  [1, 2, 3, 0.5, 1, 2].forEach((gain, i) => (diagonal[7 * i] = gain));
  expect(manipulability(diagonal)).toBeCloseTo(6, 12);
  expect(manipulability(new Float64Array(42))).toBe(0);
});

test.each<[string, SerialChain]>([["the Panda", PANDA], ["a random chain", randomChain(5, 0)], ["another", randomChain(8, 1)]])(
  "the Jacobian of %s is the central difference of its forward kinematics",
  (_, chain) => {
    const n = chain.joints.length;
    const kinematics = chainKinematics(chain);
    const random = rng(11, "differences", chain.name);
    const h = 1e-5;
    for (let sample = 0; sample < 20; sample++) {
      const q = randomPosture(chain, random);
      kinematics.update(q);
      const jacobian = kinematics.jacobian();
      for (let joint = 0; joint < n; joint++) {
        const moved = (by: number): Pose => forwardKinematics(chain, q.map((value, i) => (i === joint ? value + by : value)));
        const motion = new Float64Array(6);
        poseError(moved(-h), moved(h), motion);
        motion.forEach((value, row) => expect(jacobian[row * n + joint]).toBeCloseTo(value / (2 * h), 8));
      }
    }
  },
);

test("a chain of standard angles and offsets given by modified Denavit-Hartenberg rows is that chain", () => {
  // A table with every parameter set: Rot_x(α) Trans_x(a) Rot_z(θ + q) Trans_z(d), spelled out with poses.
  const [a, alphaRad, d, thetaRad, q] = [0.3, 0.8, 0.2, 0.5, -1.1];
  const chain = chainFromModifiedDh("one", [{ name: "one", kind: "revolute", a, alphaRad, d, thetaRad }]);
  const turn = (axis: readonly number[], angle: number): Pose => ({ position: [0, 0, 0], quat: quatFromAxisAngle(axis, angle) });
  const expected = [at(a, 0, 0), turn([0, 0, 1], thetaRad + q), at(0, 0, d)].reduce((pose, next) => composePoses(pose, next), turn([1, 0, 0], alphaRad));
  const pose = forwardKinematics(chain, [q]);
  near(pose.position, Array.from(expected.position));
  expect(angleBetween(pose.quat, expected.quat)).toBeLessThan(1e-15);
});

test("a chain that is none is refused by name", () => {
  const joint = { name: "a", kind: "revolute" } as const;
  expect(() => serialChain("arm", [])).toThrow("serialChain: arm has no joints");
  expect(() => serialChain("arm", [joint, joint])).toThrow('serialChain: arm has two joints "a"');
  expect(() => serialChain("arm", [{ ...joint, low: 1, high: 1 }])).toThrow('serialChain: arm, joint "a": limits are [1, 1], expected low < high');
  expect(() => serialChain("arm", [{ ...joint, axis: [0, 0, 0] }])).toThrow("axis is [0, 0, 0], expected three finite numbers, not all zero");
  expect(() => serialChain("arm", [{ ...joint, maxSpeed: 0 }])).toThrow("maxSpeed is 0");
  expect(() => serialChain("arm", [joint], { position: [0, 0, 0], quat: [2, 0, 0, 0] })).toThrow("serialChain: arm, tool: quat is [2, 0, 0, 0], expected a unit quaternion");
  expect(() => serialChain("arm", [{ ...joint, pose: at(NaN, 0, 0) }])).toThrow('joint "a": position is [NaN, 0, 0]');
  // @ts-expect-error from JavaScript or JSON a kind may be anything
  expect(() => serialChain("arm", [{ name: "a", kind: "ball" }])).toThrow("kind is \"ball\", expected revolute or prismatic");
});

test("a chain does not change with the arrays it was made of", () => {
  const position = [0, 0, 1];
  const chain = serialChain("arm", [{ name: "a", kind: "revolute", pose: { position, quat: [1, 0, 0, 0] } }]);
  position[2] = 5;
  near(forwardKinematics(chain, [0]).position, [0, 0, 1]);
  expect(JSON.parse(JSON.stringify(PANDA))).toEqual(PANDA);
});
