/** @file Images of a dataset as PNG, and back. */

import { decode, encode } from "fast-png";
import type { ImageFeature, Images } from "./dataset.ts";

/** LeRobot's too: more takes twice the time and saves a tenth. */
const COMPRESSION = { level: 1 } as const;

/** Bits of a channel: RGB has eight, depth sixteen. */
function bitsOf({ shape }: ImageFeature): 8 | 16 {
  return shape[2] === 3 ? 8 : 16;
}

/**
 * One image as PNG: RGB with 8 bits, depth as grey with 16. The same pixels give the same bytes.
 *
 * @param pixels u8[h, w, 3] or u16[h, w, 1]
 */
export function encodeImage(feature: ImageFeature, pixels: Images): Uint8Array {
  const [height, width, channels] = feature.shape;
  return encode({ width, height, channels, depth: bitsOf(feature), data: pixels }, { zlib: COMPRESSION });
}

/**
 * The pixels of a PNG, u8[h, w, 3] or u16[h, w, 1].
 *
 * @param where the image, for errors
 * @throws Error when it is no PNG, is damaged, or is of another size or kind than the feature
 */
export function decodeImage(feature: ImageFeature, bytes: Uint8Array, where: string): Images {
  const { width, height, channels, depth, data, palette } = decodePng(bytes, where);
  const expected = [...feature.shape, bitsOf(feature)].join(" × ");
  const got = [height, width, channels, depth].join(" × ");
  if (got !== expected || palette !== undefined || data instanceof Uint8ClampedArray) {
    const kind = palette === undefined ? "" : ", with a palette";
    throw new Error(`${where}: is a PNG of ${got} (height, width, channels, bits)${kind}, expected ${expected}, as meta/info.json says`);
  }
  return data;
}

function decodePng(bytes: Uint8Array, where: string): ReturnType<typeof decode> {
  try {
    return decode(bytes, { checkCrc: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${where}: cannot read this image as PNG (${why}); of other formats read the dataset without images`, { cause: error });
  }
}

/** No depth is longer, mm. */
const LARGEST = 65_535;

/**
 * Depth as a dataset keeps it: whole millimetres, at most 65.535 m; 0 stays 0, which says that nothing was seen.
 *
 * @param depth f32[...], m, finite and at least 0
 * @param out u16, written from `offset` on
 */
export function depthToMillimeters(depth: Float32Array, out: Uint16Array, offset: number = 0): void {
  if (offset < 0 || offset + depth.length > out.length) {
    throw new RangeError(`depthToMillimeters: ${depth.length} values from ${offset} on do not fit into ${out.length}`);
  }
  for (let i = 0; i < depth.length; i++) {
    const value = depth[i] ?? NaN;
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`depthToMillimeters: value ${i} is ${value}, expected m, finite and at least 0`);
    out[offset + i] = Math.min(LARGEST, Math.floor(1000 * value + 0.5));
  }
}
