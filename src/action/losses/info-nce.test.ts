/** @file Laws of InfoNCE. */

import { expect, test } from "vitest";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, goldenCase, goldenVectors, gradientError, normals, relativeError, withGradients } from "#testing";
import { infoNceLoss, type InfoNceOptions } from "./info-nce.ts";

const lossOf = (options: InfoNceOptions = {}) => (query: Tensor, key: Tensor): Tensor => infoNceLoss(query, key, options);
const [B, C] = [3, 2] as const;
const specs = [f64(B, C), f64(B, C)];
const [query, key] = [normals(B * C, 1), normals(B * C, 2)];
const row = (list: readonly number[], i: number): number[] => list.slice(C * i, C * i + C);
const cosine = (i: number, j: number): number => {
  const [q, k] = [row(query, i), row(key, j)];
  return q.reduce((total, x, c) => total + x * (k[c] ?? NaN), 0) / Math.hypot(...q) / Math.hypot(...k);
};
/** -ln of the share of the positive among the cosines at temperature 1 of anchor i, by rows or by columns. */
const cost = (i: number, others: readonly number[], byColumn = false): number => {
  const at = (j: number): number => Math.exp(byColumn ? cosine(j, i) : cosine(i, j));
  return -Math.log(at(i) / others.reduce((total, j) => total + at(j), at(i)));
};

test("it is the mean of -ln of the positive's share, by rows", async () => {
  const [[loss = NaN] = []] = await evaluate(lossOf({ temperature: 1, symmetric: false }), specs, [query, key]);
  expect(loss).toBeCloseTo((cost(0, [1, 2]) + cost(1, [0, 2]) + cost(2, [0, 1])) / 3, 12);
});

test("frames of the same episode are no negatives of each other, and the diagonal of the mask does not matter", async () => {
  const expected = (cost(0, [2]) + cost(1, [2]) + cost(2, [0, 1]) + cost(0, [2], true) + cost(1, [2], true) + cost(2, [0, 1], true)) / 6;
  const masked = (q: Tensor, k: Tensor, isSameEpisode: Tensor): Tensor => infoNceLoss(q, k, { temperature: 1, isSameEpisode });
  for (const diagonal of [0, 1]) {
    const same = [diagonal, 1, 0, 1, diagonal, 0, 0, 0, diagonal];
    const [[loss = NaN] = []] = await evaluate(masked, [...specs, bool(B, B)], [query, key, same]);
    expect(loss).toBeCloseTo(expected, 12);
  }
});

test("a batch from one episode has no negatives and costs 0", async () => {
  const masked = (q: Tensor, k: Tensor, isSameEpisode: Tensor): Tensor => infoNceLoss(q, k, { isSameEpisode });
  const [loss, byQuery] = await evaluate(withGradients(masked), [...specs, bool(B, B)], [query, key, Array<number>(B * B).fill(1)]);
  expect(loss?.[0]).toBeCloseTo(0, 12);
  expect(byQuery?.every((slope) => Math.abs(slope) < 1e-12)).toBe(true);
});

test("a pair that does not count is neither anchor nor negative", async () => {
  const masked = (q: Tensor, k: Tensor, isValid: Tensor): Tensor => infoNceLoss(q, k, { temperature: 1, symmetric: false, isValid });
  const [[loss = NaN] = []] = await evaluate(masked, [...specs, bool(B)], [query, key, [1, 0, 1]]);
  expect(loss).toBeCloseTo((cost(0, [2]) + cost(2, [0])) / 2, 12);
});

test("the length of a vector does not matter, and a zero vector is not NaN", async () => {
  const [loss] = await evaluate(lossOf(), specs, [query, key]);
  const [stretched = []] = await evaluate(lossOf(), specs, [query.map((x) => 7 * x), key.map((x) => 0.1 * x)]);
  expect(relativeError(stretched, loss ?? [])).toBeLessThan(1e-12);
  const results = await evaluate(withGradients(lossOf()), specs.map(({ shape }) => f32(...shape)), [[0, 0, ...query.slice(2)], key]);
  expect(results.flat().every(Number.isFinite)).toBe(true);
});

