/** @file The example of each page in docs/losses is what the loss computes. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { add, mul, reshape, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, i64, type Traceable } from "#testing";
import * as losses from "./index.ts";

/** One chunk of one dimension: its values, then padding, of which the last entries are true. */
const steps = (values: readonly number[], fn: (x: Tensor, isPad: Tensor) => Tensor, padded = 0): Example => ({
  fn: fn as Traceable,
  specs: [f64(1, values.length, 1), bool(1, values.length)],
  values: [values, values.map((_, i) => Number(i >= values.length - padded))],
});
/** Errors against a target of zeros. */
const errors = (values: readonly number[], fn: (p: Tensor, target: Tensor, isPad: Tensor) => Tensor): Example => ({
  fn: fn as Traceable,
  specs: [f64(1, values.length, 1), f64(1, values.length, 1), bool(1, values.length)],
  values: [values, values.map(() => 0), values.map(() => 0)],
});
/** Two vectors of one length. */
const pair = (a: readonly number[], b: readonly number[], fn: (a: Tensor, b: Tensor) => Tensor): Example => ({
  fn: fn as Traceable,
  specs: [f64(a.length), f64(b.length)],
  values: [a, b],
});
const gaussian = [f64(1, 1, 1), f64(1, 1, 1), f64(1, 1, 1), bool(1, 1)];
const component = [f64(1, 1, 1), f64(1, 1, 1, 1), f64(1, 1, 1, 1), f64(1, 1, 1), bool(1, 1)];
const mixture: Traceable = (logits, means, logScales, a, isPad) =>
  losses.gmmNll({ logits: logits as Tensor, means: means as Tensor, logScales: logScales as Tensor }, a as Tensor, { isPad: isPad as Tensor });

interface Example {
  readonly fn: Traceable;
  readonly specs: readonly ReturnType<typeof f64>[];
  readonly values: readonly (readonly number[])[];
}

