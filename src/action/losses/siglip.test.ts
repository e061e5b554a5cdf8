/** @file Laws of the SigLIP loss. */

import { expect, test } from "vitest";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, goldenVectors, gradientError, normals, relativeError, withGradients } from "#testing";
import { siglipLoss } from "./siglip.ts";

const specs = [f64(2, 2), f64(2, 2)];
/** Unit vectors at angles, so that cosines are known. */
const unit = (...angles: number[]): number[] => angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]);
const [query, key] = [unit(0, 1), unit(0.5, 2)];
const cosine = [[0.5, 2], [-0.5, 1]].map((row) => row.map(Math.cos));
const [scale, bias] = [3, -1];
const cost = (i: number, j: number): number => Math.log1p(Math.exp((i === j ? -1 : 1) * (scale * (cosine[i]?.[j] ?? NaN) + bias)));
const fixed = { logScale: Math.log(scale), bias };

test("it is the sum over pairs, divided by the batch", async () => {
  const [[loss = NaN] = []] = await evaluate((q, k) => siglipLoss(q, k, fixed), specs, [query, key]);
  expect(loss).toBeCloseTo((cost(0, 0) + cost(0, 1) + cost(1, 0) + cost(1, 1)) / 2, 12);
});

test("pairs of one episode are no negatives, pairs that do not count are nothing", async () => {
  const masked = (q: Tensor, k: Tensor, isSameEpisode: Tensor, isValid: Tensor): Tensor => siglipLoss(q, k, { ...fixed, isSameEpisode, isValid });
  const run = async (same: readonly number[], valid: readonly number[]): Promise<number> =>
    (await evaluate(masked, [...specs, bool(2, 2), bool(2)], [query, key, same, valid]))[0]?.[0] ?? NaN;
  expect(await run([1, 1, 0, 1], [1, 1])).toBeCloseTo((cost(0, 0) + cost(1, 0) + cost(1, 1)) / 2, 12);
  expect(await run([0, 0, 0, 0], [0, 1])).toBeCloseTo(cost(1, 1), 12);
});

test("logits of thousands stay finite in float32", async () => {
  const loss = (q: Tensor, k: Tensor): Tensor => siglipLoss(q, k, { logScale: Math.log(5000) });
  const results = await evaluate(withGradients(loss), [f32(2, 2), f32(2, 2)], [query, key]);
  expect(results.flat().every(Number.isFinite)).toBe(true);
});

test("the gradient matches central differences", async () => {
  const masked = (q: Tensor, k: Tensor, logScale: Tensor, b: Tensor, isSameEpisode: Tensor): Tensor => siglipLoss(q, k, { logScale, bias: b, isSameEpisode });
  const values = [normals(6, 1), normals(6, 2), [1], [-1], [1, 1, 0, 1, 1, 0, 0, 0, 1]];
  expect(await gradientError(masked, [f64(3, 2), f64(3, 2), f64(), f64(), bool(3, 3)], values)).toBeLessThan(1e-8);
});

test("value and gradients are those of PyTorch at scale 10 and bias -10, where training starts", async () => {
  const vectors = goldenVectors("loss_vectors/losses_contrastive");
  const learned = (q: Tensor, k: Tensor, logScale: Tensor, b: Tensor): Tensor => siglipLoss(q, k, { logScale, bias: b });
  const inputs = [vectors("a"), vectors("b"), [Math.log(10)], [-10]];
  const [loss = [], byQuery = [], byKey = [], byLogScale = [], byBias = []] = await evaluate(withGradients(learned), [f64(6, 8), f64(6, 8), f64(), f64()], inputs);
  const golden = (part: string): number[] => vectors(`siglip_scale10_bias_m10.${part}`);
  expect(relativeError(loss, golden("value"))).toBeLessThan(1e-10);
  expect(relativeError(byQuery, golden("grads.0"))).toBeLessThan(1e-10);
  expect(relativeError(byKey, golden("grads.1"))).toBeLessThan(1e-10);
  expect(relativeError(byLogScale, golden("grads.2"))).toBeLessThan(1e-10);
  expect(relativeError(byBias, golden("grads.3"))).toBeLessThan(1e-10);
  const [byDefault = []] = await evaluate((q, k) => siglipLoss(q, k), [f64(6, 8), f64(6, 8)], inputs.slice(0, 2));
  expect(relativeError(byDefault, golden("value"))).toBeLessThan(1e-10);
});

test("what does not fit is named", () => {
  const x = input("x", "f32", [4, 2]);
  expect(() => siglipLoss(x, input("k", "f32", [3, 2]))).toThrow(new ShapeError("siglipLoss: key is f32[3, 2], expected [4, 2]"));
  expect(() => siglipLoss(x, x, { bias: input("b", "f32", [1]) })).toThrow(new ShapeError("siglipLoss: bias is f32[1], expected []"));
});
