/** @file Flow-matching action head: learn a velocity field, integrate it from noise to a chunk. */

import { flowMatchingLoss } from "#action/losses";
import { tensorFrom } from "#engine/array";
import { add, broadcastTo, constant, mul, reshape, slice, type Tensor } from "#engine/graph";
import type { ParameterTree, Traced } from "#engine/nn";
import type { ActionHead, ChunkSpec, Denoiser, Draw } from "./head.ts";

export interface FlowMatchingOptions {
  /** Euler steps from τ = 0 to τ = 1. More steps cost latency linearly. Default 10, as in openpi. */
  readonly integrationSteps?: number;
}

/** A flow-matching head can also be integrated from outside, one network call at a time. */
export interface FlowMatchingHead<P extends ParameterTree> extends ActionHead<P, "noise" | "tau"> {
  readonly integrationSteps: number;
  /**
   * One Euler step x + v(x, τ)·Δτ.
   *
   * @param x f32[B, H, A]
   * @param time `tau` f32[B] flow time at the start of the step, `deltaTau` f32[B] its length
   */
  step(params: Traced<P>, cond: Tensor, x: Tensor, time: { readonly tau: Tensor; readonly deltaTau: Tensor }): Tensor;
}

/**
 * The head over a denoiser whose output is read as the velocity.
 *
 * @throws RangeError when `integrationSteps` is not an integer ≥ 1
 */
export function flowMatchingHead<P extends ParameterTree>(
  velocity: Denoiser<P>,
  chunk: ChunkSpec,
  options: FlowMatchingOptions = {},
): FlowMatchingHead<P> {
  const { integrationSteps = 10 } = options;
  if (!Number.isInteger(integrationSteps) || integrationSteps < 1) {
    throw new RangeError(`flowMatchingHead: integrationSteps must be an integer ≥ 1, got ${integrationSteps}`);
  }

  return {
    chunk,
    parameters: velocity.parameters,
    integrationSteps,
    draws: { noise: gaussianChunk(chunk), tau: uniformTime },

    loss(params, cond, targets, { noise, tau }) {
      const field = (x: Tensor, t: Tensor): Tensor => velocity.predict(params, x, velocity.condition(params, t, cond));
      return flowMatchingLoss(field, { ...targets, noise, tau });
    },

    // Unrolled on purpose: a fixed number of steps gives one flat ONNX graph that every execution
    // provider can run, and the same Euler rule for training-time checks and deployment.
    sample(params, cond, noise) {
      const batch = noise.shape[0] ?? 1;
      const conditions = conditionAllSteps(velocity, params, cond, integrationSteps);
      let x: Tensor = noise;
      for (let step = 0; step < integrationSteps; step++) {
        const condition = slice(conditions, 0, step * batch, (step + 1) * batch);
        x = add(x, mul(velocity.predict(params, x, condition), 1 / integrationSteps));
      }
      return x;
    },

    step(params, cond, x, { tau, deltaTau }) {
      const v = velocity.predict(params, x, velocity.condition(params, tau, cond));
      return add(x, mul(v, reshape(deltaTau, [-1, 1, 1])));
    },
  };
}

/** What the velocity needs at τ = 0, Δτ, 2Δτ, …: f32[steps·B, ...], the steps one after the other. */
function conditionAllSteps<P extends ParameterTree>(
  velocity: Denoiser<P>,
  params: Traced<P>,
  cond: Tensor,
  steps: number,
): Tensor {
  const [batch = 0, features = 0] = cond.shape;
  const times = Array.from({ length: steps * batch }, (_, row) => Math.floor(row / batch) / steps);
  const repeated = reshape(broadcastTo(reshape(cond, [1, batch, features]), [steps, batch, features]), [-1, features]);
  return velocity.condition(params, constant(tensorFrom("f32", [steps * batch], times)), repeated);
}

/** ε ~ N(0, I) in the shape of a chunk. */
export function gaussianChunk({ horizon, actionSize }: ChunkSpec): Draw {
  return {
    shape: (batch) => [batch, horizon, actionSize],
    fill: (random, out) => random.fillNormal(out),
  };
}

/** τ ~ U[0, 1), one per element of the batch. */
const uniformTime: Draw = {
  shape: (batch) => [batch],
  fill(random, out) {
    for (let i = 0; i < out.length; i++) out[i] = random.uniform();
  },
};
