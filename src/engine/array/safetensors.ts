/** @file Safetensors: named tensors as one block of bytes. */

import { BYTES, sizeOf, view, type Dtype, type HostTensor } from "./tensor.ts";

/** What a safetensors file holds. */
export interface SafetensorsContent {
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** The free-form strings of the file's `__metadata__` entry; empty when there is none. */
  readonly metadata: Readonly<Record<string, string>>;
}

const TO_NAME: Readonly<Record<Dtype, string>> = { f32: "F32", f64: "F64", i64: "I64", bool: "BOOL" };
const FROM_NAME: ReadonlyMap<unknown, Dtype> = new Map([
  ["F32", "f32"],
  ["F64", "f64"],
  ["I64", "i64"],
  ["BOOL", "bool"],
]);
const METADATA_KEY = "__metadata__";
const LENGTH_BYTES = 8;
/** The reference implementation refuses larger headers (safetensors `MAX_HEADER_SIZE`). */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Write named tensors. The same tensors and metadata give the same bytes, whatever the order of their keys.
 *
 * Header keys are sorted by name. The data follow each other without gaps, as the format demands, the widest
 * elements first, so that every tensor starts at a multiple of its element size.
 *
 * Source: github.com/huggingface/safetensors, "Format".
 *
 * @throws RangeError when a tensor's values do not fill its shape or a name is `__metadata__`
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { placed, dataBytes } = place(tensors);
  const header = headerBytes(placed, metadata);
  const start = LENGTH_BYTES + header.length;
  const bytes = new Uint8Array(start + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, LENGTH_BYTES);
  for (const { tensor, begin } of placed) {
    const { data } = tensor;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start + begin);
  }
  return bytes;
}

interface Placed {
  readonly name: string;
  readonly tensor: HostTensor;
  readonly begin: number;
  readonly end: number;
}

function place(tensors: Readonly<Record<string, HostTensor>>): { placed: Placed[]; dataBytes: number } {
  const entries = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) => BYTES[b.dtype] - BYTES[a.dtype] || compareNames(nameA, nameB),
  );
  let dataBytes = 0;
  const placed = entries.map(([name, tensor]) => {
    if (name === METADATA_KEY) throw new RangeError(`encodeSafetensors: "${name}" is reserved, rename the tensor`);
    if (tensor.data.length !== sizeOf(tensor.shape)) {
      throw new RangeError(
        `encodeSafetensors: "${name}" is ${tensor.dtype}[${tensor.shape.join(", ")}] but has ${tensor.data.length} values`,
      );
    }
    const begin = dataBytes;
    dataBytes += tensor.data.byteLength;
    return { name, tensor, begin, end: dataBytes };
  });
  return { placed, dataBytes };
}

function headerBytes(placed: readonly Placed[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const entries: [string, unknown][] = [];
  const sortedMetadata = Object.entries(metadata).sort(([a], [b]) => compareNames(a, b));
  if (sortedMetadata.length > 0) entries.push([METADATA_KEY, Object.fromEntries(sortedMetadata)]);
  for (const { name, tensor, begin, end } of [...placed].sort((a, b) => compareNames(a.name, b.name))) {
    entries.push([name, { dtype: TO_NAME[tensor.dtype], shape: tensor.shape, data_offsets: [begin, end] }]);
  }
  // Joined by hand: an object would move names that look like integers to the front.
  const fields = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = `{${fields.join(",")}}`;
  const encoded = new TextEncoder().encode(json);
  // Spaces after the JSON put the data at a multiple of 8, as the format allows.
  const padded = new Uint8Array(Math.ceil(encoded.length / 8) * 8).fill(0x20);
  padded.set(encoded);
  return padded;
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Read named tensors. Values are views of `bytes` where alignment allows, copies elsewhere.
 *
 * @throws RangeError when the bytes are cut off or are no safetensors file, a dtype is not F32, F64, I64 or BOOL,
 *   a shape does not match its byte range, or the ranges overlap, leave gaps or run past the end
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  const { header, start } = readHeader(bytes);
  const dataBytes = bytes.length - start;
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => readEntry(name, value, dataBytes));
  checkCoverage(entries, dataBytes);
  const tensors = entries.map(({ name, dtype, shape, begin }): [string, HostTensor] => [
    name,
    { dtype, shape, data: readValues(bytes, dtype, start + begin, sizeOf(shape)) },
  ]);
  return { tensors: Object.fromEntries(tensors), metadata: readMetadata(header[METADATA_KEY]) };
}

