/** @file Bytes of a stored tensor as values. */

import { bf16ToF32, f16ToF32 } from "./half.ts";
import type { StoredDtype, StoredEntry } from "./safetensors-header.ts";
import { BYTES, sizeOf, view, type Dtype, type HostTensor } from "./tensor.ts";

const SAME: Readonly<Partial<Record<StoredDtype, Dtype>>> = { F64: "f64", F32: "f32", I64: "i64", BOOL: "bool" };

/**
 * A view of the bytes where alignment allows, a copy elsewhere; half-precision values become f32, exactly.
 *
 * @param bytes those of the entry
 */
export function storedValues({ dtype, shape }: Pick<StoredEntry, "dtype" | "shape">, bytes: Uint8Array): HostTensor {
  const same = SAME[dtype];
  if (same !== undefined) {
    const { buffer, byteOffset } = aligned(bytes, BYTES[same]);
    return { dtype: same, shape, data: view(same, buffer, byteOffset, sizeOf(shape)) };
  }
  const { buffer, byteOffset } = aligned(bytes, 2);
  const halves = new Uint16Array(buffer, byteOffset, sizeOf(shape));
  return { dtype: "f32", shape, data: dtype === "BF16" ? bf16ToF32(halves) : f16ToF32(halves) };
}

function aligned(bytes: Uint8Array, size: number): Uint8Array {
  // Not `bytes.slice`: that of Node's Buffer, which is a Uint8Array too, does not copy.
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}
