/** @file What a camera sees of a cube on a table, and where in the world a pixel's surface lies. */

import { backProject, boxShape, intrinsicsOf, lookAt, pinholeCamera, placeSolid, planeShape, renderer, solidPoses } from "tendon/sim";

const stage = {
  solids: [
    { name: "table", shape: planeShape(0.5, 0.5), color: [0.8, 0.7, 0.58] },
    { name: "cube", shape: boxShape(0.05, 0.05, 0.05), color: [0.83, 0.18, 0.16] },
  ],
  bounds: { min: [-2, -2, 0], max: [2, 2, 2] },
} as const;
const camera = pinholeCamera({ width: 97, height: 97, verticalFovRad: 0.6 });
const eye = renderer(stage, camera);

// Every frame: where the solids are, and where the camera is.
const poses = solidPoses(2);
placeSolid(poses, 1, [0.1, 0, 0.05], [Math.cos(0.4), 0, 0, Math.sin(0.4)]);
const view = lookAt([0.8, 0, 0.8], [0.1, 0, 0.1]);
const picture = { rgb: new Uint8Array(97 * 97 * 3), depth: new Float32Array(97 * 97), segments: new Int32Array(97 * 97) };
eye.render(poses, view, picture);

const middle = 48 * 97 + 48;
const depth = picture.depth[middle] ?? 0;
const solid = stage.solids[picture.segments[middle] ?? -1]?.name;
const [x, y, z] = backProject(camera, view, { u: 48, v: 48, depth });
console.log(`K = ${[...intrinsicsOf(camera)].map((value) => value.toFixed(1)).join(" ")}`);
console.log(`the middle pixel shows the ${solid}, colour ${picture.rgb.subarray(3 * middle, 3 * middle + 3).join(" ")}, ${depth.toFixed(3)} m ahead,`);
console.log(`at ${[x, y, z].map((value) => (Math.abs(value ?? 0) < 5e-4 ? 0 : (value ?? 0)).toFixed(3)).join(" ")} in the world`);
