/** @file Images of the cameras' scene as bytes, to be compared between runtimes. */

import { depthToMillimeters, encodeLeRobot } from "#world/data";
import { lookAt, pinholeCamera, renderer, type RigidPose, type Stage } from "#world/sim";
import { cameraScene } from "./camera-scene.ts";

export interface CameraImage {
  readonly name: string;
  /** Base64 of u8[h, w, 3]. */
  readonly rgb: string;
  /** Base64 of the bytes of f32[h, w]. */
  readonly depth: string;
  /** i32[h, w] */
  readonly segments: readonly number[];
}

/** Every shape from outside and from the wrist, with one and with four rays per pixel, and by field of view and by focal length. */
export function cameraImages(): CameraImage[] {
  const { stage, poses, front, wrist } = cameraScene(0);
  const shot = (name: string, view: RigidPose, options: { readonly size: number; readonly samples: number }, scene: Stage = stage): CameraImage => {
    const { size, samples } = options;
    const camera = pinholeCamera({ width: size, height: size, verticalFovRad: 0.8 });
    const picture = { rgb: new Uint8Array(3 * size * size), depth: new Float32Array(size * size), segments: new Int32Array(size * size) };
    renderer(scene, camera, { samples }).render(poses, view, picture);
    return { name, rgb: base64(picture.rgb), depth: base64(new Uint8Array(picture.depth.buffer)), segments: [...picture.segments] };
  };
  return [
    shot("front", front, { size: 96, samples: 1 }),
    shot("front, four rays", front, { size: 84, samples: 2 }),
    shot("wrist", wrist, { size: 96, samples: 1 }),
    shot("from below the table", lookAt([0.9, 0.9, -0.3], [0.3, 0, 0.1]), { size: 64, samples: 1 }, { ...stage, towardsLight: [0.3, 0.1, 1] }),
  ];
}

/** Base64 of the files of a LeRobot dataset with colours and depth of two images, by path. */
export function cameraDataset(): Record<string, string> {
  const { stage, poses, front, wrist } = cameraScene(0);
  const camera = pinholeCamera({ width: 32, height: 24, verticalFovRad: 0.8 });
  const pixels = 32 * 24;
  const [rgb, depth] = [new Uint8Array(2 * 3 * pixels), new Uint16Array(2 * pixels)];
  for (const [t, view] of [front, wrist].entries()) {
    const meters = new Float32Array(pixels);
    renderer(stage, camera).render(poses, view, { rgb: rgb.subarray(t * 3 * pixels, (t + 1) * 3 * pixels), depth: meters });
    depthToMillimeters(meters, depth, t * pixels);
  }
  const files = encodeLeRobot({
    name: "cameras", fps: 10, robotType: null, license: null, skippedFeatures: [],
    features: { action: { dtype: "float32", shape: [1], names: null } },
    imageFeatures: { rgb: { dtype: "image", shape: [24, 32, 3] }, depth: { dtype: "image", shape: [24, 32, 1] } },
    episodes: [{ index: 0, length: 2, task: "look", columns: { action: Float32Array.of(0, 1) }, images: { rgb, depth } }],
  });
  return Object.fromEntries([...files].map(([path, bytes]) => [path, base64(bytes)]));
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
