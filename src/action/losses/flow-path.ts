/** @file Probability paths of flow matching: how noise and action are mixed at flow time τ. */

import { add, cos, mul, sin, sub, type Tensor } from "#engine/graph";

/** The ends of a path, both f32[B, H, A]. */
export interface PathEnds {
  /** a: target chunk, normalized to about [-1, 1]. */
  readonly actions: Tensor;
  /** ε ~ N(0, I). */
  readonly noise: Tensor;
}

/** A point on a path and the direction there, both f32[B, H, A]. */
export interface PathPoint {
  /** x_τ */
  readonly x: Tensor;
  /** Velocity at x_τ: the true one of a path, or a network's. */
  readonly velocity: Tensor;
}

/** A path x_τ between noise at τ = 0 and action at τ = 1. Everywhere `tau` is f32[B, 1, 1] in [0, 1]. */
export interface FlowPath {
  /** x_τ, f32[B, H, A]. */
  interpolate(ends: PathEnds, tau: Tensor): Tensor;
  /** dx_τ/dτ with the ends held, f32[B, H, A]: what a network is to predict. */
  velocity(ends: PathEnds, tau: Tensor): Tensor;
  /** The action to which a velocity points, f32[B, H, A]; a itself for the true velocity. */
  toActions(point: PathPoint, tau: Tensor): Tensor;
  /** The noise from which a velocity comes, f32[B, H, A]; ε itself for the true velocity. */
  toNoise(point: PathPoint, tau: Tensor): Tensor;
}

/**
 * The straight line at constant speed, the default:
 *
 *     x_τ = (1 - τ)·ε + τ·a        u = a - ε        â = x + (1 - τ)·v        ε̂ = x - τ·v
 *
 * openpi and LeRobot's π0 have t = 1 - τ and the target ε - a; with their t, â = x - t·v.
 *
 * Source: Liu et al. 2022, arXiv:2209.03003, eq. 1; Tong et al. 2023, arXiv:2302.00482, eq. 14-15 with σ = 0
 * (atong01/conditional-flow-matching at cacd4dc, `ConditionalFlowMatcher`).
 */
export const straightPath: FlowPath = {
  interpolate: ({ actions, noise }, tau) => add(mul(sub(1, tau), noise), mul(tau, actions)),
  velocity: ({ actions, noise }) => sub(actions, noise),
  toActions: ({ x, velocity }, tau) => add(x, mul(sub(1, tau), velocity)),
  toNoise: ({ x, velocity }, tau) => sub(x, mul(tau, velocity)),
};

/**
 * The straight line that ends in a little noise, so that every x_τ has a density:
 *
 *     x_τ = (1 - (1 - σ)·τ)·ε + τ·a        u = a - (1 - σ)·ε
 *     â = (1 - σ)·x + (1 - (1 - σ)·τ)·v        ε̂ = x - τ·v
 *
 * Samples keep noise of size σ, in normalized units; σ = 0 is the straight path. The paper's u(x) = (a - (1 - σ)·x) / (1 - (1 - σ)·τ)
 * is the same number on the path, without its small denominator. "OT" in its name is about one pair of Gaussians and has nothing to do
 * with mini-batch coupling (`coupleNoise`).
 *
 * @param sigmaMin σ in [0, 1)
 * @throws RangeError when it is not
 *
 * Source: Lipman et al. 2022, arXiv:2210.02747, eq. 20-23.
 */
export function lipmanPath(sigmaMin: number): FlowPath {
  if (!(sigmaMin >= 0 && sigmaMin < 1)) throw new RangeError(`lipmanPath: sigmaMin is ${sigmaMin}, expected a number in [0, 1)`);
  const shrink = 1 - sigmaMin;
  const noiseRate = (tau: Tensor): Tensor => sub(1, mul(tau, shrink));
  return {
    interpolate: ({ actions, noise }, tau) => add(mul(noiseRate(tau), noise), mul(tau, actions)),
    velocity: ({ actions, noise }) => sub(actions, mul(noise, shrink)),
    toActions: ({ x, velocity }, tau) => add(mul(x, shrink), mul(noiseRate(tau), velocity)),
    toNoise: ({ x, velocity }, tau) => sub(x, mul(tau, velocity)),
  };
}

const QUARTER = Math.PI / 2;

/**
 * A quarter circle, which keeps the variance where actions have variance 1:
 *
 *     x_τ = sin(πτ/2)·a + cos(πτ/2)·ε        u = π/2·(cos(πτ/2)·a - sin(πτ/2)·ε)
 *     â = sin(πτ/2)·x + 2/π·cos(πτ/2)·v        ε̂ = cos(πτ/2)·x - 2/π·sin(πτ/2)·v
 *
 * u is π/2 times the v of diffusion, up to sign. Its path is curved, so Euler needs more steps than on a straight one.
 *
 * Source: Albergo and Vanden-Eijnden 2022, arXiv:2209.15571; atong01/conditional-flow-matching at cacd4dc,
 * `VariancePreservingConditionalFlowMatcher`.
 */
export const trigonometricPath: FlowPath = {
  interpolate: ({ actions, noise }, tau) => {
    const angle = mul(tau, QUARTER);
    return add(mul(sin(angle), actions), mul(cos(angle), noise));
  },
  velocity: ({ actions, noise }, tau) => {
    const angle = mul(tau, QUARTER);
    return mul(sub(mul(cos(angle), actions), mul(sin(angle), noise)), QUARTER);
  },
  toActions: ({ x, velocity }, tau) => {
    const angle = mul(tau, QUARTER);
    return add(mul(sin(angle), x), mul(mul(cos(angle), velocity), 1 / QUARTER));
  },
  toNoise: ({ x, velocity }, tau) => {
    const angle = mul(tau, QUARTER);
    return sub(mul(cos(angle), x), mul(mul(sin(angle), velocity), 1 / QUARTER));
  },
};
