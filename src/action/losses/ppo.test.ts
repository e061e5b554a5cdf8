/** @file Laws of the whole of proximal policy optimization: the sum of its terms, and what it says about them. */

import { expect, test } from "vitest";
import { gradients, input, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenCase, relativeError } from "#testing";
import { ppoLoss, type PpoBatch, type PpoOptions } from "./ppo.ts";

const N = 24;
const NAMES = ["logProb", "oldLogProb", "advantage", "value", "returns", "entropy", "baseLogProb"] as const;
const GOLDEN_NAMES = ["log_prob", "old_log_prob", "advantage", "value", "returns", "entropy", "reference_log_prob"] as const;
const golden = goldenCase("ppo");
const feeds = GOLDEN_NAMES.map((name) => golden(`input.${name}`));
const specs = [...NAMES.map(() => f64(N)), bool(N)];
const weights: PpoOptions = { valueWeight: 0.5, entropyWeight: 0.01, klWeight: 0.1 };
const all = Array<number>(N).fill(1);

const batchOf = (inputs: readonly Tensor[]): PpoBatch => {
  const [logProb, oldLogProb, advantage, value, returns, entropy, baseLogProb, isValid] = inputs;
  if (logProb === undefined || oldLogProb === undefined || advantage === undefined) throw new Error("three inputs");
  if (value === undefined || returns === undefined || entropy === undefined || baseLogProb === undefined) throw new Error("seven inputs");
  return { logProb, oldLogProb, advantage, value, returns, entropy, baseLogProb, isValid };
};
const withSlopes = (...inputs: Tensor[]): Tensor[] => {
  const batch = batchOf(inputs);
  const { loss } = ppoLoss(batch, weights);
  const { logProb, value, entropy } = batch;
  return [loss, ...gradients(loss, [logProb, ...(value === undefined ? [] : [value]), ...(entropy === undefined ? [] : [entropy])])];
};

test("loss and gradients equal the golden ones", async () => {
  const [loss = [], byLogProb = [], byValue = [], byEntropy = []] = await evaluate(withSlopes, specs, [...feeds, all]);
  expect(relativeError(loss, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(byLogProb, golden("grad.log_prob"))).toBeLessThan(1e-10);
  expect(relativeError(byValue, golden("grad.value"))).toBeLessThan(1e-10);
  expect(relativeError(byEntropy, golden("grad.entropy"))).toBeLessThan(1e-10);
});

test("the loss is the weighted sum of the terms it reports", async () => {
  const reported = (...inputs: Tensor[]): Tensor[] => {
    const { loss, metrics } = ppoLoss(batchOf(inputs), weights);
    return [loss, ...["policy", "value", "entropy", "klToBase"].flatMap((name) => metrics[name] ?? [])];
  };
  const [[loss = NaN] = [], ...terms] = await evaluate(reported, specs, [...feeds, all]);
  const [policy = NaN, value = NaN, entropy = NaN, klToBase = NaN] = terms.flat();
  expect(loss).toBeCloseTo(policy + 0.5 * value - 0.01 * entropy + 0.1 * klToBase, 12);
});

test("terms without tensors are left out, and the metrics of the rest are there", () => {
  const x = input("x", "f32", [4]);
  const { metrics } = ppoLoss({ logProb: x, oldLogProb: x, advantage: x });
  expect(Object.keys(metrics)).toEqual(["policy", "approxKl", "clipFraction"]);
});

test("samples that do not count change nothing, whatever they hold", async () => {
  const isValid = all.map((_, i) => Number(i % 3 !== 0));
  const clean = await evaluate(withSlopes, specs, [...feeds, isValid]);
  for (const dirt of [NaN, Infinity, 1e300]) {
    const dirty = feeds.map((values) => values.map((value, i) => (i % 3 === 0 ? dirt : value)));
    expect(await evaluate(withSlopes, specs, [...dirty, isValid])).toEqual(clean);
  }
  const nothing = await evaluate(withSlopes, specs, [...feeds.map((values) => values.map(() => NaN)), all.map(() => 0)]);
  expect(nothing.flat().every((value) => value === 0)).toBe(true);
});

test("where π is the old policy nothing is clipped and the divergence is 0", async () => {
  const metricsOf = (logProb: Tensor, advantage: Tensor): Tensor[] => {
    const { metrics } = ppoLoss({ logProb, oldLogProb: logProb, advantage });
    return ["approxKl", "clipFraction"].flatMap((name) => metrics[name] ?? []);
  };
  expect(await evaluate(metricsOf, [f64(N), f64(N)], [feeds[0] ?? [], feeds[2] ?? []])).toEqual([[0], [0]]);
});

test.each<[Partial<PpoBatch>, PpoOptions, string]>([
  [{}, { klWeight: 0.1 }, "ppoLoss: klWeight is 0.1, but the batch has no baseLogProb"],
  [{}, { entropyWeight: 0.01 }, "ppoLoss: entropyWeight is 0.01, but the batch has no entropy"],
  [{}, { valueClip: 0.2 }, "ppoLoss: valueClip is 0.2, but the batch has no value and no returns and no oldValue"],
  [{ value: input("v", "f32", [4]) }, {}, "ppoLoss: the batch has one of value and returns, expected both or none"],
  [{ entropy: input("e", "f32", [1]) }, {}, "ppoLoss: entropy is f32[1], expected [4]"],
])("a batch that lacks what its weights need is refused: %#", (more, options, message) => {
  const x = input("x", "f32", [4]);
  expect(() => ppoLoss({ logProb: x, oldLogProb: x, advantage: x, ...more }, options)).toThrow(message);
});
