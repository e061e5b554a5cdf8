/** @file Images as columns of LeRobot tables: PNG files inside rows. */

import { imagesOf, type Dataset, type Episode, type ImageFeature, type Images } from "../dataset.ts";
import { addHistogram, countImages, emptyHistogram, statisticsOfImages, type ImageHistogram } from "../image-statistics.ts";
import { decodeImage, encodeImage } from "../png.ts";
import type { FeatureStatistics } from "../statistics.ts";
import type { ColumnToWrite } from "./table.ts";

/** Most bytes of images in one data file, as in LeRobot's `data_files_size_in_mb`. */
export const MAX_FILE_BYTES = 100 * 2 ** 20;

/** One camera of one episode. */
export interface EncodedCamera {
  /** One PNG per frame. */
  readonly files: readonly Uint8Array[];
  readonly statistics: FeatureStatistics;
}

/** The cameras of one episode, by feature. */
export type EncodedImages = Readonly<Record<string, EncodedCamera>>;

/** How often every level occurs in all episodes, by feature; nothing counted yet. */
export function emptyHistograms({ imageFeatures = {} }: Dataset): Record<string, ImageHistogram> {
  return Object.fromEntries(Object.entries(imageFeatures).map(([name, feature]) => [name, emptyHistogram(feature)]));
}

/**
 * Every image of an episode as PNG. They are counted into `totals` on the way.
 *
 * @throws RangeError when there are not as many pixels as the feature and the episode's length ask for
 */
export function encodeImages(dataset: Dataset, episode: Episode, totals: Readonly<Record<string, ImageHistogram>>): EncodedImages {
  const cameras = Object.entries(dataset.imageFeatures ?? {}).map(([name, feature]): [string, EncodedCamera] => {
    const images = imagesOf(episode, name);
    const size = sizeOf(feature);
    checkPixels(episode, name, feature, images);
    const histogram = emptyHistogram(feature);
    countImages(histogram, feature, images);
    const total = totals[name];
    if (total !== undefined) addHistogram(total, histogram);
    const frames = Array.from({ length: episode.length }, (_, frame) => images.subarray(frame * size, (frame + 1) * size));
    return [name, { files: frames.map((pixels) => encodeImage(feature, pixels)), statistics: statisticsOfImages(histogram) }];
  });
  return Object.fromEntries(cameras);
}

function checkPixels(episode: Episode, name: string, feature: ImageFeature, images: Images): void {
  const { shape } = feature;
  const isKind = shape[2] === 3 ? images instanceof Uint8Array : images instanceof Uint16Array;
  if (isKind && shape.every((extent) => Number.isInteger(extent) && extent > 0) && images.length === episode.length * sizeOf(feature)) return;
  const kind = shape[2] === 3 ? "u8" : "u16";
  const got = `${images.length} values of ${images.BYTES_PER_ELEMENT === 1 ? "u8" : "u16"}`;
  throw new RangeError(
    `encodeLeRobot: episode ${episode.index}: ${name} has ${got}, expected ${kind}[${episode.length}, ${shape.join(", ")}]`,
  );
}

/** Values of one image. */
function sizeOf({ shape }: ImageFeature): number {
  return shape[0] * shape[1] * shape[2];
}

/** Positions of episodes that share a data file: as many in a row as fit, at least one. */
export function episodesOfFiles(episodes: readonly EncodedImages[], maxBytes: number = MAX_FILE_BYTES): number[][] {
  const files: number[][] = [[]];
  let filled = 0;
  for (const [position, cameras] of episodes.entries()) {
    const bytes = Object.values(cameras).reduce((sum, { files: pngs }) => sum + pngs.reduce((all, png) => all + png.length, 0), 0);
    if (filled > 0 && filled + bytes > maxBytes) {
      files.push([]);
      filled = 0;
    }
    files.at(-1)?.push(position);
    filled += bytes;
  }
  return files;
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