const examples: readonly (readonly [page: string, said: string, value: number, example: Example])[] = [
  ["chunk-weights", "(1 + 2 + 6)/4 = 2.25", 2.25, steps([1, 2, 3, 4], (x, isPad) => losses.weightedMean(x, { isPad, timeWeights: [1, 1, 2, 5] }), 1)],
  ["mse", "(1 + 9)/2 = 5", 5, errors([1, 3], (p, t, isPad) => losses.mseLoss(p, t, { isPad }))],
  ["l1", "(1 + 3 + 0)/3 = 4/3", 4 / 3, errors([1, -3, 0], (p, t, isPad) => losses.l1Loss(p, t, { isPad }))],
  ["huber", "0.453125", 0.453125, errors([0.25, 2], (p, t, isPad) => losses.huberLoss(p, t, { isPad, delta: 0.5 }))],
  ["smooth-l1", "0.90625", 0.90625, errors([0.25, -2], (p, t, isPad) => losses.smoothL1Loss(p, t, { isPad, beta: 0.5 }))],
  ["gaussian-nll", "(1 + ln 4)/2 = 1.193", 1.193, {
    fn: (mean, logVariance, target, isPad) =>
      losses.gaussianNll({ mean: mean as Tensor, logVariance: logVariance as Tensor, target: target as Tensor }, { isPad: isPad as Tensor }),
    specs: gaussian,
    values: [[2], [Math.log(4)], [0], [0]],
  }],
  ["gmm-nll", "½·ln 2π = 0.919", 0.919, { fn: mixture, specs: component, values: [[0], [0], [0], [0], [0]] }],
  ["gmm-nll", "costs 2.919", 2.919, { fn: mixture, specs: component, values: [[0], [0], [0], [2], [0]] }],
  ["token-cross-entropy", "ln 5 = 1.609", 1.609, {
    fn: (logits, target) => losses.tokenCrossEntropy(logits as Tensor, target as Tensor),
    specs: [f64(1, 5), i64(1)],
    values: [[1, 1, 1, 1, 1], [3]],
  }],
  ["info-nce", "ln(1 + e^-1) = 0.313", 0.313, {
    fn: (query, key) => losses.infoNceLoss(query as Tensor, key as Tensor, { temperature: 1 }),
    specs: [f64(2, 2), f64(2, 2)],
    values: [[1, 0, 0, 1], [1, 0, 0, 1]],
  }],
  ["siglip", "ln 2 = 0.693", Math.LN2, {
    fn: (query, key) => losses.siglipLoss(query as Tensor, key as Tensor),
    specs: [f64(1, 2), f64(1, 2)],
    values: [[1, 2], [1, 2]],
  }],
  ["smoothness", "35/3 + 4 + 0 = 15.667", 15.667, steps([0, 1, 4, 9], (x, isPad) => losses.smoothnessLoss(x, { isPad, velocity: 1, acceleration: 1, jerk: 1 }))],
  ["hinge-limit", "(0.25 + 0)/2 = 0.125", 0.125, steps([1.5, 0], (x, isPad) => losses.hingeLimitLoss(x, { isPad, lower: [-1], upper: [1] }))],
  ["relaxed-log-barrier", "= 3.803", 3.803, steps([1], (x, isPad) => losses.relaxedLogBarrier(x, { isPad, lower: [-Infinity], upper: [1], delta: 0.1 }))],
  ["barrier-residual", "(0.25² + 0)/2 = 0.03125", 0.03125, steps([1, 0.25, 0.25], (h, isPad) => losses.barrierResidualOf(h, { isPad, alpha: 0.5 }))],
  ["flow-matching", "costs (1 - -1)² = 4", 4, {
    fn: (actions, noise, tau, isPad) =>
      losses.flowMatchingLoss((x) => mul(x, 0), { actions: actions as Tensor, noise: noise as Tensor, tau: tau as Tensor, isPad: isPad as Tensor }),
    specs: [f64(1, 1, 1), f64(1, 1, 1), f64(1), bool(1, 1)],
    values: [[1], [-1], [0.5], [0]],
  }],
  ["denoising", "min-SNR weight at ᾱ = 0.9 is 5/9 = 0.556", 5 / 9, steps([1], (x) => mul(x, losses.PREDICTION_TYPES.epsilon.minSnrWeight(0.9 / (1 - 0.9), 5)))],
  ...([["forward", "= 0.144", 0.144], ["reverse", "reverse 0.131", 0.131]] as const).map(([direction, said, value]) =>
    ["distillation-kl", said, value, pair([Math.log(3), 0], [0, 0], (student, teacher) => losses.distillationKl({ student, teacher }, { direction }))] as const),
  ["distillation-gaussian", "N(0, 1) from N(1, 1) costs ½", 0.5, {
    fn: (mean, logVariance, other, isPad) =>
      losses.gaussianDistillation(
        { mean: mean as Tensor, logVariance: logVariance as Tensor },
        { mean: other as Tensor, logVariance: logVariance as Tensor },
        { isPad: isPad as Tensor },
      ),
    specs: gaussian,
    values: [[0], [0], [1], [0]],
  }],
  ["distillation-regression", "(¼ + 4)/2 = 2.125", 2.125, {
    fn: (noisyActions, time, isPad) =>
      losses.matchedDistillation((x, t) => add(x, reshape(t, [2, 1, 1])), (x) => x, { noisyActions: noisyActions as Tensor, time: time as Tensor, isPad: isPad as Tensor }),
    specs: [f64(2, 1, 1), f64(2), bool(2, 1)],
    values: [[3, 4], [0.5, 2], [0, 0]],
  }],
  ["co-training", "7/3 + 10·35 = 352.3", 7 / 3 + 350, {
    fn: (text, isToken, actions, isRobot) =>
      losses.coTrainingLoss({
        text: { values: text as Tensor, isValid: isToken as Tensor },
        actions: { values: actions as Tensor, isValid: isRobot as Tensor, weight: 10 },
      }).loss,
    specs: [f64(4), bool(4), f64(2, 2), bool(2, 1)],
    values: [[1, 2, 3, 4], [1, 1, 0, 1], [1, 2, 30, 40], [0, 1]],
  }],
  ["kl-estimate", "KL(p ‖ q) = 0.131", 0.131, pair([0.75, 0.75, 0.75, 0.25].map(Math.log), Array<number>(4).fill(Math.log(0.5)), (logProb, otherLogProb) =>
    losses.klEstimate({ logProb, otherLogProb }))],
  ...([["is -1.2", 1, -1.2], ["it is 1.5", -1, 1.5]] as const).map(([said, advantage, value]) =>
    ["ppo", said, value, pair([Math.log(1.5)], [advantage], (logProb, given) => losses.ppoPolicyLoss({ logProb, oldLogProb: mul(logProb, 0), advantage: given }))] as const),
  ["advantage-weights", "weights 1, 2.72 and 20", (1 + Math.E + 20) / 3, pair([-1, -1, -1], [0, 1, 5], (logProb, advantage) =>
    losses.advantageWeightedLoss({ logProb, advantage }, losses.ADVANTAGE_WEIGHTS.awr))],
  ...([["costs 3.6", 3, 3.6], ["costs 0.4", -1, 0.4]] as const).map(([said, target, value]) =>
    ["expectile", said, value, pair([1], [target], (v, q) => losses.expectileLoss({ value: v, target: q }, 0.9))] as const),
];

test.each(examples)("docs/losses/%s.md says %s", async (page, said, value, { fn, specs, values }) => {
  expect(readFileSync(`docs/losses/${page}.md`, "utf8")).toContain(said);
  const [[loss = NaN] = []] = await evaluate(fn, specs, values);
  expect(loss).toBeCloseTo(value, 3);
});

test("docs/losses/noise-schedule.md says how much signal the steps leave", () => {
  const { alphaBars } = losses.noiseSchedule({ kind: "cosine", steps: 100 });
  expect(readFileSync("docs/losses/noise-schedule.md", "utf8")).toContain("0.99937 of the signal, the middle one 0.494, the last 2.4·10⁻⁷");
  expect([alphaBars[0], alphaBars[49], (alphaBars[99] ?? NaN) * 1e7].map((value) => value?.toPrecision(3))).toEqual(["0.999", "0.494", "2.43"]);
});

test("docs/losses/flow-time.md says where the default Beta draws", () => {
  const [sampler, random] = [losses.betaTime(), rng(0, "docs")];
  const drawn = Array.from({ length: 4000 }, () => sampler(random));
  expect(readFileSync("docs/losses/flow-time.md", "utf8")).toContain("= 0.4: two of three draws");
  expect(drawn.reduce((sum, tau) => sum + tau, 0) / 4000).toBeCloseTo(0.4, 1);
  expect(drawn.filter((tau) => tau < 0.5).length / 4000).toBeCloseTo(0.65, 1);
});
