/** @file Rotations: closed forms, and round trips over random ones, near none and near half a turn included. */

import { rng, type Rng } from "#engine/array";
import { describe, expect, test } from "vitest";
import {
  angleBetween,
  axisAngleFromQuat,
  canonicalQuat,
  eulerFromQuat,
  IDENTITY_QUAT,
  invertQuat,
  matrixFromQuat,
  matrixFromRotation6d,
  multiplyMatrices,
  multiplyQuats,
  normalizeQuat,
  quatFromAxisAngle,
  quatFromEuler,
  quatFromMatrix,
  quatFromRotation6d,
  quatFromRotationVector,
  rotateVector,
  rotation6dFromMatrix,
  rotation6dFromQuat,
  rotationVectorFromQuat,
  slerp,
  transposeMatrix,
  type Numbers,
} from "./index.ts";

const QUARTER = Math.PI / 2;
const close = (got: Numbers, expected: Numbers, within = 1e-12): void => {
  expect(got.length).toBe(expected.length);
  const worst = Math.max(...Array.from(got, (value, i) => Math.abs(value - (expected[i] ?? NaN))));
  expect(worst, `got ${Array.from(got).join(" ")}, expected ${Array.from(expected).join(" ")}`).toBeLessThanOrEqual(within);
};
const direction = (random: Rng): number[] => {
  const v = [random.normal(), random.normal(), random.normal()];
  const length = Math.hypot(...v);
  return v.map((x) => x / length);
};

/** Angles where formulas break, and everything between. */
const ANGLES = [0, 1e-300, 1e-12, 1e-9, 1e-5, 9e-5, 0.1, 1, QUARTER, 3, Math.PI - 1e-5, Math.PI - 1e-9, Math.PI - 1e-12, Math.PI];
const random = rng(7, "rotations");
const rotations = [
  ...ANGLES.flatMap((angle) => Array.from({ length: 20 }, () => quatFromAxisAngle(direction(random), angle))),
  ...[[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1]].flatMap((axis) => ANGLES.map((angle) => quatFromAxisAngle(axis, angle))),
  ...Array.from({ length: 300 }, () => normalizeQuat([random.normal(), random.normal(), random.normal(), random.normal()])),
];
/** Rounding of a matrix entry moves the angle by as much. */
const sameRotation = (a: Numbers, b: Numbers, within = 1e-14): void => expect(angleBetween(a, b)).toBeLessThanOrEqual(within);

describe("quaternions", () => {
  test("turn by the right-hand rule: a quarter turn about z takes x to y, about x y to z, about y z to x", () => {
    close(rotateVector(quatFromAxisAngle([0, 0, 2], QUARTER), [1, 0, 0]), [0, 1, 0]);
    close(rotateVector(quatFromAxisAngle([3, 0, 0], QUARTER), [0, 1, 0]), [0, 0, 1]);
    close(rotateVector(quatFromAxisAngle([0, 1, 0], QUARTER), [0, 0, 1]), [1, 0, 0]);
  });

  test("multiply as rotations follow one another, the right one first", () => {
    const aboutX = quatFromAxisAngle([1, 0, 0], QUARTER);
    const aboutZ = quatFromAxisAngle([0, 0, 1], QUARTER);
    close(rotateVector(multiplyQuats(aboutZ, aboutX), [0, 1, 0]), [0, 0, 1]);
    close(rotateVector(multiplyQuats(aboutX, aboutZ), [0, 1, 0]), [-1, 0, 0]);
  });

  test("may be written over their inputs", () => {
    const [a, b] = [Float64Array.of(0.5, 0.5, 0.5, 0.5), Float64Array.of(0.6, 0, 0.8, 0)];
    const expected = multiplyQuats(a, b);
    expect(multiplyQuats(a, b, b)).toEqual(expected);
    expect(multiplyQuats(a, Float64Array.of(0.6, 0, 0.8, 0), a)).toEqual(expected);
  });

  test("are undone by their inverse", () => {
    for (const quat of rotations) close(multiplyQuats(quat, invertQuat(quat)), IDENTITY_QUAT, 1e-15);
  });

  test("and their negatives are the same rotation, whose canonical form has w ≥ 0", () => {
    for (const quat of rotations) {
      const negative = quat.map((x) => -x);
      close(rotateVector(quat, [1, 2, 3]), rotateVector(negative, [1, 2, 3]), 0);
      expect(canonicalQuat(negative)[0]).toBeGreaterThanOrEqual(0);
      sameRotation(quat, negative);
    }
  });

  test.each(ANGLES)("angleBetween finds the angle %f to all digits", (angle) => {
    const start = quatFromAxisAngle([1, 2, 3], 0.4);
    expect(angleBetween(start, multiplyQuats(start, quatFromAxisAngle([-3, 1, 2], angle)))).toBeCloseTo(angle, 14);
    expect(angleBetween(IDENTITY_QUAT, quatFromAxisAngle([-3, 1, 2], angle)) / (angle || 1)).toBeCloseTo(angle ? 1 : 0, 12);
  });

  test("that point nowhere are refused", () => {
    expect(() => normalizeQuat([0, 0, 0, 0])).toThrow("normalizeQuat: got [0, 0, 0, 0], expected four finite numbers");
    expect(() => normalizeQuat([NaN, 0, 0, 1])).toThrow(RangeError);
    expect(() => quatFromAxisAngle([0, 0, 0], 1)).toThrow("quatFromAxisAngle: axis is [0, 0, 0]");
  });
});

