/** @file The picture of docs/arm-cameras.md: `npx tsx --conditions=source scripts/draw-arm-cameras.ts [OUT]`. */

import { writeFileSync } from "node:fs";
import { encode } from "fast-png";
import { ARM_TASKS, armCameras, demonstrateArm, makeEnvironment } from "#world/sim";

const OUT = process.argv[2] ?? "docs/images/arm-cameras.png";
const [SIZE, GAP] = [128, 4];
/** Shares of a demonstration; each shows two images, from the front and from the wrist. */
const MOMENTS = [0, 0.35, 0.6, 1] as const;
const SEED = 3;

const sheet = { width: 2 * MOMENTS.length * (SIZE + GAP) - GAP, height: ARM_TASKS.length * (SIZE + GAP) - GAP };
const data = new Uint8Array(3 * sheet.width * sheet.height).fill(255);

function tile(column: number, row: number, rgb: Uint8Array): void {
  for (let y = 0; y < SIZE; y++) {
    data.set(rgb.subarray(3 * y * SIZE, 3 * (y + 1) * SIZE), 3 * ((row * (SIZE + GAP) + y) * sheet.width + column * (SIZE + GAP)));
  }
}

for (const [row, task] of ARM_TASKS.entries()) {
  const environment = await makeEnvironment(task.name);
  const { states, length } = demonstrateArm(environment, SEED);
  environment.close();
  const eyes = armCameras(task, { size: SIZE, samples: 3 });
  for (const [i, moment] of MOMENTS.entries()) {
    const at = Math.round(moment * (length - 1)) * environment.stateSize;
    const { front, wrist } = eyes.look(states.subarray(at, at + environment.stateSize));
    tile(2 * i, row, front.rgb);
    tile(2 * i + 1, row, wrist.rgb);
  }
}
const png = encode({ ...sheet, data, channels: 3 });
writeFileSync(OUT, png);
console.log(`${OUT}: ${Math.round(png.length / 1000)} kB`);
