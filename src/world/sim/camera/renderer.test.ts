import { describe, expect, test } from "vitest";
import { rng } from "#engine/array";
import { drawn, type DrawnScene } from "../../../testing/drawn.ts";
import {
  boxShape, capsuleShape, cylinderShape, lookAt, mountedPose, pinholeCamera, placeSolid, planeShape, projectPoint, rigidPose, solidPoses,
  sphereShape, type Camera, type RigidPose, type Shape, type Stage,
} from "./index.ts";

// An odd size: the principal point is the centre of a pixel.
const camera = pinholeCamera({ width: 41, height: 31, focalPx: 40 });
const ahead = rigidPose([0, 0, 0]);
const BOUNDS = { min: [-9, -9, -9], max: [9, 9, 9] } as const;

function stageOf(...shapes: readonly Shape[]): Stage {
  return { solids: shapes.map((shape, i) => ({ name: `solid ${i}`, shape, color: [0.5, 0.5, 0.5] })), bounds: BOUNDS };
}

const draw = (scene: DrawnScene, view: RigidPose, lens: Camera = camera) => drawn(scene, lens, view);

/** One solid two metres ahead of a camera at the origin. */
function alone(shape: Shape, quat: readonly number[] = [1, 0, 0, 0]): DrawnScene {
  const poses = solidPoses(1);
  placeSolid(poses, 0, [0, 0, 2], quat);
  return { stage: stageOf(shape), poses };
}

/** Turns the z axis onto y. */
const UPRIGHT = [Math.SQRT1_2, -Math.SQRT1_2, 0, 0];

describe("depth", () => {
  test.each<[string, Shape, number]>([
    ["sphere", sphereShape(0.3), 1.7],
    ["box", boxShape(0.2, 0.2, 0.25), 1.75],
    ["plane", planeShape(1, 1), 2],
  ])("of a %s at the principal point is where its front begins", (_name, shape, expected) => {
    expect(draw(alone(shape), ahead).at(20, 15)).toBe(Math.fround(expected));
  });

  const round: readonly [string, Shape, number][] = [["capsule", capsuleShape(0.1, 0.3), 1.6], ["cylinder", cylinderShape(0.1, 0.3), 1.7]];

  test.each(round)("of a %s is the same from either end", (_name, shape, expected) => {
    for (const quat of [[1, 0, 0, 0], [0, 1, 0, 0]]) expect(draw(alone(shape, quat), ahead).at(20, 15)).toBe(Math.fround(expected));
  });

  test.each(round)("of a %s from the side is a radius less than its axis'", (_name, shape) => {
    expect(draw(alone(shape, UPRIGHT), ahead).at(20, 15)).toBeCloseTo(1.9, 6);
  });

  test("off the axis is that of the ray's first root, for a sphere", () => {
    const { at } = draw(alone(sphereShape(0.5)), ahead);
    const [u, v] = [(26 - 20) / 40, (12 - 15) / 40];
    // |t·(u, v, 1) − (0, 0, 2)|² = 0.25
    const a = u * u + v * v + 1;
    expect(at(26, 12)).toBeCloseTo((2 - Math.sqrt(4 - a * (4 - 0.25))) / a, 6);
  });

  test("is along the optical axis: a plane across it has one depth everywhere", () => {
    const { depth } = draw(alone(planeShape()), ahead);
    expect(new Set(depth)).toEqual(new Set([2]));
  });

  test("of an endless floor is h·f / (v − cy) below the horizon, and 0 above, where nothing is hit", () => {
    const poses = solidPoses(1);
    const { at, idAt } = draw({ stage: stageOf(planeShape()), poses }, lookAt([0, 0, 0.8], [1, 0, 0.8]));
    for (const v of [18, 22, 30]) expect(at(7, v)).toBeCloseTo((0.8 * 40) / (v - 15), 5);
    for (const v of [0, 8, 15]) expect([at(7, v), idAt(7, v)]).toEqual([0, -1]);
    // Farther than far.
    expect(at(7, 16)).toBe(0);
  });
});