describe("slerp", () => {
  test("goes from one to the other at constant speed", () => {
    for (let i = 0; i < 200; i++) {
      const [a, b] = [rotations[i] ?? [], rotations[(37 * i) % rotations.length] ?? []];
      sameRotation(slerp(a, b, 0), a);
      sameRotation(slerp(a, b, 1), b);
      const whole = angleBetween(a, b);
      for (const fraction of [0.1, 0.5, 0.75]) expect(angleBetween(a, slerp(a, b, fraction))).toBeCloseTo(fraction * whole, 12);
    }
  });

  test("takes the shorter arc, whichever sign the quaternions have", () => {
    const [a, b] = [quatFromAxisAngle([0, 0, 1], 0.2), quatFromAxisAngle([0, 0, 1], 0.6)];
    const negative = b.map((x) => -x);
    sameRotation(slerp(a, negative, 0.5), quatFromAxisAngle([0, 0, 1], 0.4));
  });
});

describe("rotation matrices", () => {
  test("of a turn about z by a are [c -s 0; s c 0; 0 0 1]", () => {
    const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
    close(matrixFromQuat(quatFromAxisAngle([0, 0, 1], 0.3)), [c, -s, 0, s, c, 0, 0, 0, 1], 1e-15);
  });

  test("come back as the quaternion they were made of, at every angle", () => {
    for (const quat of rotations) {
      const back = quatFromMatrix(matrixFromQuat(quat));
      sameRotation(back, quat, 5e-15);
      expect(back[0]).toBeGreaterThanOrEqual(0);
    }
  });

  test("multiply as quaternions do, and are inverted by transposing", () => {
    for (let i = 1; i < rotations.length; i++) {
      const [a, b] = [rotations[i - 1] ?? [], rotations[i] ?? []];
      close(multiplyMatrices(matrixFromQuat(a), matrixFromQuat(b)), matrixFromQuat(multiplyQuats(a, b)), 1e-14);
      close(transposeMatrix(matrixFromQuat(a)), matrixFromQuat(invertQuat(a)), 1e-15);
    }
  });
});

describe("six-number rotations", () => {
  test("are the first two rows of the matrix: a quarter turn about z is 0 -1 0, 1 0 0", () => {
    close(rotation6dFromQuat(quatFromAxisAngle([0, 0, 1], QUARTER)), [0, -1, 0, 1, 0, 0], 1e-15);
    expect([...rotation6dFromMatrix([1, 2, 3, 4, 5, 6, 7, 8, 9])]).toEqual([1, 2, 3, 4, 5, 6]);
    const row = new Float32Array(10);
    rotation6dFromMatrix([1, 2, 3, 4, 5, 6, 7, 8, 9], row.subarray(3));
    expect([...row]).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6, 0]);
  });

  test("come back as the rotation they were made of", () => {
    for (const quat of rotations) sameRotation(quatFromRotation6d(rotation6dFromQuat(quat)), quat, 5e-15);
  });

  test("of any length and angle decode to a rotation that keeps the first row and the plane of both", () => {
    // a₁ along x; a₂ in the plane of x and y: the identity.
    close(matrixFromRotation6d([3, 0, 0, -5, 2, 0]), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    for (let i = 0; i < 200; i++) {
      const six = Float64Array.from({ length: 6 }, () => random.normal());
      const matrix = matrixFromRotation6d(six);
      close(multiplyMatrices(matrix, transposeMatrix(matrix)), [1, 0, 0, 0, 1, 0, 0, 0, 1], 1e-14);
      const [, , , , , , x = NaN, y = NaN, z = NaN] = matrix;
      expect(x * (six[0] ?? NaN) + y * (six[1] ?? NaN) + z * (six[2] ?? NaN)).toBeCloseTo(0, 13);
      expect(x * (six[3] ?? NaN) + y * (six[4] ?? NaN) + z * (six[5] ?? NaN)).toBeCloseTo(0, 13);
    }
  });

  test.each([
    ["a zero row", [0, 0, 0, 1, 0, 0]],
    ["a second row of zeros", [1, 0, 0, 0, 0, 0]],
    ["parallel rows", [1, 2, 3, -2, -4, -6]],
    ["nearly parallel rows", [1, 0, 0, 1, 1e-9, 0]],
    ["NaN", [1, 0, NaN, 0, 1, 0]],
    ["infinity", [Infinity, 0, 0, 0, 1, 0]],
  ])("refuse %s as degenerate", (_, six) => {
    expect(() => matrixFromRotation6d(six)).toThrow(/^matrixFromRotation6d: the rows .* are degenerate .*expected two rows that span a plane/);
  });
});

