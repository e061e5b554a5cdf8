/** @file Laws of Gemma layers: memory changes nothing, padding is not seen, and slopes agree with central differences. */

import { describe, expect, it, test } from "vitest";
import { sizeOf, tensorFrom } from "#engine/array";
import { concat, constant, slice, type Tensor } from "#engine/graph";
import { evaluate, f32, f64, fixedParameters, gradientError, normals, normalValues, parameterTypes, withParameters } from "#testing";
import { attend } from "./attention.ts";
import { attentionMask, MASKED } from "./attention-mask.ts";
import { extendMemory, gemmaDecoder, nextPositions, type GemmaMemory } from "./gemma-decoder.ts";
import { gemmaLayerSpec, gemmaModulation, gemmaNorm } from "./gemma-layer.ts";
import type { Traced } from "./parameters.ts";
import { rotation } from "./rotary.ts";

const SIZE = { width: 6, hidden: 8, heads: 4, kvHeads: 2, headSize: 4, role: "trunk" } as const;
const [B, N, M] = [2, 3, 2] as const;
const layersOf = (condSize?: number) => [0, 1].map(() => fixedParameters(gemmaLayerSpec({ ...SIZE, condSize }), normalValues(0.5)));
const range = (from: number, to: number): Tensor => constant(tensorFrom("f32", [1, to - from], Array.from({ length: to - from }, (_, i) => from + i)));
const all = constant(tensorFrom("f32", [1, 1], [0]));

const expectClose = (got: readonly number[] | undefined, expected: readonly number[] | undefined): void => {
  expect(got).toHaveLength(expected?.length ?? NaN);
  expected?.forEach((value, i) => expect(got?.[i]).toBeCloseTo(value, 5));
};

/** A memory of tokens that are all there. */
function remembered(layers: readonly Traced<ReturnType<typeof gemmaLayerSpec>>[], x: Tensor): GemmaMemory {
  const tokens = x.shape[1] ?? 0;
  const { own } = gemmaDecoder(layers, x, { rotation: rotation(range(0, tokens), SIZE.headSize), mask: all, onlyRemember: true });
  const zeros = (count: number): Tensor => constant(tensorFrom("f32", [B, 1, 1, count], Array<number>(B * count).fill(0)));
  return { layers: own, mask: zeros(tokens), next: constant(tensorFrom("f32", [B, 1], Array<number>(B).fill(tokens))) };
}

describe("a memory", () => {
  const inputs = [f32(B, N, SIZE.width), f32(B, M, SIZE.width)];
  const values = [normals(B * N * SIZE.width, 1), normals(B * M * SIZE.width, 2)];

  it("gives new tokens what they would see beside the earlier ones, who do not look back", async () => {
    const [whole, apart] = await evaluate((earlier, later) => {
      const layers = layersOf();
      const mask = attentionMask(N + M, N + M, (query, key) => query >= N || key < N);
      const { x } = gemmaDecoder(layers, concat([earlier, later], 1), { rotation: rotation(range(0, N + M), SIZE.headSize), mask });
      const memory = remembered(layers, earlier);
      const run = { memory, rotation: rotation(nextPositions(memory, M), SIZE.headSize), mask: all };
      return [slice(x, 1, N, N + M), gemmaDecoder(layers, later, { ...run, mask: attentionMask(1, M, () => true) }).x];
    }, inputs, values);
    expectClose(apart, whole);
  });

  it("grows by tokens that look at it, one after the other", async () => {
    const [whole, apart] = await evaluate((earlier, later) => {
      const layers = layersOf();
      const sees = attentionMask(N + M, N + M, (query, key) => key <= Math.max(query, N - 1));
      const { x } = gemmaDecoder(layers, concat([earlier, later], 1), { rotation: rotation(range(0, N + M), SIZE.headSize), mask: sees });
      let memory = remembered(layers, earlier);
      const out = Array.from({ length: M }, (_, i) => {
        const token = slice(later, 1, i, i + 1);
        const result = gemmaDecoder(layers, token, { memory, rotation: rotation(nextPositions(memory, 1), SIZE.headSize), mask: all });
        memory = extendMemory(memory, result.own);
        return result.x;
      });
      return [slice(x, 1, N, N + M), concat(out, 1)];
    }, inputs, values);
    expectClose(apart, whole);
  });
});

