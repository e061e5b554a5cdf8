/** @file The picture of docs/cameras.md: `npx tsx --conditions=source scripts/draw-cameras.ts`. */

import { writeFileSync } from "node:fs";
import { encode } from "fast-png";
import { pinholeCamera, type RigidPose } from "#world/sim";
import { cameraScene, drawn, type CameraScene, type Drawn } from "#testing";

const OUT = "docs/images/cameras.png";
const [WIDTH, HEIGHT, GAP] = [320, 240, 6];
/** Depths shown black to white, nearest first, m. */
const DEPTHS = { front: [0.8, 2.6], wrist: [0.05, 0.45] } as const;

const sheet = { width: 3 * WIDTH + 2 * GAP, height: 2 * HEIGHT + GAP };
const data = new Uint8Array(3 * sheet.width * sheet.height).fill(255);

/** Write one tile: `colorOf(i)` gives the bytes of pixel i. */
function tile(column: number, row: number, colorOf: (pixel: number) => readonly number[]): void {
  for (let pixel = 0; pixel < WIDTH * HEIGHT; pixel++) {
    const x = column * (WIDTH + GAP) + (pixel % WIDTH);
    const y = row * (HEIGHT + GAP) + Math.floor(pixel / WIDTH);
    data.set(colorOf(pixel), 3 * (y * sheet.width + x));
  }
}

/** RGB, depth from light (near) to dark (far), and a colour for every solid. */
function row(index: number, { rgb, depth, segments }: Drawn, [nearest, farthest]: readonly [number, number]): void {
  tile(0, index, (pixel) => [...rgb.subarray(3 * pixel, 3 * pixel + 3)]);
  tile(1, index, (pixel) => {
    const z = depth[pixel] ?? 0;
    const level = 255 - 235 * Math.min(1, Math.max(0, (z - nearest) / (farthest - nearest)));
    return z === 0 ? [40, 60, 110] : [level, level, level];
  });
  tile(2, index, (pixel) => {
    const id = segments[pixel] ?? -1;
    return id < 0 ? [255, 255, 255] : [0, 1, 2].map((channel) => 70 + ((id * [97, 53, 151][channel]! + 60 * channel) % 170));
  });
}

const scene: CameraScene = cameraScene(0.25);
const shot = (view: RigidPose, verticalFovRad: number): Drawn =>
  drawn(scene, pinholeCamera({ width: WIDTH, height: HEIGHT, verticalFovRad }), view, { samples: 4 });
row(0, shot(scene.front, 0.8), DEPTHS.front);
row(1, shot(scene.wrist, 1.2), DEPTHS.wrist);
const png = encode({ ...sheet, data, channels: 3 });
writeFileSync(OUT, png);
console.log(`${OUT}: ${Math.round(png.length / 1000)} kB`);
