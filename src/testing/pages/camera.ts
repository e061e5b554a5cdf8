/** @file Page: images of the cameras' scene, and a dataset of some, made in the browser. */

import { cameraDataset, cameraImages, type CameraImage } from "../camera-images.ts";

export interface CameraResult {
  readonly images: readonly CameraImage[];
  readonly dataset: Readonly<Record<string, string>>;
}

export const main = (): Promise<CameraResult> => Promise.resolve({ images: cameraImages(), dataset: cameraDataset() });
