/** @file Seeded random numbers: xoshiro128**, with a stream for every (seed, ...path). */

/**
 * A deterministic stream of random numbers. Same key, same numbers, on every platform with the same `Math`.
 *
 * Streams are addressed, not saved: `rng(seed, "train", step)` is the generator of that step, so a run that
 * resumes at a step needs no stored generator state.
 */
export interface Rng {
  /** Uniform integer in [0, 2³²). */
  uint32(): number;
  /** Uniform real in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform integer in [low, high), exactly (rejection sampling); high - low ≤ 2³². */
  integer(low: number, high: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** Fill with standard normals. */
  fillNormal(out: Float32Array | Float64Array): void;
  /** Shuffle in place (Fisher-Yates). */
  shuffle(items: { length: number; [index: number]: number }): void;
}

/**
 * The generator for a key of numbers and words.
 *
 * Source: Blackman and Vigna 2018, arXiv:1805.01407 (xoshiro128**); the key is hashed with MurmurHash3's finalizer.
 */
export function rng(seed: number, ...path: readonly (number | string)[]): Rng {
  const state = seedState([seed, ...path]);
  const uint32 = (): number => next(state);
  const uniform = (): number => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;
  const pair = { spare: 0 };

  const normal = (): number => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    pair.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const integer = (low: number, high: number): number => {
    const range = high - low;
    if (!(Number.isInteger(low) && Number.isInteger(high) && range > 0 && range <= 0x100000000)) {
      throw new RangeError(`rng.integer: range [${low}, ${high}) must hold 1 to 2^32 integers`);
    }
    const limit = 0x100000000 - (0x100000000 % range);
    let draw = uint32();
    while (draw >= limit) draw = uint32();
    return low + (draw % range);
  };
  const fillNormal = (out: Float32Array | Float64Array): void => {
    for (let i = 0; i < out.length; i += 2) {
      out[i] = normal();
      if (i + 1 < out.length) out[i + 1] = pair.spare;
    }
  };
  const shuffle = (items: { length: number; [index: number]: number }): void => {
    for (let i = items.length - 1; i > 0; i--) {
      const j = integer(0, i + 1);
      const held = items[i] ?? 0;
      items[i] = items[j] ?? 0;
      items[j] = held;
    }
  };
  return { uint32, uniform, integer, normal, fillNormal, shuffle };
}

function next(s: Uint32Array): number {
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = s;
  const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
  const a2 = s2 ^ s0;
  const a3 = s3 ^ s1;
  s[1] = s1 ^ a2;
  s[0] = s0 ^ a3;
  s[2] = a2 ^ (s1 << 9);
  s[3] = rotateLeft(a3, 11);
  return result;
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** Four words that depend on every part of the key; never all zero. */
function seedState(key: readonly (number | string)[]): Uint32Array {
  const bytes = new TextEncoder().encode(JSON.stringify(key));
  const state = new Uint32Array(4);
  for (let word = 0; word < 4; word++) {
    let hash = 0x9e3779b9 ^ Math.imul(word + 1, 0x85ebca6b);
    for (const byte of bytes) hash = mix(hash ^ byte);
    state[word] = mix(hash) | (word === 0 ? 1 : 0);
  }
  return state;
}

function mix(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b) + 0x165667b1;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
