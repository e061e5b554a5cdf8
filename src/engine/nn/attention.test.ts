/** @file Tests of attention: closed forms, masks, caches, central differences. */

import { describe, expect, it, test } from "vitest";
import { concat, input, ShapeError, slice, type Tensor } from "#engine/graph";
import { evaluate, f32, f64, gradientError, normals } from "#testing";
import { attentionMask, causalMask, MASKED } from "./attention-mask.ts";
import {
  attend, attentionSpec, crossAttention, mergeHeads, projectAttended, projectKeysValues, projectQkv, projectQueries, selfAttention, splitHeads,
} from "./attention.ts";
import { parameterCount, type Traced } from "./parameters.ts";
import { sinusoidalPositions } from "./positions.ts";

const [B, N, M, D, HEADS] = [2, 3, 4, 6, 2] as const;

type Attention = Traced<ReturnType<typeof attentionSpec>>;

const parametersOf = ([inProjWeight, inProjBias, weight, bias]: readonly Tensor[]): Attention =>
  ({ inProjWeight, inProjBias, outProj: { weight, bias } }) as Attention;

const shapes = [[3 * D, D], [3 * D], [D, D], [D]] as const;
const parameterValues = shapes.map((shape, i) => normals(shape.reduce((a, b) => a * b, 1), 20 + i).map((value) => value / 2));

type Matrix = number[][];
const rowsOf = (flat: readonly number[], width: number): Matrix =>
  Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((total, value, i) => total + value * (b[i] ?? NaN), 0);
const affine = (x: readonly number[], weight: Matrix, bias: readonly number[]): number[] => weight.map((row, i) => dot(row, x) + (bias[i] ?? NaN));

/** Attention of one batch element by hand, head by head. */
function attentionByHand(x: Matrix, memory: Matrix, mayLook: (query: number, key: number) => boolean): Matrix {
  const [inProj = [], inBias = [], out = [], outBias = []] = parameterValues;
  const part = (which: number) => (token: readonly number[]): number[] =>
    affine(token, rowsOf(inProj, D).slice(which * D, (which + 1) * D), inBias.slice(which * D, (which + 1) * D));
  const [queries, keys, values] = [x.map(part(0)), memory.map(part(1)), memory.map(part(2))];
  const size = D / HEADS;
  return queries.map((query, n) => {
    const attended = Array.from({ length: HEADS }, (_, head) => {
      const of = (token: readonly number[]): number[] => token.slice(head * size, (head + 1) * size);
      const weights = keys.map((key, m) => (mayLook(n, m) ? Math.exp(dot(of(query), of(key)) / Math.sqrt(size)) : 0));
      const total = weights.reduce((a, b) => a + b, 0);
      return Array.from({ length: size }, (_, i) => weights.reduce((sum, weight, m) => sum + (weight / total) * (of(values[m] ?? [])[i] ?? NaN), 0));
    });
    return affine(attended.flat(), rowsOf(out, D), outBias);
  });
}

const specs = (...tokens: number[]) => [...tokens.map((count) => f32(B, count, D)), ...shapes.map((shape) => f32(...shape))];
const x = normals(B * N * D, 1);
const memory = normals(B * M * D, 2);
const everywhere = (): boolean => true;

const expectClose = (got: readonly number[] | undefined, expected: readonly number[]): void => {
  expect(got).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(got?.[i]).toBeCloseTo(value, 5));
};