test("padding is not seen, whatever it holds", async () => {
  // One layer: in a second one, tokens that did see the padding would tell of it.
  const padded = (mask: readonly number[]) => (earlier: Tensor, later: Tensor): Tensor => {
    const layers = layersOf().slice(0, 1);
    const memory = { ...remembered(layers, earlier), mask: constant(tensorFrom("f32", [B, 1, 1, N], mask)) };
    return gemmaDecoder(layers, later, { memory, rotation: rotation(nextPositions(memory, M), SIZE.headSize), mask: attentionMask(1, M, () => true) }).x;
  };
  const [hidden, seen] = [padded([0, 0, MASKED, 0, 0, MASKED]), padded([0, 0, 0, 0, 0, 0])];
  const shapes = [f32(B, N, SIZE.width), f32(B, M, SIZE.width)];
  const [earlier, later] = [normals(B * N * SIZE.width, 1), normals(B * M * SIZE.width, 2)];
  const changed = earlier.map((value, i) => (Math.floor(i / SIZE.width) % N === N - 1 ? -value : value));
  const run = async (fn: typeof hidden, values: readonly number[]): Promise<number[]> => (await evaluate(fn, shapes, [values, later]))[0] ?? [];
  expectClose(await run(hidden, changed), await run(hidden, earlier));
  const [before, after] = [await run(seen, earlier), await run(seen, changed)];
  expect(Math.max(...before.map((value, i) => Math.abs(value - (after[i] ?? NaN))))).toBeGreaterThan(0.01);
});

test("heads that share keys see what each would see with its own copy", async () => {
  const [shared, own] = await evaluate((queries, keys, values) => {
    const twice = (x: Tensor): Tensor => concat([slice(x, 1, 0, 1), slice(x, 1, 0, 1), slice(x, 1, 1, 2), slice(x, 1, 1, 2)], 1);
    return [attend({ queries, keys, values }), attend({ queries, keys: twice(keys), values: twice(values) })];
  }, [f32(B, 4, N, 4), f32(B, 2, M, 4), f32(B, 2, M, 4)], [normals(B * 48, 1), normals(B * 16, 2), normals(B * 16, 3)]);
  expectClose(shared, own);
});

describe("slopes agree with central differences", () => {
  it.each([["with a learned gain", undefined], ["with a condition", 3]] as const)("%s", async (_, condSize) => {
    const spec = gemmaLayerSpec({ width: 4, hidden: 3, heads: 2, kvHeads: 1, headSize: 2, role: "trunk", condSize });
    const double = (values: readonly number[]): Tensor => constant(tensorFrom("f64", [1, values.length], values));
    const fn = withParameters(spec, (layer, x, earlier, cond) => {
      const modulations = condSize === undefined ? undefined : [gemmaModulation(layer, cond as Tensor)];
      const run = { mask: double([0]), modulations };
      const { own } = gemmaDecoder([layer], earlier as Tensor, { ...run, rotation: rotation(double([0, 1, 2]), 2), onlyRemember: true });
      const memory = { layers: own, mask: constant(tensorFrom("f64", [1, 1, 1, N], [0, MASKED, 0])), next: double([2]) };
      return gemmaDecoder([layer], x as Tensor, { ...run, memory, mask: double([0, 0]), rotation: rotation(nextPositions(memory, M), 2) }).x;
    });
    const types = [...parameterTypes(spec, "f64"), f64(1, M, 4), f64(1, N, 4), f64(1, 1, 3)];
    const values = types.map(({ shape }, i) => normals(sizeOf(shape), 10 + i));
    expect(await gradientError(fn, types, values)).toBeLessThan(1e-6);
  });
});

test("a normalization that follows a condition is not used without one, nor the other way round", () => {
  const [plain, adaptive] = [layersOf()[0], layersOf(3)[0]];
  if (plain === undefined || adaptive === undefined) throw new Error("there are no layers");
  const x = range(0, SIZE.width);
  expect(() => gemmaNorm(adaptive.inputLayernorm, x)).toThrow("gemmaLayer: this normalization follows a condition, and none was given");
  expect(() => gemmaModulation(plain, x)).toThrow("gemmaLayer: a normalization with a learned gain follows no condition; make the layer with condSize");
});
