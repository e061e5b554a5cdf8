/** @file Laws of the mixture likelihood, among them robomimic's with its scales. */

import { describe, expect, test } from "vitest";
import { add, clip, div, exp, input, isFloat, log, mul, neg, ShapeError, softplus, square, sub, sum, tanh, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, goldenCase, goldenVectors, normals, relativeError, withGradients } from "#testing";
import { gaussianNll } from "./gaussian-nll.ts";
import { componentLogProb, gmmLogProb, gmmNll, type GmmNllOptions } from "./gmm-nll.ts";

type Options = Omit<GmmNllOptions, "isPad">;
/** Inputs: logits, means, log scales, actions, padding. */
const lossOf = (options: Options = {}) => (logits: Tensor, means: Tensor, logScales: Tensor, actions: Tensor, isPad: Tensor): Tensor =>
  gmmNll({ logits, means, logScales }, actions, { isPad, ...options });

describe("by hand", () => {
  const two = [f64(1, 1, 2), f64(1, 1, 2, 1), f64(1, 1, 2, 1), f64(1, 1, 1), bool(1, 1)];
  const normal = (a: number, mean: number, sigma: number): number => Math.exp(-(((a - mean) / sigma) ** 2) / 2) / sigma / Math.sqrt(2 * Math.PI);

  test("two components are weighted by the softmax of their logits", async () => {
    const [[loss = NaN] = []] = await evaluate(lossOf(), two, [[Math.log(1), Math.log(3)], [0, 2], [0, Math.log(0.5)], [1], [0]]);
    expect(loss).toBeCloseTo(-Math.log(0.25 * normal(1, 0, 1) + 0.75 * normal(1, 2, 0.5)), 12);
  });

  test("an action no component expects costs much, not infinity, in float32 too", async () => {
    const values = [[0, 0], [0, 0.1], [-3, -3], [50], [0]];
    for (const specs of [two, two.map((spec) => (isFloat(spec) ? { ...spec, dtype: "f32" as const } : spec))]) {
      const results = await evaluate(withGradients(lossOf()), specs, values);
      expect(results.flat().every(Number.isFinite)).toBe(true);
      expect(results[0]?.[0]).toBeGreaterThan(1e5);
    }
  });

  test("clamped log scales act at the bound and have no gradient", async () => {
    const values = [[0, 0], [0, 0], [-30, 30], [0.3], [0]];
    const [loss = [], , , byScales] = await evaluate(withGradients(lossOf({ logScaleRange: [-5, 2] })), two, values);
    const [bound = []] = await evaluate(lossOf(), two, [[0, 0], [0, 0], [-5, 2], [0.3], [0]]);
    expect(loss).toEqual(bound);
    expect(byScales).toEqual([0, 0]);
  });
});

test("with one component it is the Gaussian likelihood, summed over dimensions, with its constant", async () => {
  const [means, logScales, actions] = [normals(12, 1), normals(12, 2), normals(12, 3)];
  const isPad = [0, 0, 1, 0];
  const specs = [f64(2, 2, 1), f64(2, 2, 1, 3), f64(2, 2, 1, 3), f64(2, 2, 3), bool(2, 2)];
  const [[mixture = NaN] = []] = await evaluate(lossOf(), specs, [normals(4, 4), means, logScales, actions, isPad]);
  const gaussian = (mean: Tensor, logScale: Tensor, target: Tensor, pad: Tensor): Tensor =>
    gaussianNll({ mean, logVariance: mul(logScale, 2), target }, { isPad: pad, logVarianceRange: [-100, 100] });
  const [[single = NaN] = []] = await evaluate(gaussian, [f64(2, 2, 3), f64(2, 2, 3), f64(2, 2, 3), bool(2, 2)], [means, logScales, actions, isPad]);
  expect(mixture).toBeCloseTo(3 * (single + Math.log(2 * Math.PI) / 2), 10);
});

const vectors = goldenVectors("loss_vectors/losses_gmm");
const [B, H, M, A] = [3, 4, 5, 7] as const;
const specs = [f64(B, H, M), f64(B, H, M, A), f64(B, H, M, A), f64(B, H, A), bool(B, H)];
const target = vectors("target");
const feeds = [vectors("logits"), vectors("means_raw"), vectors("scales_raw"), target, Array<number>(B * H).fill(0)];
/** robomimic's mixture: means through tanh, scales through softplus with a floor. */
const robomimic = (minScale: number) => (logits: Tensor, means: Tensor, scales: Tensor, actions: Tensor, isPad: Tensor): Tensor =>
  gmmNll({ logits, means: tanh(means), logScales: log(add(softplus(scales), minScale)) }, actions, { isPad });

