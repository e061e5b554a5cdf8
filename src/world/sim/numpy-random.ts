/** @file NumPy's legacy `RandomState`: published Push-T results are named by its seeds. */

/** The part of `numpy.random.RandomState` that environments draw their start states from. */
export interface NumpyRandom {
  /** Uniform integer in [low, high), as `RandomState.randint` with its default 64-bit type; high - low ≤ 2³². */
  randint(low: number, high: number): number;
  /** Uniform real in [low, high), 53 bits. */
  uniform(low?: number, high?: number): number;
  /** Standard normal. Draws come in pairs; the second of a pair is kept for the next call. */
  randn(): number;
}

const WORDS = 624;
const LAG = 397;

/**
 * The same stream of numbers as `numpy.random.RandomState(seed)`.
 *
 * @param seed integer in [0, 2³²)
 *
 * Source: Matsumoto and Nishimura 1998, doi:10.1145/272991.272995 (MT19937, seeded by `init_genrand`);
 * numpy/random/src/legacy/legacy-distributions.c (polar normal) and distributions.c (masked rejection).
 * NumPy froze this stream (NEP 19), so the numbers cannot change under us.
 */
export function numpyRandom(seed: number): NumpyRandom {
  const twister = mersenneTwister(seed);
  let spare: number | undefined;

  const real = (): number => ((twister() >>> 5) * 67108864 + (twister() >>> 6)) / 9007199254740992;

  return {
    randint(low, high) {
      const widest = high - low - 1;
      if (!Number.isInteger(low) || !Number.isInteger(widest) || widest < 0 || widest > 0xffffffff) {
        throw new RangeError(`numpyRandom.randint: got [${low}, ${high}), expected 1 to 2^32 integers`);
      }
      return widest === 0 ? low : low + maskedDraw(twister, widest);
    },
    uniform(low = 0, high = 1) {
      return low + (high - low) * real();
    },
    randn() {
      if (spare !== undefined) {
        const kept = spare;
        spare = undefined;
        return kept;
      }
      let x = 0;
      let y = 0;
      let square = 0;
      do {
        x = 2 * real() - 1;
        y = 2 * real() - 1;
        square = x * x + y * y;
      } while (square >= 1 || square === 0);
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      spare = scale * x;
      return scale * y;
    },
  };
}

/** Integer in [0, widest]: keep the low bits, draw again while above. `widest` ≥ 1. */
function maskedDraw(word: () => number, widest: number): number {
  const mask = 0xffffffff >>> Math.clz32(widest);
  let draw = (word() & mask) >>> 0;
  while (draw > widest) draw = (word() & mask) >>> 0;
  return draw;
}

/** Draws uniform 32-bit words. */
function mersenneTwister(seed: number): () => number {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new RangeError(`numpyRandom: seed is ${seed}, expected an integer in [0, 2^32)`);
  }
  const key = new Uint32Array(WORDS);
  key[0] = seed;
  for (let i = 1; i < WORDS; i++) {
    const last = key[i - 1] ?? 0;
    key[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
  }
  let position = WORDS;
  return () => {
    if (position === WORDS) {
      refill(key);
      position = 0;
    }
    return temper(key[position++] ?? 0);
  };
}

function refill(key: Uint32Array): void {
  for (let i = 0; i < WORDS; i++) {
    const joined = ((key[i] ?? 0) & 0x80000000) | ((key[(i + 1) % WORDS] ?? 0) & 0x7fffffff);
    key[i] = (key[(i + LAG) % WORDS] ?? 0) ^ (joined >>> 1) ^ ((joined & 1) === 1 ? 0x9908b0df : 0);
  }
}

function temper(word: number): number {
  let y = word ^ (word >>> 11);
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return (y ^ (y >>> 18)) >>> 0;
}
