/** @file Images per second of cameras on one core: `npm run bench -- camera`. */

import { pinholeCamera, renderer } from "#world/sim";
import { cameraScene } from "#testing";
import { median, millisecondsOf, rounded, type Benchmark } from "./benchmark.ts";

const SIZES = [84, 96, 224];
const SAMPLES = [1, 2];
const VIEWS = ["front", "wrist"] as const;
/** Arm turns between images, as in a rollout. */
const TURNS = 8;
const WARM_UP = 5;
const REPEATS = 25;

const TARGET = { size: 96, samples: 1, framesPerS: 300 };

interface Contender {
  readonly view: (typeof VIEWS)[number];
  readonly size: number;
  readonly samples: number;
  /** Draw one image of every turn. */
  run(): void;
  readonly times: number[];
}

export const cameraBenchmark: Benchmark = {
  name: "camera",
  summary: "RGB and depth of an arm over a table, 26 solids with shadows, images per second on one core",
  async run() {
    const contenders = VIEWS.flatMap((view) => SIZES.flatMap((size) => SAMPLES.map((samples) => contenderOf(view, size, samples))));
    for (let repeat = 0; repeat < WARM_UP + REPEATS; repeat++) {
      for (const { run, times } of contenders) {
        const ms = await millisecondsOf(run);
        if (repeat >= WARM_UP) times.push(ms / TURNS);
      }
    }
    const results = contenders.map(({ view, size, samples, times }) => {
      const framesPerS = rounded(1000 / median(times));
      const bestFramesPerS = rounded(1000 / Math.min(...times));
      const isAsked = size === TARGET.size && samples === TARGET.samples;
      return { view, size, samples, framesPerS, bestFramesPerS, targetFramesPerS: isAsked ? TARGET.framesPerS : null };
    });
    return {
      json: { name: "camera", results, meetsTarget: results.every(({ framesPerS, targetFramesPerS }) => framesPerS >= (targetFramesPerS ?? 0)) },
      lines: results.map(({ view, size, samples, framesPerS, bestFramesPerS, targetFramesPerS }) => {
        const asked = targetFramesPerS === null ? "" : `; asked for: ${targetFramesPerS}`;
        return `${view}, ${size}×${size}, ${samples * samples} rays per pixel: median ${framesPerS} images/s, best ${bestFramesPerS}${asked}`;
      }),
    };
  },
};

function contenderOf(view: (typeof VIEWS)[number], size: number, samples: number): Contender {
  const scenes = Array.from({ length: TURNS }, (_, turn) => cameraScene(0.1 * turn));
  const eye = renderer(cameraScene().stage, pinholeCamera({ width: size, height: size, verticalFovRad: 1 }), { samples });
  const picture = { rgb: new Uint8Array(3 * size * size), depth: new Float32Array(size * size) };
  const run = (): void => scenes.forEach((scene) => eye.render(scene.poses, scene[view], picture));
  return { view, size, samples, run, times: [] };
}
