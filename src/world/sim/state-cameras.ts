/** @file What cameras see of a state: images by the camera's name, without a simulation. */

import type { Camera } from "./camera/index.ts";

/** One image of one camera. */
export interface CameraFrame {
  /** u8[h, w, 3] */
  readonly rgb: Uint8Array;
  /** f32[h, w] m along the optical axis; 0 where nothing is hit. */
  readonly depth: Float32Array;
}

export interface StateCameras {
  /** Sizes and intrinsics, by name, in an order that never changes. */
  readonly cameras: Readonly<Record<string, Camera>>;
  /** What every camera sees of a state f[S], by name. The same buffers every time; to be read or copied before the next look. */
  look(state: ArrayLike<number>): Readonly<Record<string, CameraFrame>>;
}
