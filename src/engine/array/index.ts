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