describe("a silhouette", () => {
  const corners = [-1, 1].flatMap((x) => [-1, 1].flatMap((y) => [-1, 1].map((z) => [x, y, z] as const)));

  test("of a cube has its corners where they project", () => {
    const lens = pinholeCamera({ width: 161, height: 121, focalPx: 150 });
    const poses = solidPoses(1);
    placeSolid(poses, 0, [0.1, -0.1, 0.2], [0.9, 0.2, -0.3, 0.1]);
    const view = lookAt([1.4, 0.9, 1.2], [0, 0, 0.1]);
    const { segments } = draw({ stage: stageOf(boxShape(0.2, 0.2, 0.2)), poses }, view, lens);
    const cube = { position: poses.positions, rotation: poses.rotations };
    const seen = [...segments.keys()].filter((pixel) => segments[pixel] === 0);
    const columns = seen.map((pixel) => pixel % 161), rows = seen.map((pixel) => Math.floor(pixel / 161));
    const places = corners.map((corner) => mountedPose(cube, rigidPose(corner.map((side) => 0.2 * side))).position);
    const projected = places.map((place) => [...projectPoint(lens, view, place)]);
    const [us, vs] = [projected.map(([u = 0]) => u), projected.map(([, v = 0]) => v)];
    // Pixels whose centres lie inside: a centre is less than a pixel from a corner only where the corner is blunt, so two are allowed.
    for (const [found, exact] of [[columns, us], [rows, vs]] as const) {
      expect(Math.min(...found) - Math.min(...exact)).toBeGreaterThanOrEqual(0);
      expect(Math.min(...found) - Math.min(...exact)).toBeLessThan(2);
      expect(Math.max(...exact) - Math.max(...found)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...exact) - Math.max(...found)).toBeLessThan(2);
    }
  });

  test("of a capsule is all pixels whose ray passes its segment within the radius", () => {
    const lens = pinholeCamera({ width: 96, height: 80, focalPx: 90 });
    const [radius, halfLength] = [0.12, 0.35];
    const poses = solidPoses(1);
    placeSolid(poses, 0, [0.1, 0.05, 1.5], [0.8, 0.4, 0.3, -0.2]);
    const { segments } = draw({ stage: stageOf(capsuleShape(radius, halfLength)), poses }, ahead, lens);
    const axis = [2, 5, 8].map((i) => poses.rotations[i] ?? 0);
    const wrong = [...segments.keys()].filter((pixel) => {
      const ray = [((pixel % 96) - 47.5) / 90, (Math.floor(pixel / 96) - 39.5) / 90, 1];
      const gap = gapOfRay(ray, [0.1, 0.05, 1.5], axis, halfLength);
      return Math.abs(gap - radius) > 1e-9 && gap < radius !== (segments[pixel] === 0);
    });
    expect(wrong).toEqual([]);
    expect(segments.filter((id) => id === 0).length).toBeGreaterThan(200);
  });

  test("has no pixel outside the outline that is searched, with solids all around and across the near plane", () => {
    const random = rng(0, "silhouettes");
    const between = (low: number, high: number): number => low + (high - low) * random.uniform();
    const lens = pinholeCamera({ width: 32, height: 24, focalPx: 14, near: 0.3 });
    for (let round = 0; round < 40; round++) {
      const size = (): number => between(0.02, 0.4);
      const long = [capsuleShape(size(), size()), cylinderShape(size(), size())];
      const shapes = [boxShape(size(), size(), size()), ...long, planeShape(size(), size()), sphereShape(size())];
      const poses = solidPoses(shapes.length);
      for (let i = 0; i < shapes.length; i++) {
        placeSolid(poses, i, [between(-1, 1), between(-1, 1), between(-0.3, 1)], [random.normal(), random.normal(), random.normal(), random.normal()]);
      }
      // Bounds this wide make every pixel a candidate of every solid and its shadow. The camera may be inside a solid here.
      const open = shapes.map((shape): Shape => ({ ...shape, contains: () => false, halfExtents: [50, 50, 50] }));
      const closed = shapes.map((shape): Shape => ({ ...shape, contains: () => false }));
      const tight = draw({ stage: stageOf(...closed), poses }, ahead, lens);
      const wide = draw({ stage: stageOf(...open), poses }, ahead, lens);
      expect(tight.segments).toEqual(wide.segments);
      expect(tight.depth).toEqual(wide.depth);
      expect(tight.rgb).toEqual(wide.rgb);
    }
  });
});

describe("what is in front", () => {
  const twoBalls: DrawnScene = { stage: stageOf(sphereShape(0.2), sphereShape(0.2)), poses: solidPoses(2) };

  test.each([[1.5, 2.5, 0], [2.5, 1.5, 1]])("hides what is behind, in either order (%f m and %f m)", (first, second, expected) => {
    placeSolid(twoBalls.poses, 0, [0, 0, first]);
    placeSolid(twoBalls.poses, 1, [0, 0, second]);
    const { idAt, at } = draw(twoBalls, ahead);
    expect(idAt(20, 15)).toBe(expected);
    expect(at(20, 15)).toBeCloseTo(1.3, 6);
  });

  test("of the near plane or behind the camera is not seen", () => {
    placeSolid(twoBalls.poses, 0, [0, 0, -1]);
    placeSolid(twoBalls.poses, 1, [0, 0, 0.5]);
    const lens = pinholeCamera({ width: 41, height: 31, focalPx: 40, near: 0.4 });
    expect(draw(twoBalls, ahead).idAt(20, 15)).toBe(1);
    const { idAt } = draw(twoBalls, ahead, lens);
    expect(idAt(20, 15)).toBe(-1);
  });

  test("partly, is seen from the near plane on", () => {
    // A long box from behind the camera to far ahead, below it.
    const poses = solidPoses(1);
    placeSolid(poses, 0, [0, 0.6, 0]);
    const { at, idAt } = draw({ stage: stageOf(boxShape(0.5, 0.5, 4)), poses }, ahead);
    // Its upper face lies 0.1 m below.
    for (const v of [17, 24, 30]) expect(at(20, v)).toBeCloseTo((0.1 * 40) / (v - 15), 5);
    expect(idAt(20, 14)).toBe(-1);
  });
});

/** Least distance of the ray s·ray, s ≥ 0, from a segment about `middle`, by golden section over the segment. */
function gapOfRay(ray: readonly number[], middle: readonly number[], axis: readonly number[], halfLength: number): number {
  const gapAt = (along: number): number => {
    const point = middle.map((value, i) => value + along * (axis[i] ?? 0));
    const s = dot(point, ray) / dot(ray, ray);
    return Math.hypot(...point.map((value, i) => value - s * (ray[i] ?? 0)));
  };
  let [low, high] = [-halfLength, halfLength];
  for (let step = 0; step < 80; step++) {
    const [a, b] = [high - 0.618034 * (high - low), low + 0.618034 * (high - low)];
    if (gapAt(a) < gapAt(b)) high = b;
    else low = a;
  }
  return gapAt((low + high) / 2);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
