/** @file Page: images of the cameras' scene, drawn in the browser. */

import { cameraImages, type CameraImage } from "../camera-images.ts";

export const main = (): Promise<readonly CameraImage[]> => Promise.resolve(cameraImages());
