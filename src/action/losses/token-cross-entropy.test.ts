/** @file Laws of the cross-entropy of action tokens. */

import { describe, expect, test } from "vitest";
import { input, logSoftmax, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, goldenCase, goldenVectors, gradientError, i64, normals, relativeError, withGradients } from "#testing";
import { tokenCrossEntropy, type TokenCrossEntropyOptions } from "./token-cross-entropy.ts";

type Options = Omit<TokenCrossEntropyOptions, "isValid">;
const lossOf = (options: Options = {}) => (logits: Tensor, target: Tensor): Tensor => tokenCrossEntropy(logits, target, options);

const specs = [f64(4, 3), i64(4)];
const logits = normals(12, 1);
const target = [2, 0, 1, 1];
/** ln p of every id of every token. */
const logP = logits.map((x, i) => {
  const row = logits.slice(3 * Math.floor(i / 3), 3 * Math.floor(i / 3) + 3);
  return x - Math.log(row.reduce((total, y) => total + Math.exp(y), 0));
});
const meanOver = (cost: (token: number, id: number) => number): number =>
  target.reduce((total, id, token) => total + cost(token, id), 0) / target.length;
const at = (token: number, id: number): number => logP[3 * token + id] ?? NaN;
const value = async (options: Options): Promise<number> => (await evaluate(lossOf(options), specs, [logits, target]))[0]?.[0] ?? NaN;

describe("by hand", () => {
  test("it is the mean of -ln p of the target", async () => {
    expect(await value({})).toBeCloseTo(meanOver((token, id) => -at(token, id)), 12);
  });

  test("equal logits cost ln K", async () => {
    const [[loss = NaN] = []] = await evaluate(lossOf(), [f64(1, 5), i64(1)], [[7, 7, 7, 7, 7], [3]]);
    expect(loss).toBeCloseTo(Math.log(5), 12);
  });

  test("smoothing spreads ε over all K ids, the target's among them", async () => {
    const cost = (token: number, id: number): number => -0.7 * at(token, id) - (0.3 / 3) * (at(token, 0) + at(token, 1) + at(token, 2));
    expect(await value({ labelSmoothing: 0.3 })).toBeCloseTo(meanOver(cost), 12);
  });

  test("the focal weight is (1 - p)^γ", async () => {
    expect(await value({ focalGamma: 1.5 })).toBeCloseTo(meanOver((token, id) => -((1 - Math.exp(at(token, id))) ** 1.5) * at(token, id)), 12);
  });

  test("z-loss adds the square of the log-sum-exp", async () => {
    const lse = (token: number): number => (logits[3 * token] ?? NaN) - at(token, 0);
    expect(await value({ zLoss: 0.1 })).toBeCloseTo(meanOver((token, id) => -at(token, id) + 0.1 * lse(token) ** 2), 12);
  });

  test("a narrow ordinal label is the hard one, a wide one spreads evenly", async () => {
    expect(await value({ ordinalSigma: 0.05 })).toBeCloseTo(await value({}), 9);
    expect(await value({ ordinalSigma: 1e6 })).toBeCloseTo(meanOver((token) => -(at(token, 0) + at(token, 1) + at(token, 2)) / 3), 9);
  });
});

