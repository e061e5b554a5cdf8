/** @file Laws of flow paths: their ends, their direction, and what a velocity says about both. */

import { expect, test } from "vitest";
import { neg, reshape, sub, type Tensor } from "#engine/graph";
import { evaluate, f64, goldenVectors, gradientError, normals, relativeError } from "#testing";
import { lipmanPath, straightPath, trigonometricPath, type FlowPath } from "./flow-path.ts";

const golden = goldenVectors("loss_vectors/losses_flow");
const paths: readonly (readonly [string, FlowPath])[] = [
  ["straight", straightPath],
  ["Lipman's", lipmanPath(0.1)],
  ["trigonometric", trigonometricPath],
];
const [B, H, A] = [4, 3, 2] as const;
const specs = [f64(B, H, A), f64(B, H, A), f64(B)];
const feeds = ["action", "noise", "t"].map(golden);
const column = (tau: Tensor): Tensor => reshape(tau, [B, 1, 1]);
const pointOn = (path: FlowPath) => (actions: Tensor, noise: Tensor, tau: Tensor): Tensor[] =>
  [path.interpolate({ actions, noise }, column(tau)), path.velocity({ actions, noise }, column(tau))];

test.each([
  ["straight", straightPath, "rectified_data_at_1"],
  ["Lipman's", lipmanPath(0.1), "lipman_sigma_min_0_1"],
  ["trigonometric", trigonometricPath, "vp_trig"],
])("point and velocity of the %s path equal the golden ones", async (_, path, name) => {
  const [x = [], velocity = []] = await evaluate(pointOn(path), specs, feeds);
  expect(relativeError(x, golden(`${name}.x_t`))).toBeLessThan(1e-12);
  expect(relativeError(velocity, golden(`${name}.u`))).toBeLessThan(1e-12);
});

test("openpi's path is the straight one with τ = 1 - t and the velocity turned round", async () => {
  const turned = (actions: Tensor, noise: Tensor, t: Tensor): Tensor[] => {
    const [x, velocity] = pointOn(straightPath)(actions, noise, sub(1, t));
    return x === undefined || velocity === undefined ? [] : [x, neg(velocity)];
  };
  const [x = [], velocity = []] = await evaluate(turned, specs, feeds);
  expect(relativeError(x, golden("openpi_noise_at_1.x_t"))).toBeLessThan(1e-12);
  expect(relativeError(velocity, golden("openpi_noise_at_1.u"))).toBeLessThan(1e-12);
});

test.each(paths)("the %s path starts in noise and ends in the action", async (name, path) => {
  const [x = []] = await evaluate(pointOn(path), specs, [feeds[0] ?? [], feeds[1] ?? [], [0, 0, 1, 1]]);
  const half = (B * H * A) / 2;
  const [actions = [], noise = []] = feeds;
  const left = name === "Lipman's" ? 0.1 : 0;
  expect(relativeError(x.slice(0, half), noise.slice(0, half))).toBeLessThan(1e-12);
  expect(relativeError(x.slice(half), actions.slice(half).map((a, i) => a + left * (noise[half + i] ?? NaN)))).toBeLessThan(1e-12);
});

test.each(paths)("the velocity of the %s path is the slope of its points", async (_, path) => {
  const step = 1e-5;
  const at = async (delta: number): Promise<number[]> => {
    const times = [0.1, 0.3, 0.6, 0.9].map((tau) => tau + delta);
    const [x = []] = await evaluate(pointOn(path), specs, [feeds[0] ?? [], feeds[1] ?? [], times]);
    return x;
  };
  const [, velocity = []] = await evaluate(pointOn(path), specs, [feeds[0] ?? [], feeds[1] ?? [], [0.1, 0.3, 0.6, 0.9]]);
  const before = await at(-step);
  const slope = (await at(step)).map((x, i) => (x - (before[i] ?? NaN)) / (2 * step));
  expect(relativeError(velocity, slope)).toBeLessThan(1e-8);
});

test.each(paths)("from any point of the %s path the true velocity gives back action and noise", async (_, path) => {
  const both = (actions: Tensor, noise: Tensor, tau: Tensor): Tensor[] => {
    const t = column(tau);
    const point = { x: path.interpolate({ actions, noise }, t), velocity: path.velocity({ actions, noise }, t) };
    return [path.toActions(point, t), path.toNoise(point, t)];
  };
  const [actions = [], noise = []] = await evaluate(both, specs, feeds);
  expect(relativeError(actions, feeds[0] ?? [])).toBeLessThan(1e-12);
  expect(relativeError(noise, feeds[1] ?? [])).toBeLessThan(1e-12);
});

test("Lipman's path with σ = 0 is the straight path", async () => {
  expect(await evaluate(pointOn(lipmanPath(0)), specs, feeds)).toEqual(await evaluate(pointOn(straightPath), specs, feeds));
});

test("the trigonometric path keeps the variance of ends of variance 1", async () => {
  const count = 2000;
  const chunk = f64(1, count, 1);
  const at = (actions: Tensor, noise: Tensor, tau: Tensor): Tensor => trigonometricPath.interpolate({ actions, noise }, reshape(tau, [1, 1, 1]));
  const [x = []] = await evaluate(at, [chunk, chunk, f64(1)], [normals(count, 1), normals(count, 2), [0.4]]);
  expect(x.reduce((total, value) => total + value * value, 0) / count).toBeCloseTo(1, 1);
});

test.each(paths)("the gradients of the %s path match central differences", async (_, path) => {
  const all = (actions: Tensor, noise: Tensor, tau: Tensor): Tensor[] => {
    const t = column(tau);
    const point = { x: noise, velocity: actions };
    return [path.interpolate({ actions, noise }, t), path.velocity({ actions, noise }, t), path.toActions(point, t), path.toNoise(point, t)];
  };
  expect(await gradientError(all, specs, feeds)).toBeLessThan(1e-8);
});

test.each([-0.1, 1, NaN])("σ_min = %f is refused", (sigmaMin) => {
  expect(() => lipmanPath(sigmaMin)).toThrow(`lipmanPath: sigmaMin is ${sigmaMin}, expected a number in [0, 1)`);
});
