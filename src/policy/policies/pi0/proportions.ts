/** @file Smaller models: in the proportions of the published one, and lean ones that learn from nothing. */

import type { PaligemmaSize } from "#policy/encoders";
import type { Pi0Size } from "./network.ts";

/** Side of a patch in images of 112 px and more. */
const PATCH = 14;
/** Patches along the side of smaller images. */
const PATCHES = 8;
const LARGE = PATCHES * PATCH;

/** The largest side of at most `image` px that patches tile; 0 where there is none. */
export function tiledSize(image: number): number {
  const unit = image >= LARGE ? PATCH : PATCHES;
  return image - (image % unit);
}

export interface ScaledSize {
  /** D of the expert; 1024 in the published model. A multiple of 32. */
  readonly width: number;
  /** Layers of trunk and expert; 18 in the published model. */
  readonly blocks: number;
  /** Side of the images, px. */
  readonly image: number;
  /** Ids of the prompt. */
  readonly vocabulary: number;
}

/** Widths up to this are lean. */
const LEAN = 128;

/**
 * The trunk twice as wide as the expert, the vision tower 9/8 as wide and half as deep again; 8 heads of queries over one of keys. With 1024, 18, 224 px and
 * 257,152 ids it is the published model.
 *
 * Up to a width of 128 it is to learn from nothing on a laptop, where the published trunk's feed-forward, eight times its width, would be four fifths of all work, and
 * its many small heads the most of what is left. There, feed-forwards of trunk and tower are usual ones, there are 4 heads, and the tower is as wide and as deep as the expert.
 *
 * @throws RangeError for a width that is no multiple of 32, or images that patches do not tile
 */
export function scaledSize({ width, blocks, image, vocabulary }: ScaledSize): { readonly trunk: PaligemmaSize; readonly expert: Pi0Size["expert"] } {
  if (width % 32 !== 0) throw new RangeError(`pi0: width is ${width}, expected a multiple of 32`);
  const patch = image >= LARGE ? PATCH : image / PATCHES;
  if (!Number.isInteger(image / patch) || !Number.isInteger(patch)) {
    throw new RangeError(`pi0: images of ${image} px, expected a multiple of ${image >= LARGE ? PATCH : PATCHES} px: patches have to tile them`);
  }
  const [language, expert] = [{ width: 2 * width, depth: blocks, kvHeads: 1 }, { width, hidden: 4 * width }];
  if (width <= LEAN) {
    return {
      trunk: {
        vision: { image, patch, width, depth: blocks, heads: 4, hidden: 4 * width },
        language: { ...language, hidden: 4 * width, heads: 4, headSize: width / 2 },
        vocabulary,
      },
      expert,
    };
  }
  const seeing = (9 / 8) * width;
  return {
    trunk: {
      vision: { image, patch, width: seeing, depth: Math.round(1.5 * blocks), heads: headsOf(seeing), hidden: Math.round((4304 / 1152) * seeing) },
      language: { ...language, hidden: 16 * width, heads: 8, headSize: width / 4 },
      vocabulary,
    },
    expert,
  };
}

/** Of 72 features, as in the published tower, where they go up into the width; else of as few more as do, and 4 of them at least. */
function headsOf(width: number): number {
  let heads = Math.max(4, Math.floor(width / 72));
  while (width % heads !== 0) heads -= 1;
  return heads;
}
