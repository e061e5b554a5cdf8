/** @file The example of each page in docs/losses is what the loss computes. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Tensor } from "#engine/graph";
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
];

test.each(examples)("docs/losses/%s.md says %s", async (page, said, value, { fn, specs, values }) => {
  expect(readFileSync(`docs/losses/${page}.md`, "utf8")).toContain(said);
  const [[loss = NaN] = []] = await evaluate(fn, specs, values);
  expect(loss).toBeCloseTo(value, 3);
});
