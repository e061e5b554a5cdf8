/** @file One image of a scene, with its pixels by column and row. */

import { renderer, type Camera, type Picture, type RendererOptions, type RigidPose, type SolidPoses, type Stage } from "#world/sim";

export interface DrawnScene {
  readonly stage: Stage;
  readonly poses: SolidPoses;
}

export interface Drawn extends Required<Picture> {
  /** Depth at column u, row v, m. */
  at(u: number, v: number): number;
  /** Solid at column u, row v. */
  idAt(u: number, v: number): number;
}

/** RGB, depth and segments of a scene from `view`. */
export function drawn({ stage, poses }: DrawnScene, camera: Camera, view: RigidPose, options: RendererOptions = {}): Drawn {
  const { width, height } = camera;
  const pixels = width * height;
  const picture = { rgb: new Uint8Array(3 * pixels), depth: new Float32Array(pixels), segments: new Int32Array(pixels) };
  renderer(stage, camera, options).render(poses, view, picture);
  return { ...picture, at: (u, v) => picture.depth[v * width + u] ?? NaN, idAt: (u, v) => picture.segments[v * width + u] ?? NaN };
}
