/** @file Laws of flow matching: the path, its direction, padding, gradients. */

import { expect, test } from "vitest";
import { add, gradients, mul, reshape, ShapeError, slice, sub, type Tensor } from "#engine/graph";
import { bool, evaluate, f32, f64, goldenCase, goldenVectors, gradientError, i64, normals, relativeError } from "#testing";
import { flowMatchingLoss, type VelocityField } from "./flow-matching.ts";
import { trigonometricPath } from "./flow-path.ts";

const [B, H, A] = [2, 3, 2] as const;
const specs = [f32(B, H, A), f32(B, H, A), f32(B), bool(B, H)]; // actions, noise, tau, isPad
const actions = normals(B * H * A, 1);
const noise = normals(B * H * A, 2);
const tau = [0.25, 0.75];
const noPad = [0, 0, 0, 0, 0, 0];
const lastStepPadded = [0, 0, 1, 0, 0, 1];
/** Chunk-shaped values with something else in the last step. */
const withLastStep = (values: readonly number[], value: number): number[] =>
  values.map((kept, i) => (Math.floor(i / A) % H === H - 1 ? value : kept));

const zero: VelocityField = (x) => mul(x, 0);
const identity: VelocityField = (x) => x;
const lossOf = (v: VelocityField) => (a: Tensor, e: Tensor, t: Tensor, pad: Tensor) =>
  flowMatchingLoss(v, { actions: a, noise: e, tau: t, isPad: pad });

test("a zero network costs E‖a - ε‖²", async () => {
  const expected = actions.reduce((total, a, i) => total + (a - (noise[i] ?? NaN)) ** 2, 0) / (B * H * A);
  const [loss] = await evaluate(lossOf(zero), specs, [actions, noise, tau, noPad]);
  expect(loss?.[0]).toBeCloseTo(expected, 5);
});

test("the true velocity costs nothing", async () => {
  const loss = (a: Tensor, e: Tensor, t: Tensor, pad: Tensor): Tensor =>
    flowMatchingLoss(() => sub(a, e), { actions: a, noise: e, tau: t, isPad: pad });
  expect(await evaluate(loss, specs, [actions, noise, tau, noPad])).toEqual([[0]]);
});

// Pins the time direction, which differs between codebases. With v = x_τ, a = 0, ε = 3 the loss
// is ((1 - τ)·3 + 3)²: 36 where the network sees pure noise, 9 where it sees the action.
test.each([
  [0, 36],
  [1, 9],
])("at τ = %f the network sees the right end of the path", async (t, expected) => {
  const scalar = [f32(1, 1, 1), f32(1, 1, 1), f32(1), bool(1, 1)];
  const [loss] = await evaluate(lossOf(identity), scalar, [[0], [3], [t], [0]]);
  expect(loss?.[0]).toBeCloseTo(expected, 4);
});

test("the network is told the time of its own path", async () => {
  const time: VelocityField = (x, t) => add(mul(x, 0), reshape(t, [B, 1, 1]));
  const zeros = actions.map(() => 0);
  const [loss] = await evaluate(lossOf(time), specs, [zeros, zeros, tau, noPad]);
  expect(loss?.[0]).toBeCloseTo((0.25 ** 2 + 0.75 ** 2) / 2, 6);
});

test("padded steps do not count, whatever they hold", async () => {
  const clean = await evaluate(lossOf(identity), specs, [actions, noise, tau, lastStepPadded]);
  for (const dirt of [1e3, NaN, Infinity]) {
    const dirty = [withLastStep(actions, dirt), noise, tau, lastStepPadded];
    expect(await evaluate(lossOf(zero), specs, dirty)).toEqual(await evaluate(lossOf(zero), specs, [actions, noise, tau, lastStepPadded]));
    expect(await evaluate(lossOf(identity), specs, dirty)).toEqual(clean);
  }
});

