/** @file Laws of the arm's cameras: what they show is where the state says it is. */

import { beforeAll, describe, expect, test } from "vitest";
import { rng } from "#engine/array";
import { backProject, mountedPose, projectPoint, rigidPose } from "../camera/index.ts";
import { makeEnvironment } from "../make-environment.ts";
import { armCameras, type ArmCameraName } from "./cameras.ts";
import { demonstrateArm } from "./demonstrate.ts";
import { armSolids, armTaskLayout } from "./environment.ts";
import { CUBE_HALF } from "./furniture.ts";
import { readSlice, sliceOf } from "./layout.ts";
import { solidPlacer } from "./placement.ts";
import { ARM_TASKS, armTask } from "./tasks/index.ts";

const SIZE = 96;
const NAMES: readonly ArmCameraName[] = ["front", "wrist"];
const lift = armTask("lift");
const layout = armTaskLayout(lift);

/** States of a demonstration of lift, by tick. */
let states: Float64Array[] = [];
beforeAll(async () => {
  const environment = await makeEnvironment("lift");
  const shown = demonstrateArm(environment, 3);
  environment.close();
  states = Array.from({ length: shown.length }, (_, t) => Float64Array.from(shown.states.subarray(t * layout.size, (t + 1) * layout.size)));
});
const stateAt = (share: number): Float64Array => states[Math.round(share * (states.length - 1))] ?? new Float64Array();
const isRed = ([r = 0, g = 0, b = 0]: Uint8Array): boolean => r > 80 && r > 2 * g && r > 2 * b;

describe.each(NAMES)("camera %s", (name) => {
  // From half way down on: before, the cube is not in view of the wrist.
  test("shows the cube where its state projects to, at the depth of its surface", () => {
    const eyes = armCameras(lift, { size: SIZE });
    let seen = 0;
    for (const share of [0.35, 0.45, 0.55]) {
      const state = stateAt(share);
      const cube = rigidPose(readSlice(layout, "redPosition", state), readSlice(layout, "redQuat", state));
      const top = mountedPose(cube, rigidPose([0, 0, CUBE_HALF])).position;
      const [u = NaN, v = NaN, depth = NaN] = projectPoint(eyes.cameras[name], eyes.view(name, state), top);
      const { rgb, depth: depths } = eyes.look(state)[name];
      const pixel = Math.round(v) * SIZE + Math.round(u);
      if (!isRed(rgb.subarray(3 * pixel, 3 * pixel + 3))) continue;
      expect(Math.abs((depths[pixel] ?? NaN) - depth)).toBeLessThan(0.015);
      seen += 1;
    }
    // Fingers may hide it once.
    expect(seen).toBeGreaterThanOrEqual(2);
  });

  test("sees the table where it is: depths along its rays agree with the camera's height above it", () => {
    const eyes = armCameras(lift, { width: 80, height: 60 });
    const state = stateAt(0.2);
    const view = eyes.view(name, state);
    const { depth } = eyes.look(state)[name];
    const heights = Array.from(depth, (d, i) => (d > 0 ? (backProject(eyes.cameras[name], view, { u: i % 80, v: Math.floor(i / 80), depth: d })[2] ?? NaN) : NaN));
    const onTable = heights.flatMap((z, i) => (Math.abs(z) < 1e-5 ? [i] : []));
    expect(onTable.length).toBeGreaterThan(0.3 * 80 * 60);
    for (const i of onTable) {
      const { fx, fy, cx, cy } = eyes.cameras[name];
      const ray = [((i % 80) - cx) / fx, (Math.floor(i / 80) - cy) / fy, 1];
      const fall = -ray.reduce((sum, value, axis) => sum + value * (view.rotation[6 + axis] ?? NaN), 0);
      expect(Math.abs((depth[i] ?? NaN) * fall - (view.position[2] ?? NaN))).toBeLessThan(1e-5);
    }
  });

  test("gives the same pixels for the same state, whatever was looked at before", () => {
    const eyes = armCameras(lift, { size: 48 });
    eyes.look(stateAt(0.9));
    const { rgb, depth } = eyes.look(stateAt(0.5))[name];
    expect({ rgb, depth }).toEqual(armCameras(lift, { size: 48 }).look(stateAt(0.5))[name]);
  });
});

