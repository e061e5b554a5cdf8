import { describe, expect, test } from "vitest";
import {
  boxShape, capsuleShape, cylinderShape, lookAt, pinholeCamera, placeSolid, planeShape, renderer, rigidPose, solidPoses, sphereShape,
  type Shape, type Stage,
} from "./index.ts";

const camera = pinholeCamera({ width: 4, height: 3, focalPx: 3, far: 5 });
const picture = { rgb: new Uint8Array(36), depth: new Float32Array(12), segments: new Int32Array(12) };
const ball: Stage = { solids: [{ name: "ball", shape: sphereShape(0.1), color: [1, 0, 0] }], bounds: { min: [-1, -1, 0], max: [1, 1, 9] } };
const poses = solidPoses(1);
const from = (x: number, y: number, z: number) => lookAt([x, y, z], [0, 0, 0], [0, 1, 0]);

describe("a camera", () => {
  const draw = (view = from(0, 0, 1)) => renderer(ball, camera).render(poses, view, picture);

  test("within the scene draws", () => {
    expect(() => draw()).not.toThrow();
  });

  test("outside the scene is refused, with the place and the scene's bounds", () => {
    const message = "render: the camera is at (1.5, 0, 1), outside the scene, which is [-1, 1] × [-1, 1] × [0, 9] m; move the camera";
    expect(() => draw(from(1.5, 0, 1))).toThrow(message);
  });

  test("so far away that nothing can be seen is refused, but not one that looks the other way", () => {
    expect(() => draw(from(0, 0, 8))).toThrow(/nearest solid in front of the camera is 7.9 m away, and the camera sees up to far = 5 m; raise far/);
    expect(() => draw(lookAt([0, 0, 8], [0, 0, 9], [0, 1, 0]))).not.toThrow();
  });

  test.each<[string, Shape]>([
    ["ball", sphereShape(0.2)], ["box", boxShape(0.2, 0.2, 0.2)], ["capsule", capsuleShape(0.1, 0.2)], ["cylinder", cylinderShape(0.1, 0.2)],
  ])("inside a %s is refused, by the solid's name", (name, shape) => {
    const stage = { ...ball, solids: [{ name, shape, color: [1, 1, 1] as const }] };
    expect(() => renderer(stage, camera).render(poses, from(0.05, 0, 0.05), picture)).toThrow(new RegExp(`inside solid 0 "${name}"; move it`));
    expect(() => renderer(stage, camera).render(poses, from(0, 0.3, 0.5), picture)).not.toThrow();
  });

  test("at a pose that is not finite, or no rotation, is refused", () => {
    expect(() => draw({ ...from(0, 0, 1), position: Float64Array.of(0, NaN, 1) })).toThrow(/render: view: position is 0, NaN, 1, expected 3 finite/);
    expect(() => draw({ ...from(0, 0, 1), rotation: new Float64Array(9) })).toThrow(/render: view: rotation is 0, .* expected a rotation matrix/);
    // A mirror.
    expect(() => draw({ ...from(0, 0, 1), rotation: Float64Array.of(-1, 0, 0, 0, 1, 0, 0, 0, 1) })).toThrow(/expected a rotation matrix/);
  });
});

describe("solids", () => {
  test("without a size above 0 are refused, naming it", () => {
    expect(() => sphereShape(0)).toThrow("sphereShape: radius is 0, expected a length in m, finite and above 0");
    expect(() => boxShape(1, -1, 1)).toThrow(/boxShape: half extent along y is -1/);
    expect(() => boxShape(1, 1, NaN)).toThrow(/half extent along z is NaN/);
    expect(() => capsuleShape(Infinity, 1)).toThrow(/capsuleShape: radius is Infinity/);
    expect(() => cylinderShape(1, 0)).toThrow(/cylinderShape: half length is 0/);
    expect(() => planeShape(0)).toThrow(/planeShape: half extent along x is 0/);
  });

  test("at poses that are not finite, no rotation, or too few are refused, naming the solid", () => {
    const draw = (at: typeof poses) => () => renderer(ball, camera).render(at, from(0, 0, 1), picture);
    expect(draw({ ...poses, positions: Float64Array.of(0, Infinity, 0) })).toThrow(/solid 0 "ball": position is 0, Infinity, 0, expected finite m/);
    expect(draw({ ...poses, rotations: new Float64Array(9).fill(NaN) })).toThrow(/solid 0 "ball": rotation is NaN.* expected a rotation matrix/);
    expect(draw(solidPoses(2))).toThrow(/6 numbers of positions and 18 of rotations, expected 3 and 9 for 1 solids/);
    expect(() => placeSolid(poses, 1, [0, 0, 0])).toThrow(/there is no solid 1, expected 0 to 0/);
    expect(() => placeSolid(poses, 0, [0, 0])).toThrow(/position of solid 0 is 0, 0, expected 3 finite/);
  });
});

describe("renderer", () => {
  test("refuses buffers of another size than the camera's", () => {
    const draw = (patch: object) => () => renderer(ball, camera).render(poses, from(0, 0, 1), patch);
    expect(draw({ rgb: new Uint8Array(12) })).toThrow(/rgb holds 12 values, expected u8\[3, 4, 3\]/);
    expect(draw({ depth: new Float32Array(11) })).toThrow(/depth holds 11 values, expected f32\[3, 4\]/);
    expect(draw({ segments: new Int32Array(13) })).toThrow(/segments holds 13 values, expected i32\[3, 4\]/);
    expect(draw({})).toThrow(/expected a buffer for rgb, depth or segments, got none/);
    expect(draw({ depth: new Float32Array(12) })).not.toThrow();
  });

  test("refuses a stage that cannot be drawn", () => {
    const make = (patch: object) => () => renderer({ ...ball, ...patch }, camera);
    expect(make({ solids: [] })).toThrow(/the stage has no solids/);
    expect(make({ bounds: { min: [0, 0, 0], max: [1, 0, 1] } })).toThrow(/bounds go from 0, 0, 0 to 1, 0, 1, expected finite min < max/);
    expect(make({ towardsLight: [1, 0, 0] })).toThrow(/towardsLight is 1, 0, 0, expected a direction that points upwards/);
    const [solid] = ball.solids;
    expect(make({ solids: [{ ...solid, color: [255, 0, 0] }] })).toThrow(/solid "ball": color is 255, 0, 0, expected red, green, blue in \[0, 1\]/);
    expect(make({ solids: [{ ...solid, checker: { color: [0, 0, 0], size: 0 } }] })).toThrow(/checker size is 0/);
    expect(() => renderer(ball, camera, { samples: 0 })).toThrow(/samples is 0, expected 1 to 8/);
    expect(() => renderer(ball, rigidPose([0, 0, 0]) as never)).toThrow(/renderer: width is undefined/);
  });
});
