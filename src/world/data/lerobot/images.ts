/** @file Images as columns of LeRobot tables: PNG files inside rows. */

import { imagesOf, type Dataset, type Episode, type ImageFeature, type Images } from "../dataset.ts";
import { compactHistogram, countImages, emptyHistogram, type ImageHistogram } from "../image-statistics.ts";
import { decodeImage, encodeImage } from "../png.ts";
import type { ColumnToWrite } from "./table.ts";

/** Most bytes of images in one data file, as in LeRobot's `data_files_size_in_mb`. */
export const MAX_FILE_BYTES = 100 * 2 ** 20;

/** One camera of one episode, as a data file and the statistics need it. Plain data, for threads to send and disks to keep. */
export interface EncodedCamera {
  /** One PNG per frame. */
  readonly files: readonly Uint8Array[];
  /** Of all frames, without empty levels. */
  readonly histogram: ImageHistogram;
}

/** The cameras of one episode, by feature. */
export type EncodedImages = Readonly<Record<string, EncodedCamera>>;

/** How often every level occurs in all episodes, by feature; nothing counted yet. */
export function emptyHistograms({ imageFeatures = {} }: Dataset): Record<string, ImageHistogram> {
  return Object.fromEntries(Object.entries(imageFeatures).map(([name, feature]) => [name, emptyHistogram(feature)]));
}

export interface CameraEncoder {
  /** The next frame, u8[h, w, 3] or u16[h, w, 1]. */
  add(image: Images): void;
  /** All of them. */
  done(): EncodedCamera;
}

/**
 * Makes PNG files of one camera's frames and counts them, one after the other, so that no episode's pixels are held.
 *
 * `add` throws a RangeError when an image is none of the feature.
 */
export function cameraEncoder(feature: ImageFeature): CameraEncoder {
  const histogram = emptyHistogram(feature);
  const files: Uint8Array[] = [];
  return {
    add(image) {
      if (!isOfKind(feature, image) || image.length !== sizeOf(feature)) {
        throw new RangeError(`cameraEncoder: frame ${files.length} has ${kindOf(image)}, expected ${wantedKind(feature)}[${feature.shape.join(", ")}]`);
      }
      countImages(histogram, feature, image);
      files.push(encodeImage(feature, image));
    },
    done: () => ({ files, histogram: compactHistogram(histogram) }),
  };
}

function encodeCamera(feature: ImageFeature, images: Images): EncodedCamera {
  const size = sizeOf(feature);
  const encoder = cameraEncoder(feature);
  for (let at = 0; at < images.length; at += size) encoder.add(images.subarray(at, at + size));
  return encoder.done();
}

/** Every image of an episode that is in memory. */
export function encodeImages({ imageFeatures = {} }: Dataset, episode: Episode): EncodedImages {
  return Object.fromEntries(Object.entries(imageFeatures).map(([name, feature]) => [name, encodeCamera(feature, imagesOf(episode, name))]));
}

/** Throws unless an episode in memory has as many pixels as the features and its length ask for. */
export function checkImages({ imageFeatures = {} }: Dataset, episode: Episode): void {
  for (const [name, feature] of Object.entries(imageFeatures)) checkPixels(episode, name, feature, imagesOf(episode, name));
}

/** Throws unless there is one PNG of every camera for every frame of an episode. */
export function checkEncoded({ imageFeatures = {} }: Dataset, episode: Episode, images: EncodedImages): void {
  for (const name of Object.keys(imageFeatures)) {
    const { files, histogram } = images[name] ?? { files: [], histogram: { images: 0 } };
    if (files.length === episode.length && histogram.images === episode.length) continue;
    throw new RangeError(`encodeLeRobot: episode ${episode.index}: ${name} has ${files.length} images, ${histogram.images} of them counted, expected ${episode.length}`);
  }
}

function checkPixels(episode: Episode, name: string, feature: ImageFeature, images: Images): void {
  const { shape } = feature;
  if (isOfKind(feature, images) && shape.every((extent) => Number.isInteger(extent) && extent > 0) && images.length === episode.length * sizeOf(feature)) return;
  throw new RangeError(
    `encodeLeRobot: episode ${episode.index}: ${name} has ${kindOf(images)}, expected ${wantedKind(feature)}[${episode.length}, ${shape.join(", ")}]`,
  );
}

const isOfKind = ({ shape }: ImageFeature, images: Images): boolean => (shape[2] === 3 ? images instanceof Uint8Array : images instanceof Uint16Array);
const wantedKind = ({ shape }: ImageFeature): string => (shape[2] === 3 ? "u8" : "u16");
const kindOf = (images: Images): string => `${images.length} values of ${images.BYTES_PER_ELEMENT === 1 ? "u8" : "u16"}`;

/** Values of one image. */
function sizeOf({ shape }: ImageFeature): number {
  return shape[0] * shape[1] * shape[2];
}

/** Bytes of an episode's images. */
export function bytesOfImages(cameras: EncodedImages): number {
  return Object.values(cameras).reduce((sum, { files }) => sum + files.reduce((all, png) => all + png.length, 0), 0);
}

/** The columns of some episodes' images, one entry per frame. */
export function imageColumns(names: readonly string[], episodes: readonly EncodedImages[]): ColumnToWrite[] {
  return names.map((name) => {
    const values = episodes.flatMap((cameras) =>
      (cameras[name]?.files ?? []).map((bytes, frame) => ({ bytes, path: `frame-${String(frame).padStart(6, "0")}.png` })),
    );
    return { name, type: "IMAGE", depth: 0, values };
  });
}

/** Entry of `features` in info.json. */
export function imageInfo({ shape }: ImageFeature): unknown {
  const entry = { dtype: "image", shape, names: ["height", "width", "channels"] };
  return shape[2] === 3 ? entry : { ...entry, info: { is_depth_map: true, depth_unit: "mm" } };
}

/** One value per channel, as LeRobot keeps them: [c, 1, 1], to be broadcast over an image [c, h, w]. */
export function overPixels(values: readonly number[]): number[][][] {
  return values.map((value) => [[value]]);
}

/**
 * Images of one camera of an episode from the cells of its column.
 *
 * @param where the file, episode and column, for errors
 * @throws Error naming the frame whose image is missing, damaged or of another size
 */
export function decodeImages(feature: ImageFeature, cells: readonly unknown[], where: string): Images {
  const size = sizeOf(feature);
  const images = feature.shape[2] === 3 ? new Uint8Array(cells.length * size) : new Uint16Array(cells.length * size);
  for (const [frame, cell] of cells.entries()) {
    const bytes = bytesOf(cell);
    if (bytes === undefined) throw new Error(`${where}: frame ${frame} has no image in the table; files beside it are not read`);
    images.set(decodeImage(feature, bytes, `${where}: frame ${frame}`), frame * size);
  }
  return images;
}

function bytesOf(cell: unknown): Uint8Array | undefined {
  if (typeof cell !== "object" || cell === null || !("bytes" in cell)) return undefined;
  return cell.bytes instanceof Uint8Array ? cell.bytes : undefined;
}