test.each(ARM_TASKS)("the front camera has the objects and places of $name in view at the start", async (task) => {
  const environment = await makeEnvironment(task.name);
  const state = new Float64Array(environment.stateSize);
  const eyes = armCameras(task, { size: SIZE });
  const solids = armSolids(task);
  const place = solidPlacer(solids, armTaskLayout(task));
  for (const seed of [0, 1, 2, 3]) {
    environment.reset(seed);
    environment.readState(state);
    const { positions } = place(state);
    solids.forEach(({ frame }, i) => {
      if (frame.kind !== "object" && frame.kind !== "goal") return;
      const [u = NaN, v = NaN] = projectPoint(eyes.cameras.front, eyes.view("front", state), positions.subarray(3 * i, 3 * i + 3));
      expect(Math.min(u, v, SIZE - 1 - u, SIZE - 1 - v)).toBeGreaterThan(4);
    });
  }
  environment.close();
});

test("the wrist camera moves with the hand, and the front one stays", () => {
  const eyes = armCameras(lift, { size: 8 });
  const [before, after] = [stateAt(0), stateAt(0.5)];
  expect(eyes.view("front", before)).toEqual(eyes.view("front", after));
  const tool = (state: Float64Array): number[] => readSlice(layout, "toolPosition", state);
  const [a, b] = [eyes.view("wrist", before).position, eyes.view("wrist", after).position];
  expect(Math.hypot(...b.map((value, axis) => value - (a[axis] ?? NaN)))).toBeGreaterThan(0.1);
  // The tool is 73.4 mm out of the hand's box, in whose frame the camera is.
  for (const [camera, state] of [[a, before], [b, after]] as const) {
    expect(Math.hypot(...tool(state).map((value, axis) => (camera[axis] ?? NaN) - value))).toBeCloseTo(Math.hypot(0.08, 0.0734), 6);
  }
});

test("a wrist camera inside a cube is covered: black, at depth 0, and no error", () => {
  const eyes = armCameras(lift, { size: 8 });
  const state = stateAt(0).slice();
  state.set(eyes.view("wrist", state).position, sliceOf(layout, "redPosition").offset);
  const { wrist, front } = eyes.look(state);
  expect([Math.max(...wrist.rgb), Math.max(...wrist.depth)]).toEqual([0, 0]);
  expect(Math.max(...front.depth)).toBeGreaterThan(1);
});

test("no state that wild actions lead to is an error", async () => {
  const environment = await makeEnvironment("sort");
  const { stateSize, actionLow, actionHigh } = environment;
  const random = rng(1, "wild cameras");
  const state = new Float64Array(stateSize);
  const eyes = armCameras(armTask("sort"), { size: 8 });
  let covered = 0;
  for (let step = 0; step < 300; step++) {
    if (step % 150 === 0) environment.reset(step);
    environment.step(actionLow.map((low, i) => low + random.uniform() * ((actionHigh[i] ?? NaN) - low)));
    environment.readState(state);
    covered += Math.max(...eyes.look(state).wrist.depth) === 0 ? 1 : 0;
  }
  environment.close();
  expect(covered).toBeLessThan(300);
});

test.each([{ size: 0 }, { size: 96.5 }, { size: 4096 }, { width: 96, height: -1 }])("a size that is out of range is refused: %o", (size) => {
  expect(() => armCameras(lift, size)).toThrow(/armCameras: (width|height) is .*, expected a whole number of px from 1 to 2048/);
});

test("another camera's name, or a state of another task, is refused", () => {
  const cameras = armCameras(armTask("reach"), { size: 8 });
  expect(() => cameras.view("side" as "front", [])).toThrow('armCameras: there is no camera "side"; cameras are front, wrist');
  expect(() => cameras.look([1, 2, 3])).toThrow("armCameras: state: got 3 numbers, expected ");
});