test("NaN in a padded step does not reach the gradient of what made the velocity", async () => {
  // The field reads the noise alone, as a network that takes its steps one by one reads a step that is not padded.
  const gradientOf = (a: Tensor, e: Tensor, t: Tensor, pad: Tensor): Tensor[] => {
    const gain = mul(t, 2);
    const field: VelocityField = () => mul(e, reshape(gain, [B, 1, 1]));
    return gradients(flowMatchingLoss(field, { actions: a, noise: e, tau: t, isPad: pad }), [gain]);
  };
  const clean = await evaluate(gradientOf, specs, [actions, noise, tau, lastStepPadded]);
  const dirty = await evaluate(gradientOf, specs, [withLastStep(actions, NaN), noise, tau, lastStepPadded]);
  expect(clean.flat().some((value) => value !== 0)).toBe(true);
  expect(dirty).toEqual(clean);
});

test("a fully padded batch costs 0 and has no gradient", async () => {
  const both = (a: Tensor, e: Tensor, t: Tensor, pad: Tensor): Tensor[] => {
    const loss = lossOf(identity)(a, e, t, pad);
    return [loss, ...gradients(loss, [a])];
  };
  const [loss, gradient] = await evaluate(both, specs, [actions, noise, tau, noPad.map(() => 1)]);
  expect(loss).toEqual([0]);
  expect(gradient?.every((value) => value === 0)).toBe(true);
});

test("weights per step and dimension are divided by their sum", async () => {
  const [timeWeights, dimWeights] = [[1, 0.5, 0], [2, 1]];
  const weightOf = (i: number): number => (timeWeights[Math.floor(i / A) % H] ?? NaN) * (dimWeights[i % A] ?? NaN);
  const weighted = (a: Tensor, e: Tensor, t: Tensor, pad: Tensor): Tensor =>
    flowMatchingLoss(zero, { actions: a, noise: e, tau: t, isPad: pad }, { timeWeights, dimWeights });
  const total = actions.reduce((sum, a, i) => sum + weightOf(i) * (a - (noise[i] ?? NaN)) ** 2, 0);
  const [loss = []] = await evaluate(weighted, [f64(B, H, A), f64(B, H, A), f64(B), bool(B, H)], [actions, noise, tau, noPad]);
  expect(relativeError(loss, [total / actions.reduce((sum, _, i) => sum + weightOf(i), 0)])).toBeLessThan(1e-12);
});

test("the gradient matches central differences", async () => {
  const scaledByTime: VelocityField = (x, t) => mul(x, reshape(t, [B, 1, 1]));
  const double = [f64(B, H, A), f64(B, H, A), f64(B), bool(B, H)];
  expect(await gradientError(lossOf(scaledByTime), double, [actions, noise, tau, lastStepPadded])).toBeLessThan(1e-8);
});

test.each([
  [[f32(B, H, A), f32(B, H, A), f32(B), bool(B, H + 1)], "flowMatchingLoss: isPad is bool[2, 4], expected [2, 3]"],
  [[f32(B, H, A), f32(B, 1, A), f32(B), bool(B, H)], "flowMatchingLoss: noise is f32[2, 1, 2], expected [2, 3, 2]"],
  [[f32(B, H, A), f32(B, H, A), f32(1), bool(B, H)], "flowMatchingLoss: tau is f32[1], expected [2]"],
  [[f32(B, H, A), f32(B, H, A), i64(B), bool(B, H)], "flowMatchingLoss: tau is i64[2], expected dtype f32"],
])("a wrong shape is named, with what was expected: %#", async (wrong, message) => {
  const run = evaluate(lossOf(zero), wrong, [actions, noise, tau, noPad]);
  await expect(run).rejects.toThrow(ShapeError);
  await expect(run).rejects.toThrow(message);
});

