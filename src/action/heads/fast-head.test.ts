/** @file Laws of the FAST head: only legal sequences have probability, they are drawn so, and the graph decodes as the codec does. */

import { describe, expect, test } from "vitest";
import { fastCodec, fitFast, type FastSpec } from "#action/tokens";
import { rng, tensorFrom } from "#engine/array";
import { emit, input, reshape, ShapeError, type Tensor } from "#engine/graph";
import { openSession } from "#engine/runtime/node";
import { bool, evaluate, f32, fixedParameters, i64, normals, normalValues, relativeError } from "#testing";
import { fastHead, type FastHead } from "./fast-head.ts";
import { fastTables, fewestTokens } from "./fast-tables.ts";

const C = 3;
/** Coefficients -1, 0 and 1; pairs (0, 0) and (1, 0), a triple (0, 0, -1), and all of a chunk (1, 0, 0, 0). */
const tiny: FastSpec = { scheme: "fast", horizon: 2, actionSize: 2, scale: 1, minSymbol: -1, vocabulary: 7, merges: [[1, 1], [2, 1], [3, 0], [4, 3]] };
const chunk = { horizon: 2, actionSize: 2 };
const codec = fastCodec(tiny);
const cond = normals(C, 3);
const size = { condSize: C, width: 8, blocks: 2 };

/** Every sequence that holds exactly `room` coefficients in at most so many tokens. */
function legal(room: number, places: number): number[][] {
  if (room === 0) return [[]];
  if (places === 0) return [];
  return codec.symbols.flatMap(({ length }, id) => (length > room ? [] : legal(room - length, places - 1).map((rest) => [id, ...rest])));
}
const decoded = (ids: readonly number[]): number[] => {
  const out = new Float64Array(4);
  codec.decode(ids, out);
  return [...out];
};
const keyOf = (chunk: readonly number[]): string => chunk.map((value) => value.toFixed(3)).join().replaceAll("-0.000", "0.000");

const paramsOf = (head: FastHead) => fixedParameters(head.parameters, normalValues(0.6));

/** -ln p of each sequence. */
async function costs(head: FastHead, sequences: readonly (readonly number[])[]): Promise<number[]> {
  const inputs = {
    cond: input("cond", "f32", [1, C]),
    actions: input("actions", "f32", [1, 2, 2]),
    isPad: input("isPad", "bool", [1, 2]),
    tokens: input("tokens", "i64", [1, head.maxTokens]),
  };
  const { loss } = head.loss(paramsOf(head), inputs.cond, inputs, inputs);
  await using session = await openSession(emit({ name: "cost", inputs: { cond: inputs.cond, tokens: inputs.tokens, isPad: inputs.isPad }, outputs: { loss } }).bytes, { threads: 1 });
  const given = { cond: tensorFrom("f32", [1, C], cond), isPad: tensorFrom("bool", [1, 2], [0, 0]) };
  const all: number[] = [];
  for (const ids of sequences) {
    const row = Array.from({ length: head.maxTokens }, (_, n) => ids[n] ?? -1);
    const { loss: mean } = await session.run({ ...given, tokens: tensorFrom("i64", [1, head.maxTokens], row) });
    all.push(Number(mean?.data[0]) * ids.length);
  }
  return all;
}

async function draws(head: FastHead, count: number, seed: number): Promise<number[][]> {
  const sample = (c: Tensor, noise: Tensor): Tensor => reshape(head.sample(paramsOf(head), c, noise), [count, 4]);
  const shape = [count, ...head.noiseShape];
  const noise = normals(shape.reduce((a, b) => a * b, 1), seed);
  const [flat = []] = await evaluate(sample, [f32(count, C), f32(...shape)], [Array.from({ length: count }, () => cond).flat(), noise]);
  return Array.from({ length: count }, (_, i) => flat.slice(4 * i, 4 * i + 4));
}