describe("attention", () => {
  it("weighs the values of all tokens by the softmax of scaled products, head by head", async () => {
    const [y] = await evaluate((tokens, ...rest) => selfAttention(parametersOf(rest), tokens, HEADS), specs(N), [x, ...parameterValues]);
    expectClose(y, [0, 1].flatMap((b) => attentionByHand(rowsOf(x, D).slice(b * N, (b + 1) * N), rowsOf(x, D).slice(b * N, (b + 1) * N), everywhere).flat()));
  });

  it("looks at other tokens through keys and values worked out before", async () => {
    const fn = (tokens: Tensor, others: Tensor, ...rest: Tensor[]): Tensor =>
      crossAttention(parametersOf(rest), tokens, projectKeysValues(parametersOf(rest), others, HEADS));
    const [y] = await evaluate(fn, specs(N, M), [x, memory, ...parameterValues]);
    const of = (flat: readonly number[], count: number, b: number): Matrix => rowsOf(flat, D).slice(b * count, (b + 1) * count);
    expectClose(y, [0, 1].flatMap((b) => attentionByHand(of(x, N, b), of(memory, M, b), everywhere).flat()));
  });

  it("gives a masked token no weight at all", async () => {
    const masked = (tokens: Tensor, ...rest: Tensor[]): Tensor => selfAttention(parametersOf(rest), tokens, HEADS, causalMask(N));
    const [y] = await evaluate(masked, specs(N), [x, ...parameterValues]);
    const rows = (b: number): Matrix => rowsOf(x, D).slice(b * N, (b + 1) * N);
    expectClose(y, [0, 1].flatMap((b) => attentionByHand(rows(b), rows(b), (n, m) => m <= n).flat()));
    const changed = x.map((value, i) => (i % (N * D) < D * (N - 1) ? value : value + 100));
    const [z] = await evaluate(masked, specs(N), [changed, ...parameterValues]);
    expect(z?.slice(0, D * (N - 1))).toEqual(y?.slice(0, D * (N - 1)));
  });

  it("gives the same token by token with a cache as all at once under a causal mask", async () => {
    const stepwise = (tokens: Tensor, ...rest: Tensor[]): Tensor => {
      const p = parametersOf(rest);
      const [first, last] = [projectQkv(p, slice(tokens, 1, 0, 1), HEADS), projectQkv(p, slice(tokens, 1, 1), HEADS)];
      const keys = concat([first.keys, last.keys], 2);
      const values = concat([first.values, last.values], 2);
      const later = attend({ queries: last.queries, keys, values }, causalMask(N - 1, 1));
      return concat([projectAttended(p, attend(first)), projectAttended(p, later)], 1);
    };
    const [cached = []] = await evaluate(stepwise, specs(N), [x, ...parameterValues]);
    const [whole = []] = await evaluate((tokens, ...rest) => selfAttention(parametersOf(rest), tokens, HEADS, causalMask(N)), specs(N), [x, ...parameterValues]);
    expectClose(cached, whole);
  });

  it("projects queries, keys and values the same together and apart", async () => {
    const fn = (tokens: Tensor, ...rest: Tensor[]): Tensor[] => {
      const p = parametersOf(rest);
      const { queries, keys, values } = projectQkv(p, tokens, HEADS);
      const apart = projectKeysValues(p, tokens, HEADS);
      return [queries, keys, values, projectQueries(p, tokens, HEADS), apart.keys, apart.values];
    };
    const results = await evaluate(fn, specs(N), [x, ...parameterValues]);
    for (const i of [0, 1, 2]) expectClose(results[i + 3], results[i] ?? []);
    expect(results[0]).not.toEqual(results[1]);
  });

});

describe("the parts of attention", () => {
  it("serve many heads of queries with one head of keys and values", () => {
    const [queries, keys] = [input("q", "f32", [B, HEADS, N, 3]), input("k", "f32", [B, 1, M, 3])];
    expect(attend({ queries, keys, values: keys }).shape).toEqual([B, HEADS, N, 3]);
  });

  it("split the width into heads and put it together again", async () => {
    const [split, merged] = await evaluate((tokens) => [splitHeads(tokens, HEADS), mergeHeads(splitHeads(tokens, HEADS))], [f32(1, 2, 4)], [[0, 1, 2, 3, 4, 5, 6, 7]]);
    expect(split).toEqual([0, 1, 4, 5, 2, 3, 6, 7]);
    expect(merged).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("have the gradients of central differences", async () => {
    const fn = (tokens: Tensor, others: Tensor, ...rest: Tensor[]): Tensor => {
      const p = parametersOf(rest);
      const mask = attentionMask(2, 3, (query, key) => query >= key - 1, "f64");
      return crossAttention(p, tokens, projectKeysValues(p, others, HEADS), mask);
    };
    const doubles = [f64(1, 2, D), f64(1, 3, D), ...shapes.map((shape) => f64(...shape))];
    expect(await gradientError(fn, doubles, [normals(2 * D, 3), normals(3 * D, 4), ...parameterValues])).toBeLessThan(1e-6);
  });

  it("name themselves when tokens or heads do not fit", () => {
    const p = parametersOf(shapes.map((shape, i) => input(`p${i}`, "f32", shape)));
    const message = (width: number, heads: number) => `attention: tokens are f32[1, 2, ${width}], expected [B, N, 6] with a width that ${heads} heads divide`;
    expect(() => selfAttention(p, input("x", "f32", [1, 2, 5]), 1)).toThrow(new ShapeError(message(5, 1)));
    expect(() => selfAttention(p, input("x", "f32", [1, 2, D]), 4)).toThrow(new ShapeError(message(6, 4)));
  });

  it("have 4·D² weights and 4·D biases", () => {
    expect(parameterCount(attentionSpec(D, { role: "trunk" }))).toBe(4 * D * D + 4 * D);
  });
});

test("a causal mask lets every token see itself, those before, and all that are cached", async () => {
  const [mask, cached] = await evaluate(() => [causalMask(3), causalMask(2, 1)], [], []);
  const x = MASKED;
  expect(mask).toEqual([0, x, x, 0, 0, x, 0, 0, 0]);
  expect(cached).toEqual([0, 0, x, 0, 0, 0]);
});

test("sinusoidal positions interleave sine and cosine of ever slower angles", async () => {
  const [y = []] = await evaluate(() => sinusoidalPositions(3, 4), [], []);
  const expected = [0, 1, 2].flatMap((n) => [Math.sin(n), Math.cos(n), Math.sin(n / 100), Math.cos(n / 100)]);
  expectClose(y, expected);
  expect(() => sinusoidalPositions(3, 5)).toThrow(new ShapeError("sinusoidalPositions: width must be even, got 5"));
});