describe("what counts", () => {
  const masked = (options: Options) => (x: Tensor, ids: Tensor, isValid: Tensor): Tensor => tokenCrossEntropy(x, ids, { ...options, isValid });
  const maskedSpecs = [f64(2, 2, 3), i64(2, 2), bool(2, 1)];

  test("a mask with an axis of 1 covers every token along it", async () => {
    const [[loss = NaN] = []] = await evaluate(masked({}), maskedSpecs, [logits, target, [0, 1]]);
    expect(loss).toBeCloseTo(-(at(2, 1) + at(3, 1)) / 2, 12);
  });

  test("tokens with the id to ignore count no more than masked ones, whatever their logits", async () => {
    const dirty = logits.map((x, i) => (i < 3 ? NaN : x));
    const [[loss = NaN] = [], gradient = []] = await evaluate(withGradients(masked({ ignoreId: -100 })), maskedSpecs, [dirty, [-100, 0, 1, 1], [1, 0]]);
    expect(loss).toBeCloseTo(-at(1, 0), 12);
    expect(gradient.slice(0, 3)).toEqual([0, 0, 0]);
    expect(gradient.slice(6).every((slope) => slope === 0)).toBe(true);
  });

  test("a batch with nothing to count costs 0, not NaN", async () => {
    const results = await evaluate(withGradients(lossOf({ ignoreId: -100, zLoss: 1, focalGamma: 2, labelSmoothing: 0.1 })), specs, [logits, [-100, -100, -100, -100]]);
    expect(results.flat().filter((v) => v !== 0)).toEqual([]);
  });

  test("a target outside the vocabulary that is not ignored shows as NaN", async () => {
    for (const outside of [-1, 3]) {
      expect((await evaluate(lossOf({ ignoreId: -100 }), specs, [logits, [0, outside, -100, 1]]))[0]).toEqual([NaN]);
    }
  });
});

describe("far from 0", () => {
  test.each([{}, { labelSmoothing: 0.1 }, { focalGamma: 2 }, { focalGamma: 0.5 }, { ordinalSigma: 1 }, { zLoss: 1e-4 }])("logits of ±1e4 stay finite: %j", async (options) => {
    const extreme = [1e4, -1e4, 0, -1e4, 1e4, 0];
    const results = await evaluate(withGradients(lossOf(options)), [f32(2, 3), i64(2)], [extreme, [0, 0]]);
    expect(results.flat().every(Number.isFinite)).toBe(true);
  });

  test("logits of -∞ take ids out, with gradient 0", async () => {
    const masked = [0.3, -Infinity, 0.9, -0.2, 0.1, -Infinity];
    for (const options of [{}, { focalGamma: 2 }]) {
      const [loss = [], gradient = []] = await evaluate(withGradients(lossOf(options)), [f64(2, 3), i64(2)], [masked, [2, 0]]);
      const [small = [], slopes = []] = await evaluate(withGradients(lossOf(options)), [f64(2, 2), i64(2)], [[0.3, 0.9, -0.2, 0.1], [1, 0]]);
      expect(relativeError(loss, small)).toBeLessThan(1e-12);
      expect([gradient[1], gradient[5]]).toEqual([0, 0]);
      expect(relativeError([0, 2, 3, 4].map((i) => gradient[i] ?? NaN), slopes)).toBeLessThan(1e-12);
    }
  });
});

test.each([
  {}, { labelSmoothing: 0.2 }, { focalGamma: 1.5 }, { ordinalSigma: 0.8 }, { zLoss: 0.3 },
  { labelSmoothing: 0.2, focalGamma: 2, ordinalSigma: 0.8, zLoss: 0.3, ignoreId: 2 },
])("the gradient matches central differences: %j", async (options) => {
  expect(await gradientError(lossOf(options), specs, [logits, target])).toBeLessThan(1e-8);
});

const vectors = goldenVectors("loss_vectors/losses_ce");
const grid = [f64(2, 3, 7, 16), i64(2, 3, 7)];

test.each([
  ["ce", "target", {}],
  ["ce_ignore_m100", "target_ignored", { ignoreId: -100 }],
  ["ce_label_smoothing_0_1", "target", { labelSmoothing: 0.1 }],
  ["ce_ls_0_1_ignore", "target_ignored", { labelSmoothing: 0.1, ignoreId: -100 }],
  ["gaussian_soft_label_sigma1_5", "target", { ordinalSigma: 1.5 }],
  ["focal_gamma2", "target", { focalGamma: 2 }],
] as const)("value and gradient are those of PyTorch: %s", async (name, ids, options) => {
  const [loss = [], gradient = []] = await evaluate(withGradients(lossOf(options)), grid, [vectors("logits"), vectors(ids)]);
  expect(relativeError(loss, vectors(`${name}.value`))).toBeLessThan(1e-10);
  expect(relativeError(gradient, vectors(`${name}.grads`))).toBeLessThan(1e-10);
});

