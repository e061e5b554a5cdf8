/** @file Poses compose, invert and apply as homogeneous matrices do. */

import { rng } from "#engine/array";
import { expect, test } from "vitest";
import { angleBetween, applyPose, composePoses, IDENTITY_POSE, invertPose, normalizeQuat, poseError, quatFromAxisAngle, requirePose, type Pose } from "./index.ts";

const random = rng(3, "poses");
const normals = (count: number): number[] => Array.from({ length: count }, () => random.normal());
const randomPose = (): Pose => ({ position: normals(3), quat: normalizeQuat(normals(4)) });
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.hypot(...Array.from(a, (x, i) => x - (b[i] ?? NaN)));
const samePose = (a: Pose, b: Pose): void => {
  expect(distance(a.position, b.position)).toBeLessThan(1e-14);
  expect(angleBetween(a.quat, b.quat)).toBeLessThan(1e-14);
};

test("a pose turns a point, then moves it", () => {
  const pose: Pose = { position: [1, 2, 3], quat: quatFromAxisAngle([0, 0, 1], Math.PI / 2) };
  expect(distance(applyPose(pose, [1, 0, 0]), [1, 3, 3])).toBeLessThan(1e-15);
});

test("applying a composed pose is applying the inner, then the outer", () => {
  for (let i = 0; i < 100; i++) {
    const [outer, inner, point] = [randomPose(), randomPose(), normals(3)];
    expect(distance(applyPose(composePoses(outer, inner), point), applyPose(outer, applyPose(inner, point)))).toBeLessThan(1e-13);
  }
});

test("a pose and its inverse compose to the identity, either way round", () => {
  for (let i = 0; i < 100; i++) {
    const pose = randomPose();
    samePose(composePoses(pose, invertPose(pose)), IDENTITY_POSE);
    samePose(composePoses(invertPose(pose), pose), IDENTITY_POSE);
  }
});

test("results may be written over either input", () => {
  const copy = (pose: Pose) => ({ position: Float64Array.from(pose.position), quat: Float64Array.from(pose.quat) });
  const [outer, inner] = [randomPose(), randomPose()];
  const expected = composePoses(outer, inner);
  const [first, second, third] = [copy(outer), copy(inner), copy(outer)];
  expect(composePoses(first, inner, first)).toEqual(expected);
  expect(composePoses(outer, second, second)).toEqual(expected);
  expect(invertPose(third, third)).toEqual(invertPose(outer));
});

test("the error between two poses is the motion that leads from one to the other", () => {
  for (let i = 0; i < 100; i++) {
    const [from, to, error] = [randomPose(), randomPose(), new Float64Array(6)];
    poseError(from, to, error);
    const [x = NaN, y = NaN, z = NaN, ...turn] = error;
    const angle = Math.hypot(...turn);
    const turned = composePoses({ position: [0, 0, 0], quat: quatFromAxisAngle(turn, angle) }, { position: [0, 0, 0], quat: from.quat });
    samePose({ position: [x, y, z].map((way, axis) => (from.position[axis] ?? NaN) + way), quat: turned.quat }, to);
    expect(angle).toBeLessThanOrEqual(Math.PI);
  }
});

test("what is no pose is refused by name", () => {
  expect(() => requirePose("reach: goal", { position: [0, 0], quat: [1, 0, 0, 0] })).toThrow("reach: goal: position is [0, 0], expected three finite numbers");
  expect(() => requirePose("reach: goal", { position: [0, 0, 0], quat: [1, 1, 0, 0] })).toThrow("quat is [1, 1, 0, 0], expected a unit quaternion");
  expect(() => requirePose("reach: goal", { position: [0, NaN, 0], quat: [1, 0, 0, 0] })).toThrow("[0, NaN, 0]");
});