describe("rotation vectors", () => {
  test("come back as the quaternion they were made of, at every angle", () => {
    for (const quat of rotations) {
      const vector = rotationVectorFromQuat(quat);
      expect(Math.hypot(...vector)).toBeLessThanOrEqual(Math.PI + 1e-15);
      sameRotation(quatFromRotationVector(vector), quat, 5e-15);
    }
  });

  test.each(ANGLES)("of length %f are axis times angle, to all digits", (angle) => {
    const axis = direction(random);
    const vector = rotationVectorFromQuat(quatFromAxisAngle(axis, angle));
    close(vector, axis.map((x) => x * angle), 1e-15 * Math.max(1, angle) + 3e-16 * angle);
    const back = axisAngleFromQuat(quatFromAxisAngle(axis, angle));
    expect(back.angleRad).toBeCloseTo(angle, 14);
    if (angle > 1e-6) close(back.axis, axis, 1e-12);
  });

  test("of more than half a turn come back the other way round", () => {
    close(rotationVectorFromQuat(quatFromRotationVector([0, 0, 4])), [0, 0, 4 - 2 * Math.PI], 1e-14);
  });

  test("of no rotation have axis x", () => {
    expect(axisAngleFromQuat([1, 0, 0, 0])).toEqual({ axis: Float64Array.of(1, 0, 0), angleRad: 0 });
  });
});

const PAIRS = ["xyz", "xzy", "yxz", "yzx", "zxy", "zyx", "xyx", "xzx", "yxy", "yzy", "zxz", "zyz"];
const ORDERS = [...PAIRS, ...PAIRS.map((order) => order.toUpperCase())];

describe.each(ORDERS)("Euler angles %s", (order) => {
  const axisOf = (letter: string): number[] => ["x", "y", "z"].map((axis) => (axis === letter.toLowerCase() ? 1 : 0));
  const isIntrinsic = order === order.toUpperCase();

  test("are three turns one after the other", () => {
    const angles = [0.3, -0.7, 1.9];
    const turns = [...order].map((letter, i) => matrixFromQuat(quatFromAxisAngle(axisOf(letter), angles[i] ?? NaN)));
    const [first, second, third] = isIntrinsic ? turns : turns.toReversed();
    if (!first || !second || !third) throw new Error("an order has three axes");
    close(matrixFromQuat(quatFromEuler(order, angles)), multiplyMatrices(first, multiplyMatrices(second, third)), 1e-15);
  });

  test("come back as the rotation they were made of, in gimbal lock too", () => {
    const locked = [0, QUARTER, -QUARTER, Math.PI].map((middle) => quatFromEuler(order, [0.4, middle, -1.1]));
    for (const quat of [...rotations, ...locked]) {
      const angles = eulerFromQuat(order, quat);
      // Within 1e-7 of gimbal lock the angles are those of lock itself.
      sameRotation(quatFromEuler(order, angles), quat, 2e-7);
    }
  });

  test("come back as the angles they were, within their ranges", () => {
    const isProper = order[0] === order[2];
    for (let i = 0; i < 100; i++) {
      const outer = (): number => (2 * random.uniform() - 1) * 3.1;
      const angles = [outer(), isProper ? 0.01 + 3.1 * random.uniform() : (2 * random.uniform() - 1) * 1.56, outer()];
      close(eulerFromQuat(order, quatFromEuler(order, angles)), angles, 1e-12);
    }
  });
});

test("extrinsic xyz are roll, pitch and yaw about fixed axes: Rz·Ry·Rx", () => {
  // Roll by a quarter, then yaw by a quarter: y goes to z and stays there; intrinsically the yaw turns about the new z.
  close(rotateVector(quatFromEuler("xyz", [QUARTER, 0, QUARTER]), [0, 1, 0]), [0, 0, 1]);
  close(rotateVector(quatFromEuler("XYZ", [QUARTER, 0, QUARTER]), [0, 1, 0]), [-1, 0, 0]);
});

test.each(["xy", "xxy", "xyy", "xYz", "abc", ""])("%s is no order of Euler angles", (order) => {
  expect(() => quatFromEuler(order, [0, 0, 0])).toThrow(`quatFromEuler: order is "${order}", expected three axes`);
  expect(() => eulerFromQuat(order, IDENTITY_QUAT)).toThrow("eulerFromQuat: order");
});
