import { describe, expect, test } from "vitest";
import { backProject, intrinsicsOf, lookAt, mountedPose, pinholeCamera, projectPoint, rigidPose } from "./index.ts";

const camera = pinholeCamera({ width: 96, height: 64, verticalFovRad: 0.9 });

describe("a pinhole camera", () => {
  test("has the focal length that lets its image span the vertical field of view", () => {
    for (const angle of [0.01, 0.5, 1, Math.PI / 2, 2.5, 3]) {
      const { fx, fy } = pinholeCamera({ width: 10, height: 64, verticalFovRad: angle });
      expect(fx).toBe(fy);
      expect(fy / (32 / Math.tan(angle / 2)) - 1).toBeCloseTo(0, 12);
    }
  });

  test("has its principal point in the middle of the image, with whole numbers at centres of pixels", () => {
    const { fx, fy } = camera;
    expect([...intrinsicsOf(camera)]).toEqual([fx, 0, 47.5, 0, fy, 31.5, 0, 0, 1]);
    expect(intrinsicsOf(pinholeCamera({ width: 5, height: 3, focalPx: 7 }))[2]).toBe(2);
  });

  test("refuses sizes, angles and ranges that make no image, and degrees", () => {
    const make = (patch: object) => () => pinholeCamera({ width: 4, height: 4, focalPx: 3, ...patch });
    expect(make({})).not.toThrow();
    expect(make({ width: 0 })).toThrow("pinholeCamera: width is 0, expected a whole number of px ≥ 1");
    expect(make({ height: 2.5 })).toThrow(/height is 2.5/);
    expect(make({ focalPx: -1 })).toThrow(/focal length fx is -1/);
    expect(make({ near: 0 })).toThrow(/depths from 0 to 20, expected 0 < near < far/);
    expect(make({ near: 2, far: 1 })).toThrow(/depths from 2 to 1/);
    expect(make({ far: Infinity })).toThrow(RangeError);
    expect(make({ verticalFovRad: 1 })).toThrow(/either focalPx or verticalFovRad/);
    expect(() => pinholeCamera({ width: 4, height: 4, verticalFovRad: 45 })).toThrow(/verticalFovRad is 45, .* degrees\?/);
  });
});

describe("lookAt", () => {
  test("has x to the right, y down and z forward, and the target at the principal point", () => {
    const { position, rotation } = lookAt([1, 0, 0], [3, 0, 0]);
    expect([...position]).toEqual([1, 0, 0]);
    // Looking along x with z up: right is −y, down is −z.
    expect([...rotation].map((value) => value + 0)).toEqual([0, 0, 1, -1, 0, 0, 0, -1, 0]);
    const pose = lookAt([0.3, -1, 2], [0.1, 0.2, 0.3]);
    const [u = 0, v = 0, depth = 0] = projectPoint(camera, pose, [0.1, 0.2, 0.3]);
    expect([u - camera.cx, v - camera.cy].map(Math.abs).every((gap) => gap < 1e-12)).toBe(true);
    expect(depth).toBeCloseTo(Math.hypot(0.2, 1.2, 1.7), 12);
  });

  test("refuses a view without direction, or with up along it", () => {
    expect(() => lookAt([1, 2, 3], [1, 2, 3])).toThrow(/eye and target are both 1, 2, 3/);
    expect(() => lookAt([0, 0, 1], [0, 0, 0])).toThrow(/up is 0, 0, 1, which is 0 or along the view; give another/);
    expect(() => lookAt([0, 0, NaN], [0, 0, 0])).toThrow(/eye is 0, 0, NaN, expected 3 finite numbers/);
  });
});

describe("poses", () => {
  test("of quaternions are the matrices of their rotations, w first", () => {
    const quarter = rigidPose([0, 0, 0], [Math.SQRT1_2, 0, 0, Math.SQRT1_2]).rotation;
    [0, -1, 0, 1, 0, 0, 0, 0, 1].forEach((value, i) => expect(quarter[i]).toBeCloseTo(value, 14));
    expect([...rigidPose([0, 0, 0], [2, 0, 0, 0]).rotation]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(() => rigidPose([0, 0, 0], [0, 0, 0, 0])).toThrow(/expected one that is not 0/);
    expect(() => rigidPose([0, Infinity, 0])).toThrow(/position is 0, Infinity, 0/);
  });

  test("combine as points do: what is mounted moves with its parent", () => {
    const parent = rigidPose([1, 2, 3], [0.9, 0.1, -0.3, 0.2]);
    const offset = rigidPose([0.1, -0.2, 0.3], [0.5, 0.5, -0.5, 0.5]);
    const mounted = mountedPose(parent, offset);
    const apply = ({ position, rotation }: typeof parent, point: readonly number[]): number[] =>
      [0, 1, 2].map((row) => (position[row] ?? 0) + point.reduce((sum, value, i) => sum + (rotation[3 * row + i] ?? 0) * value, 0));
    const point = [0.7, -0.4, 1.1];
    const expected = apply(parent, apply(offset, point));
    apply(mounted, point).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 13));
  });
});

describe("projection", () => {
  test("follows the intrinsics: u = fx·X/Z + cx, v = fy·Y/Z + cy", () => {
    const [u, v, depth] = projectPoint(camera, rigidPose([0, 0, 0]), [0.2, -0.1, 2]);
    expect(u).toBeCloseTo(camera.fx * 0.1 + 47.5, 12);
    expect(v).toBeCloseTo(camera.fy * -0.05 + 31.5, 12);
    expect(depth).toBe(2);
  });

  test("is undone by back-projection, for any pixel and depth", () => {
    const pose = lookAt([0.4, -1.3, 0.9], [0.1, 0.2, 0.3]);
    for (const [u, v, depth] of [[0, 0, 0.5], [95, 63, 3], [47.5, 31.5, 1], [12.25, 60, 7]] as const) {
      const back = projectPoint(camera, pose, backProject(camera, pose, { u, v, depth }));
      expect(Math.abs((back[0] ?? 0) - u) + Math.abs((back[1] ?? 0) - v) + Math.abs((back[2] ?? 0) - depth)).toBeLessThan(1e-11);
    }
  });

  test("back from a depth of 0 is refused: nothing was seen there", () => {
    expect(() => backProject(camera, rigidPose([0, 0, 0]), { u: 3, v: 4, depth: 0 })).toThrow(/depth at \(3, 4\) is 0, .*nothing was hit/);
  });
});
