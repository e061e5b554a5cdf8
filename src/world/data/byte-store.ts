/** @file Where the files of a dataset or a checkpoint come from: a disk, a web server, memory. */

import type { ByteSource } from "#engine/array";

/** Files by path. Paths are relative to the folder and use "/". */
export interface ByteStore {
  /** Where the files are, for error messages. */
  readonly name: string;
  /** The file's bytes, or undefined when there is no such file; any other failure is thrown. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** A store whose files can be read in parts, so that a large one need not be held whole. */
export interface RangedStore extends ByteStore {
  /** The file's bytes where they are, or undefined when there is no such file. */
  open(path: string): Promise<ByteSource | undefined>;
}

/** Files held in memory, such as those a writer returned. */
export function memoryStore(files: ReadonlyMap<string, Uint8Array>, name: string = "memory"): RangedStore {
  return {
    name,
    read: (path) => Promise.resolve(files.get(path)),
    async open(path) {
      const bytes = files.get(path);
      if (bytes === undefined) return undefined;
      return { name: `${name}/${path}`, size: bytes.length, read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)) };
    },
  };
}

/**
 * Files of a web server below `baseUrl`.
 *
 * A status of 404 means "no such file"; every other failure is thrown.
 */
export function fetchStore(baseUrl: string): RangedStore {
  const base = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;
  const get = async (path: string, init: RequestInit = {}): Promise<Response | undefined> => {
    const response = await fetch(base + path, init);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${base}${path}: the server answered ${response.status} ${response.statusText}`);
    return response;
  };
  return {
    name: baseUrl,
    async read(path) {
      const response = await get(path);
      return response && new Uint8Array(await response.arrayBuffer());
    },
    async open(path) {
      const head = await get(path, { method: "HEAD" });
      return head && { name: base + path, size: Number(head.headers.get("content-length") ?? NaN), read: (offset, length) => readRange(get, path, [offset, length]) };
    },
  };
}

/** @throws Error when the server does not answer with the range alone */
async function readRange(
  get: (path: string, init: RequestInit) => Promise<Response | undefined>,
  path: string,
  [offset, length]: readonly [offset: number, length: number],
): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array();
  const response = await get(path, { headers: { range: `bytes=${offset}-${offset + length - 1}` } });
  const bytes = new Uint8Array((await response?.arrayBuffer()) ?? []);
  if (response?.status === 206 && bytes.length === length) return bytes;
  throw new Error(`${path}: asked for ${length} bytes from ${offset}, the server answered ${response?.status ?? 404} with ${bytes.length}; it has to serve byte ranges`);
}

/**
 * A file that must be there.
 *
 * @throws Error naming the file and the store
 */
export async function requireFile(store: ByteStore, path: string): Promise<Uint8Array> {
  const bytes = await store.read(path);
  if (bytes !== undefined) return bytes;
  throw new Error(`${store.name}: ${path} is missing; is this the dataset's folder, and is it complete?`);
}