test("z-loss adds value and gradient of PyTorch's", async () => {
  const [[plain = NaN] = [], plainSlopes = []] = await evaluate(withGradients(lossOf()), grid, [vectors("logits"), vectors("target")]);
  const [[loss = NaN] = [], slopes = []] = await evaluate(withGradients(lossOf({ zLoss: 1e-4 })), grid, [vectors("logits"), vectors("target")]);
  expect(relativeError([loss - plain], vectors("z_loss_1e_4.value"))).toBeLessThan(1e-10);
  expect(relativeError(slopes.map((slope, i) => slope - (plainSlopes[i] ?? NaN)), vectors("z_loss_1e_4.grads"))).toBeLessThan(1e-10);
});

test("ordinal labels are the reference's, seen through the derivative of the loss by ln p", async () => {
  // The loss is the mean of -Σ q·ln p, so of its 42 tokens each has the slope softmax - q, over 42.
  const both = (x: Tensor, ids: Tensor): Tensor[] => [logSoftmax(x), ...(withGradients(lossOf({ ordinalSigma: 1.5 }))(x, ids) as Tensor[])];
  const [logs = [], , slopes = []] = await evaluate(both, grid, [vectors("logits"), vectors("target")]);
  const labels = logs.map((l, i) => Math.exp(l) - 42 * (slopes[i] ?? NaN));
  expect(relativeError(labels, vectors("soft_targets"))).toBeLessThan(1e-10);
});

test("value and gradient are the golden ones with label smoothing 0.1", async () => {
  const golden = goldenCase("token_cross_entropy");
  const values = [golden("input.logits"), golden("input.target")];
  const [loss = [], gradient = []] = await evaluate(withGradients(lossOf({ labelSmoothing: 0.1 })), [f64(3, 8, 7, 16), i64(3, 8, 7)], values);
  expect(relativeError(loss, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(gradient, golden("grad.logits"))).toBeLessThan(1e-10);
});

const x = input("x", "f32", [2, 3, 5]);
const ids = input("ids", "i64", [2, 3]);
test.each([
  [() => tokenCrossEntropy(x, input("t", "i64", [2, 4])), ShapeError, "tokenCrossEntropy: target is i64[2, 4], expected [2, 3] for logits f32[2, 3, 5]"],
  [() => tokenCrossEntropy(x, input("t", "f32", [2, 3])), ShapeError, "tokenCrossEntropy: target is f32[2, 3], expected dtype i64"],
  [() => tokenCrossEntropy(x, ids, { isValid: input("m", "bool", [4, 2, 3]) }), ShapeError, "tokenCrossEntropy: isValid is bool[4, 2, 3], expected what broadcasts to [2, 3]"],
  [() => tokenCrossEntropy(x, ids, { isValid: input("m", "bool", [2, 2]) }), ShapeError, "tokenCrossEntropy: isValid: shapes [2, 2] and [2, 3] do not broadcast"],
  [() => tokenCrossEntropy(x, ids, { labelSmoothing: 1 }), RangeError, "tokenCrossEntropy: labelSmoothing is 1, expected a number in [0, 1)"],
  [() => tokenCrossEntropy(x, ids, { ordinalSigma: 0 }), RangeError, "tokenCrossEntropy: ordinalSigma is 0, expected a number of bins above 0"],
  [() => tokenCrossEntropy(x, ids, { focalGamma: -1 }), RangeError, "tokenCrossEntropy: focalGamma is -1, expected a number ≥ 0"],
  [() => tokenCrossEntropy(x, ids, { zLoss: NaN }), RangeError, "tokenCrossEntropy: zLoss is NaN, expected a number ≥ 0"],
])("what does not fit is named: %#", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});
