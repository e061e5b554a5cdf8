/** @file Laws of the clipped policy term. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { constant, gradients, input, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, goldenVectors, gradientError, normals, relativeError } from "#testing";
import { clipFraction, normalizeAdvantage, ppoPolicyLoss, type PpoPolicyOptions } from "./ppo-policy.ts";

const golden = goldenVectors("loss_vectors/losses_rl");
const goldenFeeds = [golden("ppo.new_logp"), golden("ppo.old_logp"), golden("ppo.adv")];
const triple = (count: number): ReturnType<typeof f64>[] => [f64(count), f64(count), f64(count)];
const withSlope = (options: PpoPolicyOptions = {}) => (logProb: Tensor, oldLogProb: Tensor, advantage: Tensor, isValid?: Tensor): Tensor[] => {
  const loss = ppoPolicyLoss({ logProb, oldLogProb, advantage, isValid }, options);
  return [loss, ...gradients(loss, [logProb])];
};

test.each<[string, PpoPolicyOptions]>([
  ["policy_loss_normadv_unbiased_std", { normalizesAdvantage: true }],
  ["dual_clip_c3_no_norm", { dualClip: 3 }],
])("value and gradient equal the golden %s", async (name, options) => {
  const [loss = [], slope = []] = await evaluate(withSlope(options), triple(10), goldenFeeds);
  expect(relativeError(loss, golden(`ppo.${name}.value`))).toBeLessThan(1e-10);
  expect(relativeError(slope, golden(`ppo.${name}.grads`))).toBeLessThan(1e-10);
});

test("the share of clipped ratios equals the golden one", async () => {
  const share = (logProb: Tensor, oldLogProb: Tensor, advantage: Tensor): Tensor => clipFraction({ logProb, oldLogProb, advantage });
  const [fraction = []] = await evaluate(share, triple(10), goldenFeeds);
  expect(relativeError(fraction, golden("ppo.clipfrac"))).toBeLessThan(1e-12);
});

// ε = 0.2. The objective may not gain from a ratio that is already far on the right side; it still pays on the wrong one.
test.each([
  [1, 1, -1, -1],
  [1.5, 1, -1.2, 0],
  [0.5, 1, -0.5, -0.5],
  [1.5, -1, 1.5, 1.5],
  [0.5, -1, 0.8, 0],
])("at ratio %f and advantage %f the loss is %f with slope %f in ln π", async (ratio, advantage, expectedLoss, expectedSlope) => {
  const [loss, slope] = await evaluate(withSlope(), triple(1), [[Math.log(ratio) - 2], [-2], [advantage]]);
  expect(loss?.[0]).toBeCloseTo(expectedLoss, 12);
  expect(slope?.[0]).toBeCloseTo(expectedSlope, 12);
});

test("with dual clip a bad sample costs at most c·|A|", async () => {
  const [loss, slope] = await evaluate(withSlope({ dualClip: 3 }), triple(1), [[Math.log(10)], [0], [-2]]);
  expect(loss?.[0]).toBeCloseTo(6, 12);
  expect(slope?.[0]).toBe(0);
});

test("every sample may have a clip range of its own", async () => {
  const ranges = constant(tensorFrom("f64", [3], [0.1, 0.2, 0.3]));
  const feeds = [[Math.log(2), Math.log(2), Math.log(2)], [0, 0, 0], [1, 1, 1]];
  const [loss] = await evaluate(withSlope({ clip: ranges }), triple(3), feeds);
  expect(loss?.[0]).toBeCloseTo(-(1.1 + 1.2 + 1.3) / 3, 12);
});

test("a ratio that overflows float32 leaves a number and the gradient 0", async () => {
  for (const advantage of [1, -1]) {
    const [loss, slope] = await evaluate(withSlope(), [f32(1), f32(1), f32(1)], [[200], [-200], [advantage]]);
    expect(Number.isFinite(loss?.[0])).toBe(true);
    expect(slope).toEqual([0]);
  }
});

test("normalized advantages have mean 0 and unbiased variance 1 over what counts", async () => {
  const values = [1, 2, 4, NaN, 9];
  const [result = []] = await evaluate(normalizeAdvantage, [f64(5), bool(5)], [values, [1, 1, 1, 0, 1]]);
  const counted = result.filter((_, i) => i !== 3);
  expect(counted.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 12);
  expect(counted.reduce((a, b) => a + b * b, 0) / 3).toBeCloseTo(1, 7);
});

test("one sample alone, or none, has the normalized advantage 0", async () => {
  for (const isValid of [[0, 1, 0], [0, 0, 0]]) {
    const [loss, slope] = await evaluate(withSlope({ normalizesAdvantage: true }), [...triple(3), bool(3)], [normals(3, 1), normals(3, 2), normals(3, 3), isValid]);
    expect([...(loss ?? []), ...(slope ?? [])].every((value) => value === 0)).toBe(true);
  }
});

test("no gradient reaches the old policy or the advantage", async () => {
  const slopes = (logProb: Tensor, oldLogProb: Tensor, advantage: Tensor): Tensor[] =>
    gradients(ppoPolicyLoss({ logProb, oldLogProb, advantage }, { normalizesAdvantage: true, dualClip: 3 }), [oldLogProb, advantage]);
  expect((await evaluate(slopes, triple(10), goldenFeeds)).flat().every((value) => value === 0)).toBe(true);
});

test("the gradient matches central differences", async () => {
  const [oldLogProb, advantage] = [goldenFeeds[1] ?? [], goldenFeeds[2] ?? []].map((values) => constant(tensorFrom("f64", [10], values)));
  if (oldLogProb === undefined || advantage === undefined) throw new Error("two constants");
  const loss = (logProb: Tensor, isValid: Tensor): Tensor => ppoPolicyLoss({ logProb, oldLogProb, advantage, isValid }, { dualClip: 1.5 });
  expect(await gradientError(loss, [f64(10), bool(10)], [goldenFeeds[0] ?? [], [1, 1, 0, 1, 1, 1, 0, 1, 1, 1]])).toBeLessThan(1e-8);
});

test("what cannot be is refused", () => {
  const x = input("x", "f32", [4]);
  const batch = { logProb: x, oldLogProb: x, advantage: x };
  expect(() => ppoPolicyLoss({ ...batch, advantage: input("a", "f32", [4, 1]) })).toThrow(ShapeError);
  expect(() => ppoPolicyLoss({ ...batch, advantage: input("a", "f32", [4, 1]) })).toThrow("ppoPolicyLoss: advantage is f32[4, 1], expected [4]");
  expect(() => ppoPolicyLoss({ ...batch, isValid: input("m", "bool", [3]) })).toThrow("ppoPolicyLoss: isValid");
  expect(() => ppoPolicyLoss(batch, { clip: 1 })).toThrow("ppoPolicyLoss: clip is 1, expected a number in (0, 1)");
  expect(() => ppoPolicyLoss(batch, { dualClip: 1 })).toThrow("ppoPolicyLoss: dualClip is 1, expected a number above 1");
});
