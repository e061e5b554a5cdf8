import { expect, test } from "vitest";
import { cameraScene } from "../../../testing/camera-scene.ts";
import { drawn } from "../../../testing/drawn.ts";
import {
  backProject, boxShape, lookAt, mountedPose, pinholeCamera, placeSolid, planeShape, renderer, rigidPose, solidPoses, type RigidPose, type Solid,
} from "./index.ts";

const BOUNDS = { min: [-9, -9, -9], max: [9, 9, 9] } as const;
const lens = pinholeCamera({ width: 96, height: 96, verticalFovRad: 0.9 });

test("an image is the same when the world and the camera turn and move together, but for a few pixels at edges", () => {
  const { stage, poses, front } = cameraScene(0.25);
  const motion = rigidPose([0.3, -0.2, 0.5], [0.8, 0.3, -0.4, 0.2]);
  const moved = solidPoses(stage.solids.length);
  for (let i = 0; i < stage.solids.length; i++) {
    const own = { position: poses.positions.slice(3 * i, 3 * i + 3), rotation: poses.rotations.slice(9 * i, 9 * i + 9) };
    const { position, rotation } = mountedPose(motion, own);
    moved.positions.set(position, 3 * i);
    moved.rotations.set(rotation, 9 * i);
  }
  const wide = { ...stage, bounds: BOUNDS };
  const [a, b] = [drawn({ stage: wide, poses }, lens, front), drawn({ stage: wide, poses: moved }, lens, mountedPose(motion, front))];
  const differing = a.segments.filter((id, i) => id !== b.segments[i]).length;
  expect(differing).toBeLessThan(10);
  const gaps = [...a.depth.keys()].filter((i) => a.segments[i] === b.segments[i]).map((i) => Math.abs((a.depth[i] ?? 0) - (b.depth[i] ?? 0)));
  expect(Math.max(...gaps)).toBeLessThan(1e-5);
});

test("an image of a symmetric scene is symmetric, with the light above", () => {
  const poses = solidPoses(3);
  placeSolid(poses, 1, [0, 0.3, 0.2]);
  placeSolid(poses, 2, [0, -0.3, 0.2]);
  const solids = [planeShape(), boxShape(0.1, 0.1, 0.1), boxShape(0.1, 0.1, 0.1)].map((shape): Solid => ({ name: "", shape, color: [0.5, 0.7, 0.5] }));
  const stage = { solids, bounds: BOUNDS, towardsLight: [0, 0, 1] } as const;
  const { rgb, depth } = drawn({ stage, poses }, lens, lookAt([1.5, 0, 1], [0, 0, 0.1]));
  const mirror = (values: ArrayLike<number>, size: number): number[] =>
    Array.from(values, (_, i) => {
      const pixel = Math.floor(i / size);
      const row = Math.floor(pixel / 96);
      return values[size * (96 * row + 95 - (pixel - 96 * row)) + (i % size)] ?? NaN;
    });
  expect(mirror(rgb, 3).filter((value, i) => Math.abs(value - (rgb[i] ?? 0)) > 1)).toEqual([]);
  expect(Math.max(...mirror(depth, 1).map((value, i) => Math.abs(value - (depth[i] ?? 0))))).toBeLessThan(1e-6);
});

test("an image back-projects onto the surfaces it shows", () => {
  const { stage, poses, front } = cameraScene();
  const { depth, segments } = drawn({ stage, poses }, lens, front);
  const table = stage.solids.findIndex(({ name }) => name === "table");
  const seen = [...segments.keys()].filter((i) => segments[i] === table);
  const tops = seen.map((i) => backProject(lens, front, { u: i % 96, v: Math.floor(i / 96), depth: depth[i] ?? 0 }));
  expect(tops.length).toBeGreaterThan(1000);
  // A point of the table is on its upper face, or on the rim below.
  const onTop = tops.filter(([, , z = NaN]) => Math.abs(z) < 1e-6);
  expect(onTop.length).toBeGreaterThan(0.85 * tops.length);
  const out = tops.map(([x = NaN, y = NaN, z = NaN]) => Math.max(Math.abs(x - 0.35) - 0.5, Math.abs(y) - 0.5, Math.abs(z + 0.03) - 0.03));
  expect(Math.max(...out)).toBeLessThan(1e-6);
});

test("an image from the wrist does not change when the arm turns with what it looks at", () => {
  const views = [0, 0.9].map((turn) => {
    const { stage, poses, wrist } = cameraScene(turn);
    const hand = stage.solids.findIndex(({ name }) => name === "palm");
    return [...drawn({ stage, poses }, lens, wrist).segments].map((id) => (id >= hand && id < hand + 3 ? id : -1));
  });
  expect(views[0]?.filter((id) => id >= 0).length).toBeGreaterThan(100);
  expect(views[0]?.filter((id, i) => id !== views[1]?.[i]).length).toBeLessThan(5);
});

test("an image is the same bytes when drawn again, also after another view", () => {
  const { stage, poses, front, wrist } = cameraScene();
  const eye = renderer(stage, lens, { samples: 2 });
  const shot = (view: RigidPose) => {
    const picture = { rgb: new Uint8Array(3 * 96 * 96), depth: new Float32Array(96 * 96), segments: new Int32Array(96 * 96) };
    eye.render(poses, view, picture);
    return picture;
  };
  const first = shot(front);
  expect(shot(wrist)).not.toEqual(first);
  expect(shot(front)).toEqual(first);
});

test("an image has samples blend colours at edges, and leave depth and segments to the pixel's centre", () => {
  const { stage, poses, front } = cameraScene();
  const [coarse, fine] = [1, 3].map((samples) => drawn({ stage, poses }, lens, front, { samples }));
  expect(fine?.depth).toEqual(coarse?.depth);
  expect(fine?.segments).toEqual(coarse?.segments);
  const colors = (rgb: Uint8Array = new Uint8Array()): number =>
    new Set(Array.from({ length: rgb.length / 3 }, (_, i) => rgb.slice(3 * i, 3 * i + 3).join())).size;
  expect(colors(fine?.rgb)).toBeGreaterThan(1.3 * colors(coarse?.rgb));
});
