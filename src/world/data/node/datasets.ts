/** @file Datasets on disk. */

import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Dataset } from "../dataset.ts";
import { leRobotCameras, leRobotFiles, readLeRobot, type EncodeOptions, type LeRobotCamera, type ReadLeRobotOptions } from "../lerobot/index.ts";
import { PUSH_T_REPLAY, readReplayBuffer, type ReplayBufferDescription } from "../zarr.ts";
import { folderStore, makeFolders, naming, writeDurably, writeFolderAtomic } from "./files.ts";

/**
 * Read a LeRobot dataset (v3.0 or v2.x) from a folder.
 *
 * @throws Error in one line when the folder or a file is missing, cut off or does not fit
 */
export async function readDataset(dir: string, options: ReadLeRobotOptions = {}): Promise<Dataset> {
  return readLeRobot(await folderStore(dir, "dataset"), options);
}

/**
 * Every camera of a dataset in a folder by name, from its description; no image is read.
 *
 * @throws Error in one line when the folder or the description is missing or does not fit
 */
export async function readCameras(dir: string): Promise<Readonly<Record<string, LeRobotCamera>>> {
  return leRobotCameras(await folderStore(dir, "dataset"));
}

export interface WriteDatasetOptions extends EncodeOptions {
  /** By path: what has to stay with the data, such as its licence. */
  readonly extraFiles?: ReadonlyMap<string, Uint8Array | string>;
}

/**
 * Write a dataset as a LeRobot v3.0 folder: complete, or not at all. Every file is on the disk before the next is made.
 *
 * @throws Error when `dir` already exists, or the disk refuses
 */
export async function writeDataset(dir: string, dataset: Dataset, { extraFiles = new Map(), ...options }: WriteDatasetOptions = {}): Promise<void> {
  const found = await lstat(dir).catch(() => undefined);
  if (found !== undefined) throw new Error(`dataset ${dir} already exists; choose another folder or remove it first`);
  const files = leRobotFiles(dataset, options);
  const fill = async (temporary: string): Promise<void> => {
    const write = async (path: string, bytes: Uint8Array | string): Promise<void> => {
      const target = join(temporary, path);
      await makeFolders(dirname(target));
      await writeDurably(target, bytes);
    };
    for (const [path, bytes] of files) await write(path, bytes);
    for (const [path, bytes] of extraFiles) await write(path, bytes);
  };
  await naming(`dataset ${dir}`, () => writeFolderAtomic(dir, fill));
}

/**
 * Read a Diffusion Policy replay buffer (zarr v2) from a folder. Default description: Push-T.
 *
 * @throws Error in one line when an array is missing, damaged or of another shape than described
 */
export async function importZarr(dir: string, description: ReplayBufferDescription = PUSH_T_REPLAY): Promise<Dataset> {
  return readReplayBuffer(await folderStore(dir, "replay buffer"), description);
}
