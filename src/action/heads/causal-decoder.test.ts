/** @file Laws of the causal decoder: one token at a time is the same as all at once, and nothing looks ahead. */

import { describe, expect, test } from "vitest";
import { concat, input, reshape, ShapeError, slice, type Tensor } from "#engine/graph";
import { evaluate, f32, fixedParameters, i64, normals, normalValues, relativeError } from "#testing";
import { causalDecoder, type CausalDecoder, type DecoderState } from "./causal-decoder.ts";

const [B, C, K, N] = [2, 4, 7, 5] as const;
const cond = normals(B * C, 1);
const ids = [3, 0, 6, 6, 1, 2, 5, 0, 4, 4];
const everyId = { offset: 0, size: K };
const paramsOf = (decoder: CausalDecoder) => fixedParameters(decoder.parameters, normalValues(0.5));

/** Logits of all places, from all tokens at once. */
async function atOnce(decoder: CausalDecoder, given: { cond?: readonly number[]; ids?: readonly number[] } = {}): Promise<number[]> {
  const logits = (c: Tensor, tokens: Tensor): Tensor => {
    const params = paramsOf(decoder);
    return decoder.logits(params, decoder.all(params, c, tokens), everyId);
  };
  const [result = []] = await evaluate(logits, [f32(B, C), i64(B, ids.length / B)], [given.cond ?? cond, given.ids ?? ids]);
  return result;
}

/** The same from a cache, a token at a time. */
async function oneByOne(decoder: CausalDecoder): Promise<number[]> {
  const logits = (c: Tensor, tokens: Tensor): Tensor => {
    const params = paramsOf(decoder);
    let state: DecoderState = decoder.begin(params, c);
    const places = [state.hidden];
    for (let place = 0; place + 1 < N; place++) {
      state = decoder.next(params, state, { ids: reshape(slice(tokens, 1, place, place + 1), [B]), place });
      places.push(state.hidden);
    }
    return decoder.logits(params, concat(places.map((hidden) => reshape(hidden, [B, 1, -1])), 1), everyId);
  };
  const [result = []] = await evaluate(logits, [f32(B, C), i64(B, N)], [cond, ids]);
  return result;
}

describe.each([
  { obsSteps: 1, width: 8, blocks: 1, heads: 1 },
  { obsSteps: 2, width: 8, blocks: 2, heads: 2 },
  { obsSteps: 4, width: 12, blocks: 3, heads: 3 },
])("with %o", (size) => {
  const decoder = causalDecoder({ condSize: C, places: N, vocabulary: K, ...size });

  test("a token at a time with a cache gives the logits of all at once", async () => {
    expect(relativeError(await oneByOne(decoder), await atOnce(decoder))).toBeLessThan(1e-5);
  });

  test("a token is known to the places behind it and to no other", async () => {
    const before = await atOnce(decoder);
    for (let place = 0; place < N; place++) {
      const after = await atOnce(decoder, { ids: ids.map((id, i) => (i === place ? (id + 1) % K : id)) });
      const changed = Array.from({ length: B * N }, (_, at) => relativeError(after.slice(at * K, (at + 1) * K), before.slice(at * K, (at + 1) * K)) > 1e-6);
      expect(changed).toEqual(Array.from({ length: B * N }, (_, at) => at < N && at > place));
    }
  });

  test("every place knows every observation of its own chunk", async () => {
    const before = await atOnce(decoder);
    const each = C / size.obsSteps;
    for (let step = 0; step < size.obsSteps; step++) {
      const after = await atOnce(decoder, { cond: cond.map((value, i) => (i === step * each ? value + 1 : value)) });
      const changed = Array.from({ length: B * N }, (_, at) => relativeError(after.slice(at * K, (at + 1) * K), before.slice(at * K, (at + 1) * K)) > 1e-6);
      expect(changed).toEqual(Array.from({ length: B * N }, (_, at) => at < N));
    }
  });
});

test("logits of some ids are those of all, cut out", async () => {
  const decoder = causalDecoder({ condSize: C, places: N, vocabulary: K, width: 8, blocks: 1 });
  const both = (c: Tensor): Tensor[] => {
    const params = paramsOf(decoder);
    const { hidden } = decoder.begin(params, c);
    return [decoder.logits(params, hidden, { offset: 2, size: 3 }), slice(decoder.logits(params, hidden, everyId), 1, 2, 5)];
  };
  const [some = [], cut = []] = await evaluate(both, [f32(B, C)], [cond]);
  expect(relativeError(some, cut)).toBeLessThan(1e-6);
});

test("a sequence of one token needs no token before it", async () => {
  const decoder = causalDecoder({ condSize: C, places: 1, vocabulary: K, width: 8, blocks: 1 });
  const both = (c: Tensor, tokens: Tensor): Tensor[] => [decoder.all(paramsOf(decoder), c, tokens), decoder.begin(paramsOf(decoder), c).hidden];
  const [all = [], begun = []] = await evaluate(both, [f32(B, C), i64(B, 1)], [cond, [1, 2]]);
  expect(relativeError(begun, all)).toBeLessThan(1e-5);
});

test.each([
  [{ width: 10, heads: 4 }, "causalDecoder: width is 10, expected a multiple of its 4 attention heads"],
  [{ obsSteps: 3 }, "causalDecoder: conditioning has 4 features, expected a multiple of obsSteps, 3: a token per observation"],
])("sizes that do not go together are refused: %o", (options, message) => {
  expect(() => causalDecoder({ condSize: C, places: N, vocabulary: K, ...options })).toThrow(new RangeError(message));
});

test("conditioning of another size is refused while the graph is built", () => {
  const decoder = causalDecoder({ condSize: C, places: N, vocabulary: K, width: 8, blocks: 1 });
  expect(() => decoder.begin(paramsOf(decoder), input("cond", "f32", [B, 2 * C]))).toThrow(
    new ShapeError("causalDecoder: cond is f32[2, 8], expected [2, 4]"),
  );
});
