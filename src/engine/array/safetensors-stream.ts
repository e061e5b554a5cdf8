/** @file Write a safetensors file that is larger than memory: its head, then its tensors one after the other. */

import { encodeHead, METADATA_KEY, STORED_BYTES, type StoredDtype } from "./safetensors-header.ts";
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
  const entries = tensors.map(({ name, dtype, shape }) => {
    if (names.has(name)) throw new RangeError(`safetensorsHead: "${name}" is ${name === METADATA_KEY ? "reserved, rename the tensor" : "there twice"}`);
    names.add(name);
    const begin = at;
    at += sizeOf(shape) * STORED_BYTES[dtype];
    return { name, dtype, shape, begin, end: at };
  });
  return encodeHead(entries, metadata);
}
