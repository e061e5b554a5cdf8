/** @file Host tensors: a typed array with a shape and a dtype. */

/** Element types: 32- and 64-bit floats, 64-bit integers, booleans (0 or 1 in a byte). */
export type Dtype = "f32" | "f64" | "i64" | "bool";

/** The typed array that carries each dtype. */
export interface DtypeArrays {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
  readonly bool: Uint8Array;
}

export type Shape = readonly number[];

/** Row-major values of one dtype. `data.length` equals the product of `shape`. */
export interface HostTensor<D extends Dtype = Dtype> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: DtypeArrays[D];
}

/** Bytes of one element. */
export const BYTES: Readonly<Record<Dtype, number>> = { f32: 4, f64: 8, i64: 8, bool: 1 };

const CONSTRUCTORS = {
  f32: Float32Array,
  f64: Float64Array,
  i64: BigInt64Array,
  bool: Uint8Array,
} as const;

/** Number of elements of a shape; 1 for a scalar `[]`. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** A zero-filled typed array for `length` elements of `dtype`. */
export function allocate<D extends Dtype>(dtype: D, length: number): DtypeArrays[D] {
  // The table is keyed by dtype, which TypeScript cannot carry through the lookup.
  return new CONSTRUCTORS[dtype](length) as unknown as DtypeArrays[D];
}

/** A typed view of `length` elements of `dtype` in `buffer`; `byteOffset` must be a multiple of the element size. */
export function view<D extends Dtype>(
  dtype: D,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): DtypeArrays[D] {
  return new CONSTRUCTORS[dtype](buffer as ArrayBuffer, byteOffset, length) as unknown as DtypeArrays[D];
}

/**
 * Pair typed values with a shape, without copying.
 *
 * @throws RangeError when the number of values is not the product of the shape
 */
export function hostTensor<D extends Dtype>(dtype: D, shape: Shape, data: DtypeArrays[D]): HostTensor<D> {
  const expected = sizeOf(shape);
  if (data.length !== expected) {
    throw new RangeError(
      `hostTensor: ${dtype}[${shape.join(", ")}] needs ${expected} values, got ${data.length}`,
    );
  }
  return { dtype, shape, data };
}

/** A tensor of `dtype` from plain numbers; i64 values must be integers, bool values 0 or 1. */
export function tensorFrom<D extends Dtype>(dtype: D, shape: Shape, values: ArrayLike<number>): HostTensor<D> {
  const data = allocate(dtype, values.length);
  if (dtype === "i64") {
    const integers = data as unknown as BigInt64Array;
    for (let i = 0; i < values.length; i++) integers[i] = BigInt(values[i] ?? 0);
  } else {
    (data as unknown as Float32Array).set(values);
  }
  return hostTensor(dtype, shape, data);
}

/** A zero-filled tensor. */
export function zeros<D extends Dtype>(dtype: D, shape: Shape): HostTensor<D> {
  return { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
}

/** The values as plain numbers; i64 values must be within ±2⁵³. */
export function toNumbers(tensor: HostTensor): number[] {
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}
