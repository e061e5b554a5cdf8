/** @file The colours of an image: shadows, shading, and the mean of a pixel's samples. */

import { refinedCamera, type Camera } from "./camera.ts";
import type { Placements } from "./placement.ts";
import type { RigidPose } from "./pose.ts";
import { developRow, paintOf, shadeRow } from "./shade.ts";
import { castShadows } from "./shadows.ts";
import type { SolidPoses, Stage } from "./stage.ts";
import { lookout, type Lookout } from "./visibility.ts";

export interface PainterOptions {
  readonly samples: number;
  readonly shadows: boolean;
}

export interface Painter {
  /** The finer grid whose rays give the colours; to be looked through before painting. */
  readonly lookout: Lookout;
  /** Write the colours of what the lookout has seen into `rgb`, u8[h, w, 3]. */
  paint(seen: Seen, rgb: Uint8Array): void;
}

/** Where everything was when the lookout was looked through. */
export interface Seen {
  readonly poses: SolidPoses;
  readonly placements: Placements;
  readonly view: RigidPose;
}

/** Colours for `camera`, each the mean of `samples` × `samples` rays. */
export function painter(stage: Stage, camera: Camera, { samples, shadows }: PainterOptions): Painter {
  const { solids, bounds } = stage;
  const fine = samples === 1 ? camera : refinedCamera(camera, samples);
  const { eye, sight } = lookout(solids, fine);
  const lit = new Uint8Array(fine.width * fine.height).fill(1);
  const shadowMap = { lit, reach: new Float64Array(solids.length), members: new Int32Array(fine.width) };
  const radii = Float64Array.from(solids, ({ shape: { halfExtents: [x, y, z] } }) => Math.sqrt(x * x + y * y + z * z));
  const lighting = { eye, paint: paintOf(stage), lit, point: new Float64Array(3) };
  const sums = new Float64Array(3 * camera.width);
  const blend = { sums, step: samples };

  return {
    lookout: { eye, sight },
    paint({ poses, placements, view }, rgb) {
      if (shadows) {
        followShadows(shadowMap.reach, radii, poses, { placements, floor: bounds.min[2] });
        castShadows(eye, placements, sight, shadowMap);
      }
      for (let row = 0; row < fine.height; row++) {
        shadeRow(lighting, { placements, sight, view }, row, blend);
        if (row % samples === samples - 1) developRow(rgb, ((row - samples + 1) / samples) * sums.length, sums, samples * samples);
      }
    },
  };
}

interface Ground {
  readonly placements: Placements;
  readonly floor: number;
}

/** A shadow ends where the light through the top of a solid's bounding ball meets the floor. */
function followShadows(reach: Float64Array, radii: Float64Array, poses: SolidPoses, { placements: { lights }, floor }: Ground): void {
  const { positions, rotations } = poses;
  for (let i = 0; i < reach.length; i++) {
    const [x, y, z] = [lights[3 * i] ?? 0, lights[3 * i + 1] ?? 0, lights[3 * i + 2] ?? 0];
    const lightHeight = (rotations[9 * i + 6] ?? 0) * x + (rotations[9 * i + 7] ?? 0) * y + (rotations[9 * i + 8] ?? 0) * z;
    reach[i] = ((positions[3 * i + 2] ?? 0) + (radii[i] ?? 0) - floor) / lightHeight;
  }
}
