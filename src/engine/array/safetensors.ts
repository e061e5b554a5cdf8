/** @file Safetensors: named tensors as one block of bytes. */

import { dataStart, encodeHead, LENGTH_BYTES, METADATA_KEY, parseHeader, type StoredDtype } from "./safetensors-header.ts";
import { storedValues } from "./stored-values.ts";
import { BYTES, sizeOf, type Dtype, type HostTensor } from "./tensor.ts";

/** What a safetensors file holds. */
export interface SafetensorsContent {
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** The free-form strings of the file's `__metadata__` entry; empty when there is none. */
  readonly metadata: Readonly<Record<string, string>>;
}

const TO_NAME: Readonly<Record<Dtype, StoredDtype>> = { f32: "F32", f64: "F64", i64: "I64", bool: "BOOL" };

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
  const start = header.length;
  const bytes = new Uint8Array(start + dataBytes);
  bytes.set(header);
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
  const sortedMetadata = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => compareNames(a, b)));
  const entries = [...placed].sort((a, b) => compareNames(a.name, b.name));
  return encodeHead(entries.map(({ name, tensor, begin, end }) => ({ name, dtype: TO_NAME[tensor.dtype], shape: tensor.shape, begin, end })), sortedMetadata);
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Read named tensors. Values are views of `bytes` where alignment allows, copies elsewhere; half-precision ones become f32.
 *
 * @throws RangeError when the bytes are cut off or are no safetensors file, a dtype is none of F64, F32, F16, BF16, I64 and BOOL,
 *   a shape does not match its byte range, or the ranges overlap, leave gaps or run past the end
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  const start = dataStart(bytes, bytes.length, WHO);
  const { entries, metadata } = parseHeader(bytes.subarray(LENGTH_BYTES, start), bytes.length - start, WHO);
  const tensors = entries.map((entry) => [entry.name, storedValues(entry, bytes.subarray(start + entry.begin, start + entry.end))] as const);
  return { tensors: Object.fromEntries(tensors), metadata };
}

const WHO = "decodeSafetensors";
