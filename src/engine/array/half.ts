/** @file Half-precision floats: brain floats and IEEE half floats, from and to 32 bits. */

/** Brain floats are the upper halves of 32-bit ones: exact. */
export function bf16ToF32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = (halves[i] ?? 0) << 16;
  return new Float32Array(out.buffer);
}

/** To the nearest brain float, halfway to the even one, as PyTorch rounds. NaN stays NaN. */
export function f32ToBf16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (bit, i) => (Number.isNaN(values[i]) ? 0x7fc0 : (bit + 0x7fff + ((bit >>> 16) & 1)) >>> 16));
}

/** Of every half float, IEEE 754 binary16, its value: exact. Looked up, for there are no more than 65,536. */
export function f16ToF32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(halves.length);
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => f16Value(bits));
  for (let i = 0; i < halves.length; i++) out[i] = table[halves[i] ?? 0] ?? NaN;
  return out;
}

let table: Float32Array | undefined;

/** Sign, five bits of exponent, ten of fraction. */
function f16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >>> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** To the nearest half float, halfway to the even one; beyond 65,504 and its rounding, infinity. NaN stays NaN. */
export function f32ToF16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, f16Bits);
}

function f16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  // Of numbers below the smallest normal one the last place is worth 2⁻²⁴, of others 2^(exponent - 10).
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const places = halfToEven(size / 2 ** (exponent - 10));
  // A carry out of the fraction runs into the exponent, as it should; below the smallest normal one the exponent is 0.
  return sign | (size < 2 ** -14 ? places : (exponent + 14) * 1024 + places);
}

function halfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
