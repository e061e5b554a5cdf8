/** @file Host tensors, seeded random numbers and safetensors: what every other room stands on. */

export {
  allocate,
  BYTES,
  hostTensor,
  sizeOf,
  tensorFrom,
  toNumbers,
  view,
  zeros,
  type Dtype,
  type DtypeArrays,
  type HostTensor,
  type Shape,
} from "./tensor.ts";
export { rng, type Rng } from "./rng.ts";
export { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from "./safetensors.ts";
export { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from "./half.ts";
export { STORED_BYTES, type StoredDtype, type StoredEntry } from "./safetensors-header.ts";
export { joinStored, openSafetensors, type ByteSource, type StoredTensors } from "./stored-tensors.ts";
export { safetensorsHead, type StreamedTensor } from "./safetensors-stream.ts";
export { packInt4, unpackInt4, type Int4Matrix, type Int4Size } from "./int4.ts";
