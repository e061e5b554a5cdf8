/** @file The head of a safetensors file: which tensors it holds, and where. */

import { sizeOf, type Shape } from "./tensor.ts";

/** Element types that are read: bytes of each. */
export const STORED_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, BOOL: 1 } as const;
export type StoredDtype = keyof typeof STORED_BYTES;

/** Where a tensor lies in the data, which follow the header. */
export interface StoredEntry {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: Shape;
  /** First byte, and the one behind the last, counted from the beginning of the data. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: readonly StoredEntry[];
  /** The free-form strings of the file's `__metadata__` entry; empty when there is none. */
  readonly metadata: Readonly<Record<string, string>>;
}

export const METADATA_KEY = "__metadata__";
/** The length of the header stands in front of it, in so many bytes. */
export const LENGTH_BYTES = 8;
/** The reference implementation refuses larger headers (safetensors `MAX_HEADER_SIZE`). */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Where the data begin.
 *
 * @param first the file's first bytes, eight of which are looked at
 * @param total bytes of the file
 * @throws RangeError when the file is cut off or is no safetensors file; `who` begins the error
 */
export function dataStart(first: Uint8Array, total: number, who: string): number {
  if (total < LENGTH_BYTES) throw new RangeError(`${who}: ${total} bytes is too short for a safetensors file; is it cut off?`);
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) {
    throw new RangeError(`${who}: a header of ${length} bytes is over the limit of ${MAX_HEADER_BYTES}; is this a safetensors file?`);
  }
  const start = LENGTH_BYTES + length;
  if (start > total) throw new RangeError(`${who}: the header needs ${start} bytes, the file has ${total}; the file is cut off`);
  return start;
}

/**
 * @param json the header without its length
 * @param dataBytes bytes behind it
 * @throws RangeError when it is no such header, a dtype is not read, a shape does not match its byte range, or the ranges overlap, leave gaps or run past the end
 */
export function parseHeader(json: Uint8Array, dataBytes: number, who: string): SafetensorsHeader {
  const header = parseRecord(json, who);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => readEntry(name, value, { dataBytes, who }));
  checkCoverage(entries, dataBytes, who);
  return { entries, metadata: readMetadata(header[METADATA_KEY], who) };
}

/** The first bytes of a file: the length of the header, the header with its entries in this order, and spaces that put the data at a multiple of 8. */
export function encodeHead(entries: readonly StoredEntry[], metadata: Readonly<Record<string, string>>): Uint8Array {
  // Joined by hand: an object would move names that look like integers to the front.
  const fields = entries.map(({ name, dtype, shape, begin, end }) => `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  const free = Object.keys(metadata).length === 0 ? [] : [`${JSON.stringify(METADATA_KEY)}:${JSON.stringify(metadata)}`];
  const encoded = new TextEncoder().encode(`{${[...free, ...fields].join(",")}}`);
  const length = Math.ceil(encoded.length / 8) * 8;
  const head = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(encoded, LENGTH_BYTES);
  return head;
}

function parseRecord(bytes: Uint8Array, who: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isRecord(parsed)) return parsed;
  } catch {
    // Falls through to the error below, which says more than JSON.parse can.
  }
  throw new RangeError(`${who}: the header is not a JSON object; is this a safetensors file?`);
}

function readEntry(name: string, value: unknown, { dataBytes, who }: { readonly dataBytes: number; readonly who: string }): StoredEntry {
  const at = `${who}: "${name}"`;
  const entry = isRecord(value) ? value : {};
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isStored(dtype)) {
    throw new RangeError(`${at} has dtype ${JSON.stringify(dtype)}, expected ${Object.keys(STORED_BYTES).join(", ")}; convert it first`);
  }
  if (!isCounts(shape)) throw new RangeError(`${at} has shape ${JSON.stringify(shape)}, expected whole numbers`);
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end) {
    throw new RangeError(`${at} has data_offsets ${JSON.stringify(offsets)}, expected [begin, end]`);
  }
  if (end > dataBytes) throw new RangeError(`${at} ends at data byte ${end}, the file has ${dataBytes}; the file is cut off`);
  const expected = sizeOf(shape) * STORED_BYTES[dtype];
  if (end - begin !== expected) {
    throw new RangeError(`${at} is ${dtype.toLowerCase()}[${shape.join(", ")}], which needs ${expected} bytes, got ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/** The format demands that ranges follow each other and cover the data: no byte is shared, none is hidden. */
function checkCoverage(entries: readonly StoredEntry[], dataBytes: number, who: string): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const how = begin < covered ? "overlaps the tensor before it" : "leaves a gap before it";
      throw new RangeError(`${who}: "${name}" ${how}: it begins at ${begin}, expected ${covered}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) throw new RangeError(`${who}: tensors cover ${covered} data bytes, the file has ${dataBytes}`);
}

function readMetadata(value: unknown, who: string): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const entries = isRecord(value) ? Object.entries(value) : [];
  const strings = entries.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  if (!isRecord(value) || strings.length !== entries.length) throw new RangeError(`${who}: ${METADATA_KEY} must map names to strings`);
  return Object.fromEntries(strings);
}

function isStored(value: unknown): value is StoredDtype {
  return typeof value === "string" && Object.hasOwn(STORED_BYTES, value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
