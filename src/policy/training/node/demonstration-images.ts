/** @file What cameras see of demonstrations: drawn from the recorded states, encoded, and kept on disk until they are in a dataset. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { cameraEncoder, depthToMillimeters, type EncodedImages, type ImageFeature } from "#world/data";
import { writeFileAtomic } from "#world/data/node";
import { imageColumn } from "../training-rows.ts";
import type { Demonstration, StateCameras } from "#world/sim";

/** Images that a dataset shall have of every camera of its task. */
export interface ImageOptions {
  /** Pixels along each side, in `IMAGE_SIZES`. */
  readonly size: number;
  /** Depth, too, in mm. */
  readonly depth: boolean;
}

/** Smallest and largest side, px. */
export const IMAGE_SIZES = { smallest: 8, largest: 1024 } as const;

/** Name of the column of a camera's depth, beside that of its colours. */
export const depthColumn = (camera: string): string => `${imageColumn(camera)}_depth`;

/** The columns of the cameras, in the order of a dataset. */
export function imageFeatures({ cameras }: Pick<StateCameras, "cameras">, { depth }: ImageOptions): Record<string, ImageFeature> {
  const columns = Object.entries(cameras).flatMap(([name, { width, height }]): [string, ImageFeature][] => [
    [imageColumn(name), { dtype: "image", shape: [height, width, 3] }],
    ...(depth ? [[depthColumn(name), { dtype: "image", shape: [height, width, 1] }] as [string, ImageFeature]] : []),
  ]);
  return Object.fromEntries(columns);
}

/** The images of every frame of a demonstration, encoded. They are those of its recorded states, f32. */
export function drawDemonstration(eyes: StateCameras, { states, length }: Demonstration, options: ImageOptions): EncodedImages {
  const encoders = Object.entries(imageFeatures(eyes, options)).map(([column, feature]) => [column, cameraEncoder(feature)] as const);
  const encoder = new Map(encoders);
  const width = states.length / length;
  for (let t = 0; t < length; t++) {
    for (const [name, { rgb, depth }] of Object.entries(eyes.look(states.subarray(t * width, (t + 1) * width)))) {
      encoder.get(imageColumn(name))?.add(rgb);
      if (!options.depth) continue;
      const millimeters = new Uint16Array(depth.length);
      depthToMillimeters(depth, millimeters);
      encoder.get(depthColumn(name))?.add(millimeters);
    }
  }
  return Object.fromEntries(encoders.map(([column, each]) => [column, each.done()]));
}

/** Keep the images of the demonstration of a seed in a folder: whole, or not at all. */
export async function saveImages(folder: string, seed: number, images: EncodedImages): Promise<void> {
  await writeFileAtomic(imagesPath(folder, seed), serialize(images));
}

/** What was kept. */
export function readImages(folder: string, seed: number): EncodedImages {
  return deserialize(readFileSync(imagesPath(folder, seed))) as EncodedImages; // written by saveImages
}

const imagesPath = (folder: string, seed: number): string => join(folder, `images-${seed}.bin`);
