/** @file Where a dataset's files come from: a disk, a web server, memory. */

/** Files by path. Paths are relative to the dataset and use "/". */
export interface ByteStore {
  /** Where the files are, for error messages. */
  readonly name: string;
  /** The file's bytes, or undefined when there is no such file; any other failure is thrown. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** Files held in memory, such as those a writer returned. */
export function memoryStore(files: ReadonlyMap<string, Uint8Array>, name: string = "memory"): ByteStore {
  return { name, read: (path) => Promise.resolve(files.get(path)) };
}

/**
 * Files of a web server below `baseUrl`.
 *
 * A status of 404 means "no such file"; every other failure is thrown.
 */
export function fetchStore(baseUrl: string): ByteStore {
  const base = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;
  return {
    name: baseUrl,
    async read(path) {
      const response = await fetch(base + path);
      if (response.status === 404) return undefined;
      if (!response.ok)
        throw new Error(`${base}${path}: the server answered ${response.status} ${response.statusText}`);
      return new Uint8Array(await response.arrayBuffer());
    },
  };
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
