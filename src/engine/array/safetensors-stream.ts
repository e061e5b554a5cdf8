/** @file Write a safetensors file that is larger than memory: its head, then its tensors one after the other. */

import { LENGTH_BYTES, METADATA_KEY, STORED_BYTES, type StoredDtype } from "./safetensors-header.ts";
import { sizeOf, type Shape } from "./tensor.ts";

/** A tensor to be written. */
export interface StreamedTensor {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: Shape;
}

/**
 * The head of a file with these tensors, whose bytes follow in this order, without gaps.
 *
 * @throws RangeError when a name is there twice, or is `__metadata__`
 */
export function safetensorsHead(tensors: readonly StreamedTensor[], metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const names = new Set([METADATA_KEY]);
  let at = 0;
  const fields = tensors.map(({ name, dtype, shape }) => {
    if (names.has(name)) throw new RangeError(`safetensorsHead: "${name}" is ${name === METADATA_KEY ? "reserved, rename the tensor" : "there twice"}`);
    names.add(name);
    const begin = at;
    at += sizeOf(shape) * STORED_BYTES[dtype];
    // Joined by hand: an object would move names that look like integers to the front.
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, at] })}`;
  });
  const free = Object.keys(metadata).length === 0 ? [] : [`${JSON.stringify(METADATA_KEY)}:${JSON.stringify(metadata)}`];
  const encoded = new TextEncoder().encode(`{${[...free, ...fields].join(",")}}`);
  // Spaces after the JSON put the data at a multiple of 8, as the format allows.
  const length = Math.ceil(encoded.length / 8) * 8;
  const head = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(encoded, LENGTH_BYTES);
  return head;
}