test("path, target and gradient equal the golden straight path in float64", async () => {
  const golden = goldenCase("flow_path");
  const chunk = f64(3, 8, 7);
  // With v = x_τ, the loss is the mean of r² with r = x_τ - u, and dr/da = τ - 1, dr/dε = (1 - τ) + 1.
  const traced = (a: Tensor, e: Tensor, t: Tensor, pad: Tensor): Tensor[] => {
    const seen: Tensor[] = [];
    const field: VelocityField = (x) => (seen.push(x), x);
    const loss = flowMatchingLoss(field, { actions: a, noise: e, tau: t, isPad: pad });
    return [...seen, loss, ...gradients(loss, [a, e])];
  };
  const feeds = [golden("input.actions"), golden("input.noise"), golden("input.time"), Array<number>(24).fill(0)];
  const [x = [], loss = [], byActions = [], byNoise = []] = await evaluate(traced, [chunk, chunk, f64(3), bool(3, 8)], feeds);

  const path = golden("output.interpolant");
  const target = golden("output.target_velocity");
  const residual = path.map((value, i) => value - (target[i] ?? NaN));
  const timeAt = (i: number): number => feeds[2]?.[Math.floor(i / 56)] ?? NaN;
  const scaled = (slope: (tau: number) => number): number[] => residual.map((r, i) => (2 * r * slope(timeAt(i))) / residual.length);
  expect(relativeError(x, path)).toBeLessThan(1e-12);
  expect(relativeError(loss, [residual.reduce((total, r) => total + r * r, 0) / residual.length])).toBeLessThan(1e-12);
  expect(relativeError(byActions, scaled((t) => t - 1))).toBeLessThan(1e-10);
  expect(relativeError(byNoise, scaled((t) => 2 - t))).toBeLessThan(1e-10);
});

test("a velocity of another shape is refused, not broadcast", async () => {
  const narrow: VelocityField = (x) => slice(x, 2, 0, 1);
  const run = evaluate(lossOf(narrow), specs, [actions, noise, tau, noPad]);
  await expect(run).rejects.toThrow("flowMatchingLoss: velocity is f32[2, 3, 1], expected [2, 3, 2]");
});

test("on another path its own velocity costs nothing, and the straight one does", async () => {
  const on = (field: (ends: { actions: Tensor; noise: Tensor }, t: Tensor) => Tensor) => (a: Tensor, e: Tensor, t: Tensor, pad: Tensor) => {
    const ends = { actions: a, noise: e };
    return flowMatchingLoss(() => field(ends, reshape(t, [B, 1, 1])), { ...ends, tau: t, isPad: pad }, { path: trigonometricPath });
  };
  const values = [actions, noise, tau, noPad];
  expect(await evaluate(on(trigonometricPath.velocity), specs, values)).toEqual([[0]]);
  const [[straight = 0] = []] = await evaluate(on(({ actions: a, noise: e }) => sub(a, e)), specs, values);
  expect(straight).toBeGreaterThan(0.1);
});

test("the masked loss and its gradient equal the golden ones, by the number of valid steps and by all steps", async () => {
  const golden = goldenVectors("loss_vectors/losses_flow");
  const chunk = f64(4, 3, 2);
  const withGradient = (a: Tensor, e: Tensor, time: Tensor, pad: Tensor, prediction: Tensor): Tensor[] => {
    const loss = flowMatchingLoss(() => prediction, { actions: a, noise: e, tau: time, isPad: pad });
    return [loss, ...gradients(loss, [prediction])];
  };
  const mask = golden("loss_masked.mask");
  const feeds = [golden("action"), golden("noise"), golden("t"), mask.map((kept) => 1 - kept), golden("loss_masked.pred")];
  const [[loss = NaN] = [], gradient = []] = await evaluate(withGradient, [chunk, chunk, f64(4), bool(4, 3), chunk], feeds);

  const share = mask.reduce((a, b) => a + b, 0) / mask.length;
  for (const [name, scale] of [["normalized_by_valid", 1], ["unnormalized_by_valid_openpi_style_mean", share]] as const) {
    expect(relativeError([loss * scale], golden(`loss_masked.${name}.value`))).toBeLessThan(1e-10);
    expect(relativeError(gradient.map((value) => value * scale), golden(`loss_masked.${name}.grads`))).toBeLessThan(1e-10);
  }
});
