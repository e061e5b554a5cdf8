/** @file Laws of FAST: nothing is lost, wrong sequences are refused with their place, specs are checked. */

import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { TokenError, type SequenceCodec } from "./codec.ts";
import { roundHalfToEven } from "./fast-coefficients.ts";
import { fitFast } from "./fast-fit.ts";
import { fastCodec, fastSpecSchema, type FastSpec } from "./fast.ts";

const sizes = { horizon: 16, actionSize: 7 };
const SIZE = sizes.horizon * sizes.actionSize;

/** Smooth chunks within [-1, 1]: two slow waves per dimension, the last one switching once. */
function smoothChunks(count: number, seed: number, { horizon, actionSize } = sizes): Float64Array[] {
  const random = rng(seed, "fast");
  return Array.from({ length: count }, () => {
    const chunk = new Float64Array(horizon * actionSize);
    for (let a = 0; a < actionSize; a++) {
      const [offset, slope, speed, phase] = [random.uniform(), random.uniform(), random.uniform(), random.uniform()];
      const change = Math.floor(random.uniform() * 2 * horizon);
      for (let h = 0; h < horizon; h++) {
        const wave = 0.6 * (offset - 0.5) + 0.4 * slope * Math.sin((2 * speed * h) / horizon + 6 * phase);
        chunk[h * actionSize + a] = a === actionSize - 1 ? (h < change ? 1 : -1) : wave;
      }
    }
    return chunk;
  });
}

const training = smoothChunks(300, 1);
const spec = fitFast(training, { ...sizes, vocabulary: 512 });
const codec = fastCodec(spec);
/** Nothing but single coefficients between -3 and 4: H = 2, A = 1. */
const tiny: FastSpec = { scheme: "fast", horizon: 2, actionSize: 1, scale: 10, minSymbol: -3, vocabulary: 10, merges: [[3, 3], [4, 3]] };

function decoded(from: SequenceCodec, ids: ArrayLike<number>): number[] {
  const chunk = new Float64Array(from.horizon * from.actionSize);
  from.decode(ids, chunk);
  return [...chunk];
}

function failure(from: SequenceCodec, ids: ArrayLike<number>): TokenError {
  try {
    decoded(from, ids);
  } catch (error) {
    if (error instanceof TokenError) return error;
  }
  throw new Error("expected a TokenError");
}

test("numbers midway between two integers go to the even one", () => {
  const midway = [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5];
  expect(midway.map((value) => roundHalfToEven(value) + 0)).toEqual([-4, -2, -2, 0, 0, 2, 2, 4]);
  expect([2.4, 2.6, -2.4, -2.6, 7].map(roundHalfToEven)).toEqual([2, 3, -2, -3, 7]);
});

// DCT of [0.3, 0.1] is [0.4, 0.2]/√2; times 10 that is 2.83 and 1.41, so 3 and 1.
test("a chunk becomes its rounded coefficients, low frequency first", () => {
  expect(fastCodec(tiny).encode([0.3, 0.1])).toEqual({ ids: [6, 4], clamped: 0 });
  const [first, second] = decoded(fastCodec(tiny), [6, 4]);
  expect(first).toBeCloseTo(0.4 / Math.SQRT2, 12);
  expect(second).toBeCloseTo(0.2 / Math.SQRT2, 12);
});

test("pairs of ids become one, and stand for the coefficients of both", () => {
  const codec = fastCodec(tiny);
  expect(codec.encode([0, 0]).ids).toEqual([8]);
  expect(codec.symbols.map((values) => [...values])).toEqual([[-3], [-2], [-1], [0], [1], [2], [3], [4], [0, 0], [1, 0]]);
  expect(decoded(codec, [9])).toEqual(decoded(codec, [4, 3]));
});

test("coefficients outside the alphabet are clamped to its ends and counted, however far they are", () => {
  const codec = fastCodec(tiny);
  expect(codec.encode([1, 1])).toEqual({ ids: [7, 3], clamped: 1 });
  expect(codec.encode([-1e12, 1e12])).toEqual({ ids: [3, 0], clamped: 1 });
  expect(codec.encode([1e300, 0])).toEqual({ ids: [7, 7], clamped: 2 });
});

test("every coefficient a chunk within [-1, 1] can have is a token of its own", () => {
  const single = codec.symbols.filter((values) => values.length === 1).map(([value]) => value);
  expect(single).toEqual(Array.from({ length: 81 }, (_, i) => i - 40)); // ±10·√16
  const alternating = Array.from({ length: SIZE }, (_, i) => (i % 2 === 0 ? 1 : -1));
  for (const extreme of [Array<number>(SIZE).fill(1), Array<number>(SIZE).fill(-1), alternating]) {
    expect(codec.encode(extreme).clamped).toBe(0);
  }
});

test("an unseen chunk comes back within rounding, from fewer tokens than numbers", () => {
  for (const chunk of smoothChunks(50, 2)) {
    const { ids, clamped } = codec.encode(chunk);
    expect(clamped).toBe(0);
    expect(ids.length).toBeLessThan(SIZE / 2);
    // Coefficients are off by at most 0.05 each, so a column of 16 by at most 0.05·√16 in norm.
    const gaps = decoded(codec, ids).map((value, i) => Math.abs(value - (chunk[i] ?? NaN)));
    expect(Math.max(...gaps)).toBeLessThan(0.2);
  }
});

