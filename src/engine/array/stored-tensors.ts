/** @file Tensors in safetensors files, read one by one: a checkpoint may be larger than memory. */

import { dataStart, LENGTH_BYTES, parseHeader, STORED_BYTES, type StoredEntry } from "./safetensors-header.ts";
import { storedValues } from "./stored-values.ts";
import type { HostTensor } from "./tensor.ts";

/** Bytes somewhere, of which any part can be read. */
export interface ByteSource {
  /** Where they are, for error messages. */
  readonly name: string;
  /** How many. */
  readonly size: number;
  /** Exactly these bytes. @throws Error when they cannot be had */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** What one file or several hold together. */
export interface StoredTensors {
  readonly entries: ReadonlyMap<string, StoredEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * The values of one tensor; half-precision ones become f32.
   *
   * @throws Error when there is no tensor of this name
   */
  read(name: string): Promise<HostTensor>;
  /** Some of its elements, row by row, from one to before another: a table of words alone has half a billion. */
  readPart(name: string, from: number, to: number): Promise<HostTensor>;
}

/** @throws RangeError when the file is cut off or is no safetensors file: see `decodeSafetensors` */
export async function openSafetensors(source: ByteSource): Promise<StoredTensors> {
  const { name, size } = source;
  const first = await source.read(0, Math.min(LENGTH_BYTES, size));
  const start = dataStart(first, size, name);
  const { entries, metadata } = parseHeader(await source.read(LENGTH_BYTES, start - LENGTH_BYTES), size - start, name);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const entryOf = (tensor: string): StoredEntry => {
    const entry = byName.get(tensor);
    if (entry === undefined) throw new Error(`${name}: there is no tensor "${tensor}"`);
    return entry;
  };
  return {
    entries: byName,
    metadata,
    async read(tensor) {
      const entry = entryOf(tensor);
      return storedValues(entry, await source.read(start + entry.begin, entry.end - entry.begin));
    },
    async readPart(tensor, from, to) {
      const { dtype, begin } = entryOf(tensor);
      const size = STORED_BYTES[dtype];
      return storedValues({ dtype, shape: [to - from] }, await source.read(start + begin + from * size, (to - from) * size));
    },
  };
}

/**
 * Several files as one.
 *
 * @throws Error naming a tensor that two of them hold
 */
export function joinStored(files: readonly StoredTensors[]): StoredTensors {
  const owners = new Map<string, StoredTensors>();
  for (const file of files) {
    for (const name of file.entries.keys()) {
      if (owners.has(name)) throw new Error(`two files hold the tensor "${name}", expected one`);
      owners.set(name, file);
    }
  }
  const ownerOf = (name: string): StoredTensors => {
    const owner = owners.get(name);
    if (owner === undefined) throw new Error(`no file holds a tensor "${name}"`);
    return owner;
  };
  return {
    entries: new Map(files.flatMap(({ entries }) => [...entries])),
    metadata: Object.assign({}, ...files.map(({ metadata }) => metadata)),
    read: async (name) => await ownerOf(name).read(name),
    readPart: async (name, from, to) => await ownerOf(name).readPart(name, from, to),
  };
}
