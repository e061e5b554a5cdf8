/** @file Laws of advantage-weighted regression. */

import { expect, test } from "vitest";
import { gradients, input, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, goldenVectors, normals, relativeError } from "#testing";
import { ADVANTAGE_WEIGHTS, advantageWeightedLoss, advantageWeights, type AdvantageWeightOptions } from "./advantage-weights.ts";

const golden = goldenVectors("loss_vectors/losses_rl");
const weightsOf = (options: AdvantageWeightOptions) => (advantage: Tensor): Tensor => advantageWeights(advantage, options);
const iqlAdvantage = (): number[] => golden("iql.q").map((q, i) => q - (golden("iql.v")[i] ?? NaN));

test("weights equal the golden ones of AWR and IQL", async () => {
  const [awr = []] = await evaluate(weightsOf({ ...ADVANTAGE_WEIGHTS.awr, temperature: 0.5 }), [f64(10)], [golden("awr_lambda.adv")]);
  expect(relativeError(awr, golden("awr_lambda.weights_clip20"))).toBeLessThan(1e-10);
  const [iql = []] = await evaluate(weightsOf(ADVANTAGE_WEIGHTS.iql), [f64(10)], [iqlAdvantage()]);
  expect(relativeError(iql, golden("iql.awr_weights_beta3_max100"))).toBeLessThan(1e-10);
});

test("value and gradient equal the golden actor loss of IQL", async () => {
  // The log-probabilities are those of the golden PPO case.
  const both = (logProb: Tensor, advantage: Tensor): Tensor[] => {
    const loss = advantageWeightedLoss({ logProb, advantage }, ADVANTAGE_WEIGHTS.iql);
    return [loss, ...gradients(loss, [logProb])];
  };
  const [loss = [], slope = []] = await evaluate(both, [f64(10), f64(10)], [golden("ppo.new_logp"), iqlAdvantage()]);
  expect(relativeError(loss, golden("iql.actor_loss.value"))).toBeLessThan(1e-10);
  expect(relativeError(slope, golden("iql.actor_loss.grads"))).toBeLessThan(1e-10);
});

test("weights are 1 for advantage 0, capped, and finite for any advantage in float32", async () => {
  const [weights = []] = await evaluate(weightsOf({ temperature: 0.01, maxWeight: 20 }), [f32(4)], [[0, 1, 1e30, -1e30]]);
  expect(weights[0]).toBe(1);
  expect(relativeError(weights.slice(1), [20, 20, 0])).toBeLessThan(1e-6);
});

test("no gradient reaches the advantage", async () => {
  const slopes = (logProb: Tensor, advantage: Tensor): Tensor[] =>
    gradients(advantageWeightedLoss({ logProb, advantage }, ADVANTAGE_WEIGHTS.awac), [advantage]);
  expect(await evaluate(slopes, [f64(3), f64(3)], [normals(3, 1), normals(3, 2)])).toEqual([[0, 0, 0]]);
});

test("samples that do not count change nothing, whatever they hold, and a batch of them costs 0", async () => {
  const both = (logProb: Tensor, advantage: Tensor, isValid: Tensor): Tensor[] => {
    const loss = advantageWeightedLoss({ logProb, advantage, isValid }, ADVANTAGE_WEIGHTS.awr);
    return [loss, ...gradients(loss, [logProb])];
  };
  const specs = [f64(3), f64(3), bool(3)];
  const [a, b] = [normals(3, 1), normals(3, 2)];
  const clean = await evaluate(both, specs, [a, b, [1, 0, 1]]);
  for (const dirt of [NaN, Infinity, -Infinity]) {
    expect(await evaluate(both, specs, [a.with(1, dirt), b.with(1, dirt), [1, 0, 1]])).toEqual(clean);
  }
  expect((await evaluate(both, specs, [a, b, [0, 0, 0]])).flat().every((value) => value === 0)).toBe(true);
});

test("what cannot be is refused", () => {
  const x = input("x", "f32", [4]);
  expect(() => advantageWeights(x, { temperature: 0, maxWeight: 20 })).toThrow("advantageWeights: temperature is 0, expected a number above 0");
  expect(() => advantageWeights(x, { temperature: 1, maxWeight: -1 })).toThrow("advantageWeights: maxWeight is -1, expected a number above 0");
  expect(() => advantageWeightedLoss({ logProb: x, advantage: input("a", "f32", [1]) }, ADVANTAGE_WEIGHTS.awr)).toThrow(
    "advantageWeightedLoss: advantage is f32[1], expected [4]",
  );
});