describe("PyTorch's MixtureSameFamily", () => {
  test.each([
    ["nll_robomimic_softplus_min_std_0_01", robomimic(0.01)],
    ["nll_min_std_1e_4", robomimic(1e-4)],
    ["nll_exp_no_tanh", lossOf()],
  ])("has this value and these gradients: %s", async (name, loss) => {
    const [value = [], byLogits = [], byMeans = [], byScales = []] = await evaluate(withGradients(loss), specs, feeds);
    expect(relativeError(value, vectors(`${name}.value`))).toBeLessThan(1e-10);
    expect(relativeError(byLogits, vectors(`${name}.grads.0`))).toBeLessThan(1e-10);
    expect(relativeError(byMeans, vectors(`${name}.grads.1`))).toBeLessThan(1e-10);
    expect(relativeError(byScales, vectors(`${name}.grads.2`))).toBeLessThan(1e-10);
  });

  test("has these log-densities of the components", async () => {
    const components = (logits: Tensor, means: Tensor, scales: Tensor, actions: Tensor): Tensor =>
      componentLogProb({ logits, means: tanh(means), logScales: log(add(softplus(scales), 0.01)) }, actions);
    const [result = []] = await evaluate(components, specs.slice(0, 4), feeds.slice(0, 4));
    expect(relativeError(result, vectors("components_logprob"))).toBeLessThan(1e-10);
  });

  test("has this value 50 units away", async () => {
    const [value = []] = await evaluate(robomimic(0.01), specs, [...feeds.slice(0, 3), target.map((a) => a + 50), feeds[4] ?? []]);
    expect(relativeError(value, vectors("far_target_nll"))).toBeLessThan(1e-8);
  });

  test("has this log-density when its samples go through tanh, by the change of variables", async () => {
    const squashed = (logits: Tensor, means: Tensor, scales: Tensor, actions: Tensor): Tensor => {
      const inside = clip(actions, -1 + 1e-6, 1 - 1e-6);
      const raw = mul(log(div(add(1, inside), sub(1, inside))), 0.5);
      const logP = gmmLogProb({ logits, means, logScales: log(add(softplus(scales), 0.01)) }, raw);
      return sub(logP, sum(log(add(sub(1, square(actions)), 1e-6)), -1));
    };
    const [result = []] = await evaluate(squashed, specs.slice(0, 4), [...feeds.slice(0, 3), vectors("tanh_wrapped_input")]);
    expect(relativeError(result, vectors("tanh_wrapped_logprob"))).toBeLessThan(1e-10);
  });
});

test("value and gradients are the golden ones, with log scales clamped to [-5, 2]", async () => {
  const golden = goldenCase("gmm_nll");
  const big = [f64(3, 8, 4), f64(3, 8, 4, 7), f64(3, 8, 4, 7), f64(3, 8, 7), bool(3, 8)];
  const values = [golden("input.logits"), golden("input.mean"), golden("input.log_std"), golden("input.target"), Array<number>(24).fill(0)];
  const [loss = [], byLogits = [], byMeans = [], byScales = []] = await evaluate(withGradients(lossOf({ logScaleRange: [-5, 2] })), big, values);
  expect(relativeError(loss, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(byLogits, golden("grad.logits"))).toBeLessThan(1e-10);
  expect(relativeError(byMeans, golden("grad.mean"))).toBeLessThan(1e-10);
  expect(relativeError(byScales, golden("grad.log_std"))).toBeLessThan(1e-10);
});

test("steps may be weighted; the loss per step is minus the log-density", async () => {
  const both = (logits: Tensor, means: Tensor, logScales: Tensor, actions: Tensor, isPad: Tensor): Tensor[] => [
    lossOf({ timeWeights: [1, 0, 0, 2] })(logits, means, logScales, actions, isPad),
    neg(gmmLogProb({ logits, means, logScales }, actions)),
  ];
  const [[loss = NaN] = [], perStep = []] = await evaluate(both, specs, feeds);
  const expected = perStep.reduce((total, nll, i) => total + nll * ([1, 0, 0, 2][i % H] ?? NaN), 0) / (3 * B);
  expect(loss).toBeCloseTo(expected, 10);
});

test("the density integrates to 1", async () => {
  const count = 4001;
  const grid = Array.from({ length: count }, (_, i) => -10 + (20 * i) / (count - 1));
  const repeated = (list: readonly number[]): number[] => grid.flatMap(() => list);
  const density = (logits: Tensor, means: Tensor, logScales: Tensor, actions: Tensor): Tensor => sum(exp(gmmLogProb({ logits, means, logScales }, actions)));
  const values = [repeated([0.4, -0.3]), repeated([-1, 2]), repeated([-0.5, 0.2]), grid];
  const [[total = NaN] = []] = await evaluate(density, [f64(1, count, 2), f64(1, count, 2, 1), f64(1, count, 2, 1), f64(1, count, 1)], values);
  expect((total * 20) / (count - 1)).toBeCloseTo(1, 6);
});

const mixture = { logits: input("l", "f32", [2, 3, 4]), means: input("m", "f32", [2, 3, 4, 5]), logScales: input("s", "f32", [2, 3, 4, 5]) };
const actions = input("a", "f32", [2, 3, 5]);
const isPad = input("isPad", "bool", [2, 3]);
test.each([
  [() => gmmNll(mixture, input("a", "f32", [2, 3, 6]), { isPad }), "gmmNll: means is f32[2, 3, 4, 5], expected [2, 3, 4, 6]"],
  [() => gmmNll({ ...mixture, logits: input("l", "f32", [2, 4]) }, actions, { isPad }), "gmmNll: logits is f32[2, 4], expected [2, 3, 4]"],
  [() => gmmNll({ ...mixture, logScales: input("s", "f64", [2, 3, 4, 5]) }, actions, { isPad }), "gmmNll: logScales is f64[2, 3, 4, 5], expected dtype f32"],
  [() => gmmNll(mixture, actions, { isPad: input("p", "bool", [2, 4]) }), "gmmNll: isPad is bool[2, 4], expected [2, 3]"],
  [() => gmmLogProb(mixture, input("a", "f32", [2, 5])), "gmmLogProb: actions are f32[2, 5], expected [B, H, A]"],
])("what does not fit is named: %#", (run, message) => {
  expect(run).toThrow(new ShapeError(message));
});

test("float32 agrees with float64", async () => {
  const single = specs.map((spec) => (isFloat(spec) ? f32(...spec.shape) : spec));
  const [value = []] = await evaluate(robomimic(1e-4), single, feeds);
  expect(relativeError(value, vectors("nll_min_std_1e_4.value"))).toBeLessThan(1e-5);
});
