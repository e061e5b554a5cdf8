/** @file Real-time chunking: draw a chunk that goes on from what the last one was about to do. */

import { add, assertShape, gradients, mul, reshape, stopGradient, sub, sum, type Tensor } from "#engine/graph";

/** What a chunk is to go on from. */
export interface Guidance {
  /** f32[B, H, A] normalized: step i is what was to be done at step i of the new chunk; behind its end its last step, held, not zeros, which are the mean pose. */
  readonly previous: Tensor;
  /**
   * f32[H] or f32[H, A]: how much each step is to stay with it, from 1, will be done before the new chunk is there, to 0. See `guidanceWeights` of control. By dimension, too, where some are
   * there to fill up: what those say is nobody's business, and would go through the network into the others.
   */
  readonly weights: Tensor;
}

/** Default of the largest weight of a correction, as in LeRobot; the paper has 5. */
export const MAX_GUIDANCE = 10;

export interface GuidanceOptions {
  /** Largest weight of the correction, β. Default `MAX_GUIDANCE`. */
  readonly maxGuidance?: number;
  /**
   * How an error of the chunk that a velocity points to is carried back to the point: through the network, the default, or as if the network said the same everywhere, which costs no backward
   * pass. LeRobot's `torch.autograd.grad` comes to the latter, because its velocity is worked out before the point asks for gradients.
   */
  readonly jacobian?: "network" | "identity";
}

/** Velocity f32[B, H, A] at a point of a straight path, at the time of a sampler's step. */
export type VelocityAtStep = (x: Tensor, step: number) => Tensor;

/**
 * Euler's method with every velocity corrected towards the chunk that is being executed:
 *
 *     â = x + (1 - τ)·v        e = w·(previous - â)        v ← v + g(τ)·(∂â/∂x)ᵀe
 *     g(τ) = min(β, (1 - τ)/τ · ((1 - τ)² + τ²)/(1 - τ)²)
 *
 * @param noise f32[B, H, A]
 * @throws ShapeError when the guidance does not go with the noise
 *
 * Source: Black, Galliker and Levine 2025, arXiv:2506.07339, eq. 2-4; huggingface/lerobot at 7427f31, policies/rtc/modeling_rtc.py, whose time and velocity run the other way.
 */
export function guidedEuler(velocityAt: VelocityAtStep, noise: Tensor, steps: number, given: Guidance & GuidanceOptions): Tensor {
  const { previous, weights, maxGuidance = MAX_GUIDANCE, jacobian = "network" } = given;
  assertShape(previous, noise.shape, "guidedEuler: previous");
  const [, horizon = 0, size = 0] = noise.shape;
  assertShape(weights, weights.shape.length === 1 ? [horizon] : [horizon, size], "guidedEuler: weights");
  const bound = reshape(weights, [1, horizon, weights.shape[1] ?? 1]);
  let x = noise;
  for (let step = 0; step < steps; step++) {
    const tau = step / steps;
    const velocity = velocityAt(x, step);
    const pointedTo = add(x, mul(velocity, 1 - tau));
    const error = mul(sub(previous, pointedTo), bound);
    // Σ â·e with e held has the slope (∂â/∂x)ᵀe.
    const correction = jacobian === "identity" ? error : (gradients(sum(mul(pointedTo, stopGradient(error))), [x])[0] as Tensor);
    x = add(x, mul(add(velocity, mul(correction, guidanceWeight(tau, maxGuidance))), 1 / steps));
  }
  return x;
}

/** g(τ), at most `max`, which it is at τ = 0. */
export function guidanceWeight(tau: number, max: number): number {
  const left = 1 - tau;
  return Math.min(max, (left / tau) * ((left ** 2 + tau ** 2) / left ** 2));
}