describe("with a place for every coefficient", () => {
  const head = fastHead(chunk, { codec: tiny, ...size });

  test("the probabilities of all legal sequences sum to 1, and each is drawn as often as the loss says", async () => {
    expect(head.maxTokens).toBe(4);
    const sequences = legal(4, 4);
    const likely = (await costs(head, sequences)).map((cost) => Math.exp(-cost));
    expect(likely.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);

    const byChunk = new Map<string, number>();
    sequences.forEach((ids, i) => byChunk.set(keyOf(decoded(ids)), (byChunk.get(keyOf(decoded(ids))) ?? 0) + (likely[i] ?? NaN)));
    const drawn = (await draws(head, 6000, 5)).map(keyOf);
    expect(drawn.filter((key) => !byChunk.has(key))).toEqual([]);
    for (const [key, probability] of byChunk) {
      const share = drawn.filter((other) => other === key).length / drawn.length;
      expect(Math.abs(share - probability)).toBeLessThan(4 * Math.sqrt(probability / drawn.length) + 1e-3);
    }
  }, 60_000);
});

describe.each([1, 2, 3])("with %i places", (maxTokens) => {
  const head = fastHead(chunk, { codec: tiny, ...size, maxTokens });

  test("every sequence drawn is finished in time", async () => {
    const reachable = new Set(legal(4, maxTokens).map((ids) => keyOf(decoded(ids))));
    const drawn = new Set((await draws(head, 1500, 6)).map(keyOf));
    expect([...drawn].filter((key) => !reachable.has(key))).toEqual([]);
    expect(drawn.size).toBeGreaterThan(maxTokens === 1 ? 0 : reachable.size / 4);
  });
});

test("the most likely tokens are those of the largest logits, and read no noise", async () => {
  const head = fastHead(chunk, { codec: tiny, ...size, choose: "most-likely" });
  expect(head.noiseShape).toEqual([0]);
  const [first = [], second] = await draws(head, 2, 7);
  expect(second).toEqual(first);
  // Follow the largest probability by hand: that of a beginning is the sum over the sequences that begin so.
  const sequences = legal(4, 4);
  const likely = (await costs(head, sequences)).map((cost) => Math.exp(-cost));
  const probabilityOf = (start: readonly number[]): number =>
    sequences.reduce((sum, ids, i) => sum + (start.every((id, n) => ids[n] === id) ? (likely[i] ?? NaN) : 0), 0);
  let ids: number[] = [];
  while (!sequences.some((whole) => whole.join() === ids.join())) {
    const next = codec.symbols.map((_, id) => probabilityOf([...ids, id]));
    ids = [...ids, next.indexOf(Math.max(...next))];
  }
  expect(keyOf(first)).toBe(keyOf(decoded(ids)));
}, 60_000);

test("the graph makes the same chunk of tokens as the codec", async () => {
  const [horizon, actionSize, count] = [8, 3, 12] as const;
  const wave = (i: number): Float32Array =>
    Float32Array.from({ length: horizon * actionSize }, (_, at) => 0.8 * Math.sin(0.3 * i + at / 7) + 0.02 * (normals(30, i)[at % 30] ?? 0));
  const spec = fitFast(Array.from({ length: 60 }, (_, i) => wave(i)), { horizon, actionSize, vocabulary: 200 });
  const fitted = fastCodec(spec);
  const sequences = Array.from({ length: count }, (_, i) => fitted.encode(wave(i + 100)).ids);
  const N = Math.max(...sequences.map(({ length }) => length)) + 2;
  expect(new Set(sequences.map(({ length }) => length)).size).toBeGreaterThan(1);
  const tables = fastTables(spec, fitted.symbols);
  const ids = sequences.flatMap((sequence) => Array.from({ length: N }, (_, n) => sequence[n] ?? 5));
  const added = sequences.flatMap((sequence) => Array.from({ length: N }, (_, n) => fitted.symbols[sequence[n] ?? -1]?.length ?? 0));
  const [chunks = []] = await evaluate((i, a) => tables.chunkOf(i, a), [i64(count, N), f32(count, N)], [ids, added]);
  const expected = sequences.flatMap((sequence) => {
    const out = new Float64Array(horizon * actionSize);
    fitted.decode(sequence, out);
    return [...out];
  });
  expect(relativeError(chunks, expected)).toBeLessThan(1e-6);
});

test("the fewest tokens of a number of coefficients are counted over all ways to make it", () => {
  expect(fewestTokens([1, 1, 4, 3], 10)).toEqual([0, 1, 2, 1, 1, 2, 2, 2, 2, 3, 3]);
});

