/** @file Laws of the Gaussian negative log-likelihood. */

import { expect, test } from "vitest";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenCase, goldenVectors, normals, relativeError, withGradients } from "#testing";
import { gaussianNll, type GaussianNllOptions } from "./gaussian-nll.ts";

type Options = Omit<GaussianNllOptions, "isPad">;
/** Inputs: mean, log variance, target, padding. */
const lossOf = (options: Options = {}) => (mean: Tensor, logVariance: Tensor, target: Tensor, isPad: Tensor): Tensor =>
  gaussianNll({ mean, logVariance, target }, { isPad, ...options });
const single = [f64(1, 1, 1), f64(1, 1, 1), f64(1, 1, 1), bool(1, 1)];
const at = (values: readonly number[], options?: Options): Promise<number[][]> =>
  evaluate(withGradients(lossOf(options)), single, [...values.map((value) => [value]), [0]]);

test("an error of 2 at σ² = 4 costs (1 + ln 4)/2", async () => {
  const [value, byMean, byLogVariance] = await at([3, Math.log(4), 1]);
  expect(value?.[0]).toBeCloseTo((1 + Math.log(4)) / 2, 12);
  expect(byMean?.[0]).toBeCloseTo(2 / 4, 12);
  expect(byLogVariance?.[0]).toBeCloseTo(0, 12); // the variance is the squared error: the best there is
});

test.each([[-30, -10], [5, 2]])("a log variance of %d counts as %d in both terms and has no gradient", async (outside, bound) => {
  const [value, byMean, byLogVariance] = await at([0.3, outside, 0]);
  expect(value?.[0]).toBeCloseTo((0.09 * Math.exp(-bound) + bound) / 2, 9);
  expect(byMean?.[0]).toBeCloseTo(0.3 * Math.exp(-bound), 9);
  expect(byLogVariance).toEqual([0]);
});

test("with β = 1 the mean has the gradient of a squared error, whatever the variance", async () => {
  for (const logVariance of [-3, 0, 1.5]) {
    const [, byMean] = await at([0.7, logVariance, 0.2], { beta: 1 });
    expect(byMean?.[0]).toBeCloseTo(0.5, 12);
  }
});

test("β scales the gradients by σ^(2β) and is not differentiated itself", async () => {
  const [mean, logVariance, target] = [0.7, -1.2, 0.2];
  const [value = [], ...plain] = await at([mean, logVariance, target]);
  const [weighted = [], ...scaled] = await at([mean, logVariance, target], { beta: 0.5 });
  const factor = Math.exp(0.5 * logVariance);
  expect(relativeError(weighted, value.map((v) => v * factor))).toBeLessThan(1e-12);
  scaled.forEach((slope, i) => expect(relativeError(slope, (plain[i] ?? []).map((v) => v * factor))).toBeLessThan(1e-12));
});

const vectors = goldenVectors("loss_vectors/losses_regression");
const chunk = f64(3, 4, 7);
const specs = [chunk, chunk, chunk, bool(3, 4)];
const feeds = [vectors("nll.mu"), vectors("nll.log_var"), vectors("gt"), Array<number>(12).fill(0)];

test.each([
  ["clamped_logvar_m10_2", {}],
  ["beta_nll_0_5", { beta: 0.5 }],
])("value and gradients are those of PyTorch: %s", async (name, options) => {
  const [loss = [], byMean = [], byLogVariance = []] = await evaluate(withGradients(lossOf(options)), specs, feeds);
  expect(relativeError(loss, vectors(`nll.${name}.value`))).toBeLessThan(1e-10);
  expect(relativeError([...byMean, ...byLogVariance], vectors(`nll.${name}.grads`))).toBeLessThan(1e-10);
});

test("clamping the variance of the first term alone rewards a log variance of -30; ours has no such slope", async () => {
  // The vectors hold s = -30 in the first place. With the second term unclamped its derivative stays 1/2 over the count.
  const half = 0.5 / (3 * 4 * 7);
  const [, , byLogVariance = []] = await evaluate(withGradients(lossOf()), specs, feeds);
  expect(vectors("nll.log_var")[0]).toBe(-30);
  expect(vectors("nll.seed_snippet.grads.1")[0]).toBeCloseTo(half, 9);
  expect(byLogVariance[0]).toBe(0);
});

test("with the clamp of PyTorch's own loss, a variance of at least 1e-6, it gives the same value", async () => {
  const range = [Math.log(1e-6), 100] as const;
  const [loss = []] = await evaluate(lossOf({ logVarianceRange: range }), specs, feeds);
  expect(relativeError(loss, vectors("nll.torch_gaussian_nll_eps1e_6"))).toBeLessThan(1e-10);
  expect(relativeError(loss.map((v) => v + Math.log(2 * Math.PI) / 2), vectors("nll.torch_gaussian_nll_full"))).toBeLessThan(1e-10);
});

test("value and gradients are the golden ones with the range [-10, 4]", async () => {
  const golden = goldenCase("gaussian_nll");
  const big = f64(3, 8, 7);
  const values = [golden("input.mean"), golden("input.log_var"), golden("input.target"), Array<number>(24).fill(0)];
  const [loss = [], byMean = [], byLogVariance = []] = await evaluate(withGradients(lossOf({ logVarianceRange: [-10, 4] })), [big, big, big, bool(3, 8)], values);
  expect(relativeError(loss, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(byMean, golden("grad.mean"))).toBeLessThan(1e-10);
  expect(relativeError(byLogVariance, golden("grad.log_var"))).toBeLessThan(1e-10);
});

test("weights of dimensions count as in every chunk loss", async () => {
  const values = [normals(84, 1), normals(84, 2), normals(84, 3), Array<number>(12).fill(0)];
  const [[only = NaN] = []] = await evaluate(lossOf({ dimWeights: [0, 0, 0, 1, 0, 0, 0] }), specs, values);
  const third = (list: readonly number[]): number[] => list.filter((_, i) => i % 7 === 3);
  const [[alone = NaN] = []] = await evaluate(lossOf(), [f64(3, 4, 1), f64(3, 4, 1), f64(3, 4, 1), bool(3, 4)], [...values.slice(0, 3).map(third), values[3] ?? []]);
  expect(only).toBeCloseTo(alone, 12);
});

test("what does not fit is named", () => {
  const [mean, isPad] = [input("m", "f32", [1, 2, 3]), input("isPad", "bool", [1, 2])];
  const wrong = input("s", "f32", [1, 2, 1]);
  expect(() => gaussianNll({ mean, logVariance: wrong, target: mean }, { isPad })).toThrow(new ShapeError("gaussianNll: logVariance is f32[1, 2, 1], expected [1, 2, 3]"));
  expect(() => gaussianNll({ mean, logVariance: mean, target: wrong }, { isPad })).toThrow(new ShapeError("gaussianNll: target is f32[1, 2, 1], expected [1, 2, 3]"));
  expect(() => gaussianNll({ mean, logVariance: mean, target: mean }, { isPad, beta: 2 })).toThrow(new RangeError("gaussianNll: beta is 2, expected a number in [0, 1]"));
});