function readHeader(bytes: Uint8Array): { header: Readonly<Record<string, unknown>>; start: number } {
  if (bytes.length < LENGTH_BYTES) {
    throw new RangeError(
      `decodeSafetensors: ${bytes.length} bytes is too short for a safetensors file; is it cut off?`,
    );
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) {
    throw new RangeError(
      `decodeSafetensors: a header of ${length} bytes is over the limit of ${MAX_HEADER_BYTES}; is this a safetensors file?`,
    );
  }
  const start = LENGTH_BYTES + length;
  if (start > bytes.length) {
    throw new RangeError(
      `decodeSafetensors: the header needs ${start} bytes, the file has ${bytes.length}; the file is cut off`,
    );
  }
  return { header: parseHeader(bytes.subarray(LENGTH_BYTES, start)), start };
}

function parseHeader(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isRecord(parsed)) return parsed;
  } catch {
    // Falls through to the error below, which says more than JSON.parse can.
  }
  throw new RangeError("decodeSafetensors: the header is not a JSON object; is this a safetensors file?");
}

interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, value: unknown, dataBytes: number): Entry {
  const who = `decodeSafetensors: "${name}"`;
  const entry = isRecord(value) ? value : {};
  const { shape, data_offsets: offsets } = entry;
  const dtype = FROM_NAME.get(entry["dtype"]);
  if (dtype === undefined) {
    throw new RangeError(
      `${who} has dtype ${JSON.stringify(entry["dtype"])}, expected F32, F64, I64 or BOOL; convert it first`,
    );
  }
  if (!isCounts(shape)) throw new RangeError(`${who} has shape ${JSON.stringify(shape)}, expected whole numbers`);
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end) {
    throw new RangeError(`${who} has data_offsets ${JSON.stringify(offsets)}, expected [begin, end]`);
  }
  if (end > dataBytes) {
    throw new RangeError(`${who} ends at data byte ${end}, the file has ${dataBytes}; the file is cut off`);
  }
  const expected = sizeOf(shape) * BYTES[dtype];
  if (end - begin !== expected) {
    throw new RangeError(`${who} is ${dtype}[${shape.join(", ")}], which needs ${expected} bytes, got ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/** The format demands that ranges follow each other and cover the data: no byte is shared, none is hidden. */
function checkCoverage(entries: readonly Entry[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const how = begin < covered ? "overlaps the tensor before it" : "leaves a gap before it";
      throw new RangeError(`decodeSafetensors: "${name}" ${how}: it begins at ${begin}, expected ${covered}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new RangeError(`decodeSafetensors: tensors cover ${covered} data bytes, the file has ${dataBytes}`);
  }
}

function readValues(bytes: Uint8Array, dtype: Dtype, offset: number, length: number): HostTensor["data"] {
  const position = bytes.byteOffset + offset;
  if (position % BYTES[dtype] === 0) return view(dtype, bytes.buffer, position, length);
  // Not `bytes.slice`: that of Node's Buffer, which is a Uint8Array too, does not copy.
  const copy = new Uint8Array(bytes.subarray(offset, offset + length * BYTES[dtype]));
  return view(dtype, copy.buffer, copy.byteOffset, length);
}

function readMetadata(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const entries = isRecord(value) ? Object.entries(value) : [];
  const strings = entries.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  if (!isRecord(value) || strings.length !== entries.length) {
    throw new RangeError(`decodeSafetensors: ${METADATA_KEY} must map names to strings`);
  }
  return Object.fromEntries(strings);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
