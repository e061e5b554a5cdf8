/** @file Files on disk: a folder as a byte store, and writes that are whole or not there. */

import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { ByteSource } from "#engine/array";
import type { RangedStore } from "../byte-store.ts";

/**
 * The files below a folder.
 *
 * @param what the folder is, for the error: "dataset"
 * @throws Error when the folder is missing or no folder
 */
export async function folderStore(dir: string, what: string): Promise<RangedStore> {
  const stats = await stat(dir).catch(() => undefined);
  if (stats === undefined) throw new Error(`${what} ${dir} does not exist`);
  if (!stats.isDirectory()) throw new Error(`${what} ${dir} is a file, expected a folder`);
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
    async open(path) {
      try {
        return await fileSource(join(dir, path));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

/** A file on disk, opened anew for every part: nothing has to be closed. */
async function fileSource(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  return {
    name: path,
    size,
    async read(offset, length) {
      const file = await open(path, "r");
      try {
        const bytes = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await file.read(bytes, done, Math.min(length - done, LARGEST_READ), offset + done);
          if (bytesRead === 0) throw new Error(`${path}: it ends at byte ${offset + done}, expected ${offset + length}; is it cut off?`);
          done += bytesRead;
        }
        return bytes;
      } finally {
        await file.close();
      }
    },
  };
}

/** Systems read no more than 2 GiB at once. */
const LARGEST_READ = 2 ** 30;

/**
 * Write a file so that readers see the old content or the new, never a part, even after a power failure.
 *
 * The bytes go to a temporary file in the same folder, reach the disk, and then take the name.
 *
 * @throws Error naming the file when the disk refuses it
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = temporaryBeside(path);
  await naming(path, async () => {
    try {
      await writeDurably(temporary, content);
      await rename(temporary, path);
    } catch (error) {
      await removeQuietly(temporary);
      throw error;
    }
    await syncFolder(dirname(path));
  });
}

/**
 * Make a folder so that it is there with everything in it or not at all, even after a power failure.
 *
 * @param fill writes into the folder of the given name, which takes its own name at the end
 */
export async function writeFolderAtomic(dir: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  // Without a slash at its end, or the temporary folder would lie inside.
  const target = resolve(dir);
  const temporary = temporaryBeside(target);
  try {
    await makeFolders(temporary);
    await fill(temporary);
    await rename(temporary, target);
  } catch (error) {
    await removeQuietly(temporary);
    throw error;
  }
  await syncFolder(dirname(target));
}

/**
 * Make a folder, and those above it that are missing, each to last.
 *
 * Node's own recursive `mkdir` never returns where the system answers "no such folder" below a folder that is there,
 * as in /proc (seen with Node 20).
 */
export async function makeFolders(dir: string): Promise<void> {
  const missing: string[] = [];
  let folder = resolve(dir);
  while (!(await exists(folder)) && dirname(folder) !== folder) {
    missing.unshift(folder);
    folder = dirname(folder);
  }
  for (const each of missing) {
    await mkdir(each).catch(async (error: unknown) => {
      // Someone else may have made it in between.
      const stats = await stat(each).catch(() => undefined);
      if (stats?.isDirectory() !== true) throw error;
    });
    await syncFolder(dirname(each));
  }
}

/** Remove what a failure left. What stood in the way of writing may stand here too; the first error is the one to tell. */
async function removeQuietly(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {});
}

/** Do something to a file so that a failure names it: errors of writes through an open file carry no path. */
export async function naming<T>(name: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw new Error(name, { cause: error });
  }
}

/** A name in the same folder that no one else uses, hidden from plain listings. */
export function temporaryBeside(path: string): string {
  const absolute = resolve(path);
  return join(dirname(absolute), `.${basename(absolute)}.${randomUUID()}.tmp`);
}

/**
 * Write a new file and wait until it is on the disk.
 *
 * @throws Error naming the file when the disk refuses it
 */
export async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  await naming(path, async () => {
    const file = await open(path, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/**
 * As `writeDurably`, of a file that is made piece by piece.
 *
 * @throws Error naming the file when the disk refuses it
 */
export async function writePiecesDurably(path: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  await naming(path, async () => {
    const file = await open(path, "wx");
    try {
      for await (const piece of pieces) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Wait until what was appended to a file is on the disk. A file that is not there has nothing to wait for. */
export async function syncFile(path: string): Promise<void> {
  await naming(path, async () => {
    // Windows syncs only files that are open for writing.
    const file = await open(path, "r+").catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    try {
      await file?.sync();
    } finally {
      await file?.close();
    }
  });
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

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
