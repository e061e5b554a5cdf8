/** @file Files on disk: a folder as a byte store, and writes that are whole or not there. */

import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { ByteStore } from "../byte-store.ts";

/**
 * The files below a folder.
 *
 * @throws Error when the folder is missing or no folder
 */
export async function folderStore(dir: string, who: string): Promise<ByteStore> {
  const stats = await stat(dir).catch(() => undefined);
  if (stats === undefined) throw new Error(`${who}: ${dir} does not exist`);
  if (!stats.isDirectory()) throw new Error(`${who}: ${dir} is a file, expected a folder`);
  return {
    name: resolve(dir),
    async read(path) {
      try {
        return await readFile(join(dir, path));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

/**
 * Write a file so that readers see the old content or the new, never a part, even after a power failure.
 *
 * The bytes go to a temporary file in the same folder, reach the disk, and then take the name.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await writeDurably(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** A name in the same folder that no one else uses, hidden from plain listings. */
export function temporaryBeside(path: string): string {
  const absolute = resolve(path);
  return join(dirname(absolute), `.${basename(absolute)}.${randomUUID()}.tmp`);
}

/** Write a new file and wait until it is on the disk. */
export async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Make renames in a folder last. Windows cannot open folders; its renames need no such step. */
export async function syncFolder(dir: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(dir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
