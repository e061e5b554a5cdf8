/** @file The cameras of a LeRobot dataset, by its description alone. */

import { requireFile, type ByteStore } from "../byte-store.ts";
import { parseInfo } from "./info.ts";

export interface LeRobotCamera {
  /** Images lie in the tables and can be read; videos are files beside them. */
  readonly dtype: "image" | "video";
  /** As the dataset states it: height, width, channels, or channels first. */
  readonly shape: readonly number[];
  /** One image of every camera for every frame. */
  readonly frames: number;
}

/**
 * Every image and video column by name, from `meta/info.json`; no image is read.
 *
 * @throws Error naming the file and field that is missing or does not fit
 */
export async function leRobotCameras(store: ByteStore): Promise<Readonly<Record<string, LeRobotCamera>>> {
  const path = "meta/info.json";
  const { features, total_frames: frames } = parseInfo(await requireFile(store, path), `${store.name}/${path}`);
  const cameras = Object.entries(features).flatMap(([name, { dtype, shape }]): [string, LeRobotCamera][] => {
    return dtype === "image" || dtype === "video" ? [[name, { dtype, shape, frames }]] : [];
  });
  return Object.fromEntries(cameras);
}