test("the scale is clamped at 100, with no gradient beyond", async () => {
  const scaled = (q: Tensor, k: Tensor, logScale: Tensor): Tensor => infoNceLoss(q, k, { logScale });
  const [loss, , , slope] = await evaluate(withGradients(scaled), [...specs, f64()], [query, key, [9]]);
  const [at100 = []] = await evaluate(lossOf({ temperature: 0.01 }), specs, [query, key]);
  expect(relativeError(loss ?? [], at100)).toBeLessThan(1e-12);
  expect(slope).toEqual([0]);
});

test("the gradient matches central differences", async () => {
  const masked = (q: Tensor, k: Tensor, logScale: Tensor, isSameEpisode: Tensor): Tensor => infoNceLoss(q, k, { logScale, isSameEpisode });
  const same = [1, 1, 0, 1, 1, 0, 0, 0, 1];
  expect(await gradientError(masked, [...specs, f64(), bool(B, B)], [query, key, [1.2], same])).toBeLessThan(1e-8);
});

const vectors = goldenVectors("loss_vectors/losses_contrastive");
test("value and gradients are those of PyTorch, the scale's among them", async () => {
  const scaled = (q: Tensor, k: Tensor, logScale: Tensor): Tensor => infoNceLoss(q, k, { logScale });
  const [loss = [], byQuery = [], byKey = [], byScale = []] = await evaluate(withGradients(scaled), [f64(6, 8), f64(6, 8), f64()], [vectors("a"), vectors("b"), vectors("log_scale")]);
  expect(relativeError(loss, vectors("info_nce_symmetric.value"))).toBeLessThan(1e-10);
  expect(relativeError(byQuery, vectors("info_nce_symmetric.grads.0"))).toBeLessThan(1e-10);
  expect(relativeError(byKey, vectors("info_nce_symmetric.grads.1"))).toBeLessThan(1e-10);
  expect(relativeError(byScale, vectors("info_nce_symmetric.grads.2"))).toBeLessThan(1e-10);
});

test("one direction alone is another number, and is to be had", async () => {
  const [loss = []] = await evaluate(lossOf({ symmetric: false }), [f64(6, 8), f64(6, 8)], [vectors("a"), vectors("b")]);
  expect(relativeError(loss, vectors("one_directional_seed"))).toBeLessThan(1e-10);
});

test("value and gradients are the golden ones at temperature 0.07", async () => {
  const golden = goldenCase("info_nce");
  const [loss = [], byQuery = [], byKey = []] = await evaluate(withGradients(lossOf()), [f64(12, 12), f64(12, 12)], [golden("input.query"), golden("input.key")]);
  expect(relativeError(loss, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(byQuery, golden("grad.query"))).toBeLessThan(1e-10);
  expect(relativeError(byKey, golden("grad.key"))).toBeLessThan(1e-10);
});

const x = input("x", "f32", [4, 2]);
test.each([
  [() => infoNceLoss(x, input("k", "f32", [3, 2])), ShapeError, "infoNceLoss: key is f32[3, 2], expected [4, 2]"],
  [() => infoNceLoss(input("q", "f32", [4, 2, 1]), x), ShapeError, "infoNceLoss: query is f32[4, 2, 1], expected [B, C]"],
  [() => infoNceLoss(x, x, { isSameEpisode: input("s", "bool", [4]) }), ShapeError, "infoNceLoss: isSameEpisode is bool[4], expected [4, 4]"],
  [() => infoNceLoss(x, x, { isValid: input("v", "f32", [4]) }), ShapeError, "infoNceLoss: isValid is f32[4], expected dtype bool"],
  [() => infoNceLoss(x, x, { logScale: input("s", "f32", [1]) }), ShapeError, "infoNceLoss: logScale is f32[1], expected []"],
  [() => infoNceLoss(x, x, { temperature: 0 }), RangeError, "infoNceLoss: temperature is 0, expected a number above 0"],
  [() => infoNceLoss(x, x, { temperature: 1, logScale: input("s", "f32", []) }), RangeError, "infoNceLoss: got logScale and temperature, expected one of them"],
])("what does not fit is named: %#", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});
