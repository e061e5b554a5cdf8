/** @file Datasets on disk. */

import { lstat, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Dataset } from "../dataset.ts";
import { encodeLeRobot, readLeRobot, type ReadLeRobotOptions } from "../lerobot/index.ts";
import { PUSH_T_REPLAY, readReplayBuffer, type ReplayBufferDescription } from "../zarr.ts";
import { folderStore, syncFolder, temporaryBeside, writeDurably } from "./files.ts";

/**
 * Read a LeRobot dataset (v3.0 or v2.x) from a folder.
 *
 * @throws Error in one line when the folder or a file is missing, cut off or does not fit
 */
export async function readDataset(dir: string, options: ReadLeRobotOptions = {}): Promise<Dataset> {
  return readLeRobot(await folderStore(dir, "readDataset"), options);
}

/**
 * Write a dataset as a LeRobot v3.0 folder: complete, or not at all.
 *
 * @throws Error when `dir` already exists
 */
export async function writeDataset(dir: string, dataset: Dataset): Promise<void> {
  await refuseExisting(dir);
  const files = encodeLeRobot(dataset);
  const temporary = temporaryBeside(dir);
  try {
    for (const [path, bytes] of files) {
      const target = join(temporary, path);
      await mkdir(dirname(target), { recursive: true });
      await writeDurably(target, bytes);
    }
    await refuseExisting(dir);
    await rename(temporary, resolve(dir));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(dirname(resolve(dir)));
}

/**
 * Read a Diffusion Policy replay buffer (zarr v2) from a folder. Default description: Push-T.
 *
 * @throws Error in one line when an array is missing, damaged or of another shape than described
 */
export async function importZarr(dir: string, description: ReplayBufferDescription = PUSH_T_REPLAY): Promise<Dataset> {
  return readReplayBuffer(await folderStore(dir, "importZarr"), description);
}

async function refuseExisting(dir: string): Promise<void> {
  const found = await lstat(dir).catch(() => undefined);
  if (found !== undefined)
    throw new Error(`writeDataset: ${dir} already exists; choose another folder or remove it first`);
}
