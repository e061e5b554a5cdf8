/**
 * @file Crops of camera frames, on the host: the offsets differ from frame to frame, while a graph has fixed shapes and would have to
 * gather single pixels; and what is cut away need be neither converted nor fed.
 */

import type { Rng } from "#engine/array";

/** Height and width, px. */
export type ImageSize = readonly [height: number, width: number];

/** A camera frame: bytes of u8[h, w, c], row by row. */
export interface Frame {
  readonly size: ImageSize;
  readonly channels: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Top and left of a crop, px. */
export type CropOffset = readonly [top: number, left: number];

/**
 * The crop in the middle, for acting. A half is rounded to the even neighbour, as torchvision's `center_crop` does.
 *
 * @throws RangeError when the crop is larger than the image
 */
export function centreOffset(image: ImageSize, crop: ImageSize): CropOffset {
  const [down, across] = spareOf(image, crop);
  return [roundHalfToEven(down / 2), roundHalfToEven(across / 2)];
}

/**
 * A crop anywhere in the image, all places alike, for training.
 *
 * @throws RangeError when the crop is larger than the image
 */
export function randomOffset(image: ImageSize, crop: ImageSize, random: Rng): CropOffset {
  const [down, across] = spareOf(image, crop);
  return [random.integer(0, down + 1), random.integer(0, across + 1)];
}

export interface CropPlace {
  /** Height and width of the crop, px. */
  readonly crop: ImageSize;
  readonly offset: CropOffset;
  /** Which image of the batch `out` is written. Default the first. */
  readonly index?: number;
}

/**
 * Write a crop of a frame as an image of a network's input.
 *
 * @param out f32[B, c, crop height, crop width]; image `index` is overwritten with values in [0, 1]
 * @throws RangeError when the frame has not the bytes its size says, the crop leaves it, or `out` has no such image
 */
export function cropFrame(frame: Frame, out: Float32Array, { crop, offset, index = 0 }: CropPlace): void {
  const [height, width] = crop;
  const [top, left] = offset;
  const { size: [frameHeight, frameWidth], channels, data } = frame;
  if (data.length !== frameHeight * frameWidth * channels) {
    throw new RangeError(`cropFrame: the frame has ${data.length} bytes, expected ${frameHeight}·${frameWidth}·${channels}`);
  }
  if (!(top >= 0 && left >= 0 && top + height <= frameHeight && left + width <= frameWidth)) {
    throw new RangeError(`cropFrame: ${height}×${width} at [${top}, ${left}] does not lie in a frame of ${frameHeight}×${frameWidth}`);
  }
  const pixels = height * width;
  const start = index * channels * pixels;
  if (!(start >= 0 && start + channels * pixels <= out.length)) {
    throw new RangeError(`cropFrame: image ${index} of ${channels}·${height}·${width} values does not lie in ${out.length} values`);
  }
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      let from = ((top + row) * frameWidth + left) * channels + channel;
      const to = start + channel * pixels + row * width;
      for (let column = 0; column < width; column++, from += channels) out[to + column] = (data[from] ?? 0) / 255;
    }
  }
}

function spareOf([height, width]: ImageSize, [cropHeight, cropWidth]: ImageSize): [down: number, across: number] {
  const [down, across] = [height - cropHeight, width - cropWidth];
  if (!(down >= 0 && across >= 0 && cropHeight >= 1 && cropWidth >= 1)) {
    throw new RangeError(`crop: ${cropHeight}×${cropWidth} does not lie in an image of ${height}×${width}`);
  }
  return [down, across];
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