describe("what counts", () => {
  const head = fastHead(chunk, { codec: tiny, ...size });
  const lossOf = async (isPad: readonly number[], tokens: readonly number[]): Promise<number[]> => {
    const given = (c: Tensor, actions: Tensor, p: Tensor, t: Tensor): Tensor[] => {
      const { loss, metrics } = head.loss(paramsOf(head), c, { actions, isPad: p }, { tokens: t });
      return [loss, metrics["tokens"] ?? loss];
    };
    const specs = [f32(2, C), f32(2, 2, 2), bool(2, 2), i64(2, 4)];
    return (await evaluate(given, specs, [[...cond, ...cond], Array<number>(8).fill(0), isPad, tokens])).flat();
  };

  test("a chunk with one valid step counts whole, one without any does not", async () => {
    const tokens = [6, -1, -1, -1, 1, 0, 2, 2];
    const whole = await lossOf([0, 0, 0, 0], tokens);
    expect(await lossOf([0, 1, 0, 1], tokens)).toEqual(whole);
    const [first = NaN, length] = await lossOf([0, 1, 1, 1], tokens);
    expect(first).toBeCloseTo((await costs(head, [[6]]))[0] ?? NaN, 4);
    expect([length, whole[1]]).toEqual([1, 2.5]);
  });

  test("every token counts alike, none behind the end", async () => {
    const [loss = NaN] = await lossOf([0, 0, 0, 0], [6, -1, -1, -1, 1, 0, 2, 2]);
    const [one = NaN, four = NaN] = await costs(head, [[6], [1, 0, 2, 2]]);
    expect(loss).toBeCloseTo((one + four) / 5, 4);
  });
});

describe("what does not fit is refused", () => {
  test("a codec for other chunks", () => {
    expect(() => fastHead({ horizon: 4, actionSize: 2 }, { codec: tiny, ...size })).toThrow(
      new RangeError("fastHead: the codec is for chunks of 2 steps of 2, expected 4 steps of 2; fit one to such chunks"),
    );
  });

  test.each([0, 5, 2.5])("%f places", (maxTokens) => {
    expect(() => fastHead(chunk, { codec: tiny, ...size, maxTokens })).toThrow(
      new RangeError(`fastHead: maxTokens is ${maxTokens}, expected an integer from 1, the fewest that make a chunk, to 4`),
    );
  });

  test("a chunk that takes more tokens than there are places, by its number", () => {
    const { hostInputs: { tokens } } = fastHead(chunk, { codec: tiny, ...size, maxTokens: 3 });
    const actions = new Float32Array(8);
    const write = () => tokens.write(new BigInt64Array(6), rng(0), { actions, isPad: new Uint8Array(4) });
    write();
    actions.set(decoded([0, 2, 0, 2]), 4);
    expect(write).toThrow(
      new RangeError("fastHead: chunk 1 of the batch takes 4 tokens, expected at most 3; fit the tokenizer to these data, or raise maxTokens"),
    );
  });

  test("tensors of another shape, while the graph is built", () => {
    const head = fastHead(chunk, { codec: tiny, ...size });
    const targets = { actions: input("a", "f32", [1, 2, 2]), isPad: input("p", "bool", [1, 2]) };
    expect(() => head.loss(paramsOf(head), input("c", "f32", [1, C]), targets, { tokens: input("t", "i64", [1, 3]) })).toThrow(
      new ShapeError("fastHead: tokens is i64[1, 3], expected [1, 4]"),
    );
  });
});

test("places are a quarter more than the longest of the data took, and a coefficient each where that is not known", () => {
  const wide = fitFast([new Float32Array(32), Float32Array.from(normals(32, 1), Math.tanh)], { horizon: 16, actionSize: 2 });
  const placesOf = (spec: FastSpec): number => fastHead({ horizon: 16, actionSize: 2 }, { codec: spec, ...size }).maxTokens;
  expect(placesOf(wide)).toBe(32);
  expect(placesOf({ ...wide, longest: 10 })).toBe(13);
  expect(placesOf({ ...wide, longest: 31 })).toBe(32);
});