test("chunks unlike any that were learned from lose nothing either", () => {
  const random = rng(3, "noise");
  for (let trial = 0; trial < 50; trial++) {
    const chunk = Float64Array.from({ length: SIZE }, () => 2 * random.uniform() - 1);
    const { ids } = codec.encode(chunk);
    const again = decoded(codec, ids);
    expect(codec.encode(again).ids).toEqual(ids);
    const squares = again.reduce((total, value, i) => total + (value - (chunk[i] ?? NaN)) ** 2, 0);
    expect(Math.sqrt(squares)).toBeLessThanOrEqual(0.05 * Math.sqrt(SIZE) + 1e-9);
  }
});

test("what the ids stand for adds up to H·A coefficients", () => {
  for (const chunk of smoothChunks(20, 4)) {
    const { ids } = codec.encode(chunk);
    expect(ids.reduce((total, id) => total + (codec.symbols[id]?.length ?? NaN), 0)).toBe(SIZE);
  }
});

test("the same chunks give the same tokenizer, and JSON keeps it", () => {
  expect(fitFast(smoothChunks(300, 1), { ...sizes, vocabulary: 512 })).toEqual(spec);
  expect(fastSpecSchema.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  expect(spec.vocabulary).toBe(512);
});

test("chunks beyond [-1, 1] widen the alphabet a tenth past what they reach", () => {
  const wide = fitFast([Array<number>(16).fill(3)], { horizon: 16, actionSize: 1 });
  expect(wide.minSymbol).toBe(-132); // 1.1 · 10 · 4 · 3
  expect(fastCodec(wide).encode(Array<number>(16).fill(3.3)).clamped).toBe(0);
  expect(fastCodec(wide).encode(Array<number>(16).fill(3.4)).clamped).toBe(1);
});

test("a sequence that ends too early is refused with its length", () => {
  const { ids } = codec.encode(training[0] ?? []);
  const error = failure(codec, ids.slice(0, -1));
  expect(error.position).toBe(ids.length - 1);
  expect(error.message).toMatch(/^fastCodec: the \d+ ids hold \d+ coefficients, expected 112; the sequence ends too early, at position \d+$/);
  expect(failure(codec, []).position).toBe(0);
});

test("a sequence that is too long is refused where it passes the chunk", () => {
  expect(failure(fastCodec(tiny), [3, 8])).toMatchObject({
    position: 1,
    message: "fastCodec: id 8 at position 1 adds 2 coefficients, expected no more than 1 of the 2 of a chunk",
  });
});

test.each([10, -1, 1.5, NaN])("id %f is refused where it stands", (id) => {
  expect(failure(fastCodec(tiny), [3, id])).toMatchObject({
    position: 1,
    message: `fastCodec: id ${id} at position 1, expected 0 … 9`,
  });
});

test.each([
  [[0.1, NaN], "fastCodec: step 1, dimension 0 is NaN, expected a finite number; normalize and check the chunk first"],
  [[-Infinity, 0], "fastCodec: step 0, dimension 0 is -Infinity, expected a finite number"],
  [[0.1], "fastCodec: the chunk holds 1 values, expected 2 steps of 1"],
])("a chunk that cannot be encoded is refused: %j", (chunk, message) => {
  expect(() => fastCodec(tiny).encode(chunk)).toThrow(message);
});

test.each([
  [{ version: "1.0", model: { type: "BPE" } }, 'fastCodec: not a fitted FAST tokenizer (scheme: Invalid input: expected "fast")'],
  [{ ...tiny, merges: undefined }, "fastCodec: not a fitted FAST tokenizer (merges: Invalid input: expected array"],
  [{ ...tiny, scale: 0 }, "fastCodec: not a fitted FAST tokenizer (scale: Too small: expected number to be >0)"],
  [{ ...tiny, vocabulary: 2 }, "(merges: 2 merges leave no room for single coefficients in a vocabulary of 2)"],
  [{ ...tiny, merges: [[3, 9], [3, 3]] }, "(merges: merge 0 joins 3 and 9, expected ids below 8)"],
  [{ ...tiny, merges: [[3, 3], [8, 3]] }, "(merges: merge 1 stands for 3 coefficients, a chunk has 2)"],
  [null, "fastCodec: not a fitted FAST tokenizer (Invalid input: expected object, received null); make one with fitFast"],
])("an unfitted or foreign spec is one clear error: %#", (wrong, message) => {
  // The type promises a fitted spec; files do not.
  expect(() => fastCodec(wrong as FastSpec)).toThrow(message);
  expect(() => fastCodec(wrong as FastSpec)).toThrow(RangeError);
});

test.each([
  [() => fitFast([], sizes), "fitFast: there are no chunks to learn from"],
  [() => fitFast([[1, 2]], { horizon: 1, actionSize: 3 }), "fitFast: the chunk holds 2 values, expected 1 steps of 3"],
  [
    () => fitFast([Array<number>(16).fill(0)], { horizon: 16, actionSize: 1, vocabulary: 80 }),
    "fitFast: coefficients reach ±40, so there are 81 of them, expected at most 80; normalize the chunks to about [-1, 1], lower the scale or raise the vocabulary",
  ],
])("what cannot be learned from is refused: %#", (fit, message) => {
  expect(fit).toThrow(message);
});
