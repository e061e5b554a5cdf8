/** @file Crops of a policy's camera frames, as its network sees them. */

import type { Rng } from "#engine/array";
import { centreOffset, cropFrame, randomOffset, type CropOffset } from "#policy/encoders";
import type { VisionSpec } from "./observing.ts";

/** Where a crop goes: image `index` of f32[B, 3, crop, crop]. */
export interface CropTarget {
  readonly out: Float32Array;
  readonly index: number;
}

/** Both write the crop of a frame u8[h, w, 3], values in [0, 1]. */
export interface FrameCrops {
  /** Its middle, for acting. */
  middle(frame: Uint8Array, target: CropTarget): void;
  /** Anywhere in it, for training. */
  anywhere(frame: Uint8Array, target: CropTarget, random: Rng): void;
}

export function frameCrops({ imageSize, cropSize }: Pick<VisionSpec, "imageSize" | "cropSize">): FrameCrops {
  const size = [imageSize, imageSize] as const;
  const crop = [cropSize, cropSize] as const;
  const centre = centreOffset(size, crop);
  const write = (data: Uint8Array, { out, index }: CropTarget, offset: CropOffset): void => cropFrame({ size, channels: 3, data }, out, { crop, offset, index });
  return {
    middle: (frame, target) => write(frame, target, centre),
    anywhere: (frame, target, random) => write(frame, target, randomOffset(size, crop, random)),
  };
}
