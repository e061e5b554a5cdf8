/** @file Laws of divergence estimates. */

import { expect, test } from "vitest";
import { gradients, input, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenVectors, gradientError, normals, relativeError } from "#testing";
import { klEstimate, type KlEstimator } from "./kl-estimate.ts";

const golden = goldenVectors("loss_vectors/losses_rl");
const ESTIMATORS = ["k1", "k2", "k3"] as const;
const lossOf = (estimator?: KlEstimator) => (logProb: Tensor, otherLogProb: Tensor, isValid?: Tensor): Tensor =>
  klEstimate({ logProb, otherLogProb, isValid }, estimator);
const pair = [f64(10), f64(10)];

test.each(ESTIMATORS)("%s of old and new policy equals the golden one", async (estimator) => {
  const [estimate = []] = await evaluate(lossOf(estimator), pair, [golden("ppo.old_logp"), golden("ppo.new_logp")]);
  expect(relativeError(estimate, golden(`ppo.${estimator}`))).toBeLessThan(1e-10);
});

test("value and gradient of k3 to the base policy equal the golden ones", async () => {
  const both = (logProb: Tensor, base: Tensor): Tensor[] => {
    const loss = lossOf()(logProb, base);
    return [loss, ...gradients(loss, [logProb])];
  };
  const [loss = [], slope = []] = await evaluate(both, pair, [golden("ppo.new_logp"), golden("ppo.base_logp")]);
  expect(relativeError(loss, golden("ppo.kl_to_base_k3.value"))).toBeLessThan(1e-10);
  expect(relativeError(slope, golden("ppo.kl_to_base_k3.grads"))).toBeLessThan(1e-10);
});

// p = (3/4, 1/4) and q = (1/2, 1/2), sampled in exact proportion: three of the first kind, one of the second.
test("k1 and k3 are exact on samples in exact proportion", async () => {
  const logProb = [0.75, 0.75, 0.75, 0.25].map(Math.log);
  const other = Array<number>(4).fill(Math.log(0.5));
  const exact = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5);
  for (const estimator of ["k1", "k3"] as const) {
    const [estimate = []] = await evaluate(lossOf(estimator), [f64(4), f64(4)], [logProb, other]);
    expect(estimate[0]).toBeCloseTo(exact, 14);
  }
});

test("on such samples the gradient of k3 is that of KL(q ‖ p), the gradient of k2 that of KL(p ‖ q)", async () => {
  // Log-probabilities move by ±1/p along the one direction in which a coin's probability p can move.
  const probabilities = [0.75, 0.75, 0.75, 0.25];
  const score = [1 / 0.75, 1 / 0.75, 1 / 0.75, -1 / 0.25];
  const along = async (estimator: KlEstimator): Promise<number> => {
    const slope = (logProb: Tensor, other: Tensor): Tensor[] => gradients(lossOf(estimator)(logProb, other), [logProb]);
    const [values = []] = await evaluate(slope, [f64(4), f64(4)], [probabilities.map(Math.log), Array<number>(4).fill(Math.log(0.5))]);
    return values.reduce((total, value, i) => total + value * (score[i] ?? NaN), 0);
  };
  expect(await along("k3")).toBeCloseTo(-0.5 / 0.75 + 0.5 / 0.25, 12); // d/dp of -½·ln p - ½·ln(1 - p)
  expect(await along("k2")).toBeCloseTo(Math.log(0.75 / 0.25), 12); // d/dp of p·ln p + (1 - p)·ln(1 - p)
});

test.each(ESTIMATORS)("the gradient of %s matches central differences", async (estimator) => {
  const loss = (logProb: Tensor, other: Tensor, isValid: Tensor): Tensor => lossOf(estimator)(logProb, other, isValid);
  expect(await gradientError(loss, [f64(4), f64(4), bool(4)], [normals(4, 1), normals(4, 2), [1, 0, 1, 1]])).toBeLessThan(1e-8);
});

test("a shape that does not fit is named", () => {
  expect(() => lossOf()(input("p", "f32", [4]), input("q", "f32", [3]))).toThrow("klEstimate: otherLogProb is f32[3], expected [4]");
});
